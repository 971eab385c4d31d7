from collections.abc import Callable
from types import ModuleType

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path
from pytest_django import Settings
from rest_framework.decorators import api_view, permission_classes
from rest_framework.exceptions import Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.refusals import Refusal, TooMany
from config import urls as product_urls
from mixing.audio.errors import AudioRejected
from mixing.audio.parameters import SettingsInvalid

pytestmark = pytest.mark.django_db


class OffsetMismatch(Refusal):
    code = "offset_mismatch"
    status = 409
    message = "Go on from the offset."


ERRORS: dict[str, Callable[[], Exception]] = {
    "refusal": lambda: OffsetMismatch(offset=12),
    "too-many": lambda: TooMany(retry_after=7),
    "audio": lambda: AudioRejected("unsupported_type", "This is not audio."),
    "settings": lambda: SettingsInvalid("There is no parameter “x”."),
    "database": lambda: OperationalError("server closed the connection"),
    "missing": lambda: Http404("no such song"),
    "denied": lambda: PermissionDenied(),
    "suspicious": lambda: SuspiciousOperation("a strange header"),
    "bug": lambda: RuntimeError("a bug"),
}


def page(request: HttpRequest, name: str) -> HttpResponse:
    raise ERRORS[name]()


@api_view(["GET", "POST"])
@permission_classes([AllowAny])
def endpoint(request: Request, name: str) -> Response:
    if name == "throttled":
        raise Throttled(wait=3.2)
    if name == "validation":
        raise ValidationError("The title is too long.")
    if name == "body":
        return Response(request.data)
    raise ERRORS[name]()


@pytest.fixture
def client(settings: Settings) -> Client:
    """A browser on the product's addresses and some that always fail."""
    urls = ModuleType("urls_that_fail")
    urls.urlpatterns = [  # type: ignore[attr-defined]
        path("fail/<str:name>/", page),
        path("api/fail/<str:name>/", endpoint),
        path("", include("config.urls")),
    ]
    for status in (400, 403, 404, 500):
        setattr(urls, f"handler{status}", getattr(product_urls, f"handler{status}"))
    settings.ROOT_URLCONF = urls
    return Client(raise_request_exception=False)


CASES = [
    ("refusal", 409, "offset_mismatch"),
    ("too-many", 429, "rate_limited"),
    ("audio", 415, "unsupported_type"),
    ("settings", 422, "settings_invalid"),
    ("database", 503, "unavailable"),
    ("missing", 404, "not_found"),
    ("denied", 403, "forbidden"),
]


@pytest.mark.parametrize(("name", "status", "code"), CASES)
def test_the_api_answers_errors_with_a_code(
    client: Client, name: str, status: int, code: str
) -> None:
    answer = client.get(f"/api/fail/{name}/")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]


@pytest.mark.parametrize(("name", "status", "code"), [*CASES, ("bug", 500, "failed")])
def test_pages_answer_errors_in_words_and_scripts_in_json(
    client: Client, name: str, status: int, code: str
) -> None:
    page = client.get(f"/fail/{name}/", headers={"Accept": "text/html"})
    assert page.status_code == status
    assert page.headers["Content-Type"].startswith("text/html")
    assert "<h1>" in page.content.decode()
    script = client.get(f"/fail/{name}/", headers={"Accept": "application/json"})
    assert (script.status_code, script.json()["code"]) == (status, code)


def test_details_travel_with_the_refusal(client: Client) -> None:
    assert client.get("/api/fail/refusal/").json() == {
        "code": "offset_mismatch",
        "message": "Go on from the offset.",
        "offset": 12,
    }


@pytest.mark.parametrize(
    ("url", "seconds"),
    [
        ("/api/fail/too-many/", "7"),
        ("/fail/too-many/", "7"),
        ("/api/fail/database/", "5"),
        ("/fail/database/", "5"),
        ("/api/fail/throttled/", "4"),
    ],
)
def test_when_to_come_back_is_a_header(client: Client, url: str, seconds: str) -> None:
    assert client.get(url).headers["Retry-After"] == seconds


def test_a_bug_shows_no_trace(client: Client) -> None:
    for url in ("/fail/bug/", "/api/fail/bug/"):
        answer = client.get(url)
        assert answer.status_code == 500
        assert "a bug" not in answer.content.decode()


def test_a_suspicious_request_is_400(client: Client) -> None:
    assert client.get("/fail/suspicious/").status_code == 400


def test_a_validation_error_of_the_domain_is_400(client: Client) -> None:
    body = client.get("/api/fail/validation/").json()
    assert body["code"] == "invalid"
    assert body["errors"] == ["The title is too long."]


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "malformed"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "application/json", 400, "malformed"),
        (b"\xff\xfe", "application/json", 400, "malformed"),
        (b"<a/>", "application/xml", 415, "unsupported_media_type"),
        (b'"%s"' % (b"x" * (10 << 20)), "application/json", 413, "too_large"),
    ],
)
def test_a_body_that_cannot_be_read_is_4xx(
    client: Client, content: bytes, kind: str, status: int, code: str
) -> None:
    answer = client.post("/api/fail/body/", data=content, content_type=kind)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_other_methods_and_unknown_addresses_are_told_as_json_in_the_api(client: Client) -> None:
    assert client.put("/api/fail/body/").json()["code"] == "method_not_allowed"
    assert client.get("/api/v1/nothing/").json()["code"] == "not_found"
    assert client.get("/nothing/").headers["Content-Type"].startswith("text/html")
