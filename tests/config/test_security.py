import re

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db


def policy(client: Client, url: str) -> dict[str, str]:
    header = client.get(url).headers["Content-Security-Policy"]
    return dict(part.split(" ", 1) for part in header.split("; "))


def test_pages_carry_a_strict_policy_with_a_fresh_nonce(client: Client) -> None:
    url = reverse("accounts:login")
    first, second = policy(client, url), policy(client, url)
    assert first["default-src"] == first["frame-ancestors"] == first["base-uri"] == "'none'"
    assert "unsafe" not in str(first)
    assert first["script-src"] != second["script-src"]


def test_inline_scripts_carry_the_nonce_of_their_page(client: Client) -> None:
    answer = client.get(reverse("accounts:login"))
    inline = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", answer.content.decode())
    assert inline
    for attributes in inline:
        nonce = re.search(r'nonce="([^"]+)"', attributes)
        assert nonce
        assert f"'nonce-{nonce[1]}'" in answer.headers["Content-Security-Policy"]


def test_the_api_docs_may_bring_styles_but_no_inline_scripts(client: Client) -> None:
    url = reverse("api-docs")
    assert "'unsafe-inline'" in policy(client, url)["style-src"]
    assert "unsafe" not in policy(client, url)["script-src"]
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", client.get(url).content.decode())


def test_the_other_headers_are_there(client: Client) -> None:
    headers = client.get(reverse("accounts:login")).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "microphone=()" in headers["Permissions-Policy"]


def test_cookies_are_for_http_only_and_this_site(client: Client) -> None:
    client.post(
        reverse("accounts:sign-up"),
        {"email": "new@example.org", "name": "New", "password": "violet tram 42"},
    )
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_a_host_that_is_not_ours_is_refused(client: Client) -> None:
    assert client.get("/account/login/", headers={"Host": "evil.example"}).status_code == 400


def test_trace_and_method_overrides_do_nothing(client: Client) -> None:
    assert client.trace(reverse("accounts:logout")).status_code == 405
    answer = client.get(reverse("accounts:logout"), headers={"X-HTTP-Method-Override": "POST"})
    assert answer.status_code == 405
