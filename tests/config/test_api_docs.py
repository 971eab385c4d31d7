"""The API's description: refusals are part of it, and the guide names what exists."""

import re
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator


@pytest.fixture(scope="module")
def schema() -> Any:
    return SchemaGenerator().get_schema(request=None, public=True)


def responses(schema: Any, method: str, path: str) -> set[str]:
    return set(schema["paths"][f"/api/v1{path}"][method]["responses"])


def test_refusals_are_documented_where_they_can_happen(schema: Any) -> None:
    assert responses(schema, "get", "/songs/") == {"200", "400", "401", "403"}
    assert responses(schema, "get", "/stems/{id}/") == {"200", "401", "403", "404"}
    assert {"201", "400", "401", "403", "409", "413", "415"} == responses(schema, "post", "/songs/")
    assert responses(schema, "get", "/parameters/") == {"200"}


def test_what_a_view_says_itself_stays(schema: Any) -> None:
    votes = schema["paths"]["/api/v1/battles/{id}/votes/"]["post"]["responses"]
    assert {"200", "201", "410", "422", "429"} <= set(votes)
    assert list(votes) == sorted(votes)


def test_the_guide_names_only_addresses_that_exist(schema: Any) -> None:
    named = set(re.findall(r"`(GET|POST|PATCH) (/[^`?]*)", schema["info"]["description"]))
    assert len(named) > 12
    for method, path in named:
        assert method.lower() in schema["paths"][f"/api/v1{path}"]


def test_the_docs_are_a_page(client: Client) -> None:
    answer = client.get("/api/docs/")
    assert answer.status_code == 200
    assert "'unsafe-inline'" not in answer["Content-Security-Policy"].split("style-src")[0]
