import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts import services
from accounts.authentication import LAST_USED_STEP
from accounts.models import ApiToken, IdempotentRequest, User
from accounts.tokens import digest_of

pytestmark = pytest.mark.django_db
Api = Callable[[User], APIClient]


@pytest.fixture
def secret(owner: User) -> str:
    return services.issue_token(user=owner, name="studio")[1]


def ask(client: Client, authorization: str, **options: str) -> int:
    return client.get(
        "/api/v1/me/", headers={"Authorization": authorization}, **options
    ).status_code


def test_a_bearer_token_stands_for_its_owner(client: Client, owner: User, secret: str) -> None:
    answer = client.get("/api/v1/me/", headers={"Authorization": f"Bearer {secret}"})
    assert answer.json()["email"] == owner.email


def test_only_the_hash_of_a_token_is_stored(owner: User, secret: str) -> None:
    token = ApiToken.objects.get()
    assert token.digest == digest_of(secret)
    assert secret not in str(ApiToken.objects.values())
    assert token.prefix == secret[:8]


def test_no_token_is_401_and_says_how_to_log_in(client: Client) -> None:
    answer = client.get("/api/v1/me/")
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize(
    "spoil",
    [
        lambda secret: secret[:-1],
        lambda secret: secret + "x",
        lambda secret: secret.replace("mx_", ""),
        lambda secret: f"{secret} {secret}",
        lambda secret: "",
        lambda secret: "mx_größer",
    ],
)
def test_a_spoilt_token_is_401(client: Client, secret: str, spoil: Callable[[str], str]) -> None:
    assert ask(client, f"Bearer {spoil(secret)}") == 401


def test_a_token_in_the_address_is_not_read(client: Client, secret: str) -> None:
    assert client.get(f"/api/v1/me/?token={secret}&access_token={secret}").status_code == 401


def test_expired_revoked_and_switched_off_tokens_are_401(
    client: Client, owner: User, secret: str
) -> None:
    token = ApiToken.objects.get()
    for change in ({"expires_at": timezone.now()}, {"revoked_at": timezone.now()}):
        ApiToken.objects.filter(pk=token.pk).update(**change)
        assert ask(client, f"Bearer {secret}") == 401
        ApiToken.objects.filter(pk=token.pk).update(**dict.fromkeys(change))
    assert ask(client, f"bearer {secret}") == 200
    User.objects.update(is_active=False)
    assert ask(client, f"Bearer {secret}") == 401


def test_last_use_is_noted_once_a_minute(client: Client, secret: str) -> None:
    ask(client, f"Bearer {secret}")
    first = ApiToken.objects.get().last_used_at
    ask(client, f"Bearer {secret}")
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=timezone.now() - LAST_USED_STEP - timedelta(seconds=1))
    ask(client, f"Bearer {secret}")
    assert ApiToken.objects.get().last_used_at > timezone.now() - LAST_USED_STEP


def test_my_name_can_be_changed_and_nothing_else(api_of: Api, owner: User) -> None:
    answer = api_of(owner).patch("/api/v1/me/", {"name": "O."})
    owner.refresh_from_db()
    assert answer.json()["name"] == owner.name == "O."

    answer = api_of(owner).patch(
        "/api/v1/me/", {"name": "P.", "email": "x@example.org", "is_guest": True, "is_staff": True}
    )
    assert answer.status_code == 400
    assert sorted(answer.json()["errors"]) == ["email", "is_guest", "is_staff"]
    owner.refresh_from_db()
    assert (owner.name, owner.email, owner.is_staff) == ("O.", "owner@example.org", False)


def test_i_see_how_much_i_may_store(api_of: Api, owner: User, settings: Settings) -> None:
    settings.USER_QUOTA_BYTES = 1000
    User.objects.update(storage_bytes=250)
    me = api_of(User.objects.get()).get("/api/v1/me/").json()
    assert (me["storage_bytes"], me["quota_bytes"]) == (250, 1000)


@pytest.mark.parametrize(
    "text", ["a\x00b", "\ud800", "a\nb", "\u202eb", "x" * 81, "", " ", ["list"], {"a": 1}]
)
def test_a_bad_name_is_400_never_500(api_of: Api, owner: User, text: object) -> None:
    answer = api_of(owner).patch(
        "/api/v1/me/", data=json.dumps({"name": text}), content_type="application/json"
    )
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert "name" in answer.json()["errors"]


def test_malformed_json_is_400(api_of: Api, owner: User) -> None:
    answer = api_of(owner).patch("/api/v1/me/", data="{", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_tokens_are_made_listed_and_revoked(api_of: Api, owner: User, stranger: User) -> None:
    api = api_of(owner)
    made = api.post("/api/v1/tokens/", {"name": "script", "expires_in_days": 7})
    assert made.status_code == 201
    assert made.json()["secret"].startswith("mx_")
    assert made.headers["Cache-Control"] == "no-store"
    expires_at = ApiToken.objects.get().expires_at
    assert expires_at is not None
    assert abs(expires_at - timezone.now() - timedelta(days=7)) < timedelta(minutes=1)
    (listed,) = api.get("/api/v1/tokens/").json()["results"]
    assert listed["id"] == made.json()["id"]
    assert "secret" not in listed
    url = f"/api/v1/tokens/{listed['id']}/"
    assert api_of(stranger).delete(url).status_code == 404
    assert api.delete(url).status_code == 204
    assert ApiToken.objects.get().revoked_at is not None
    assert api.get("/api/v1/tokens/").json()["results"] == []
    assert api.delete(url).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "x", "expires_in_days": 0},
        {"name": "x", "expires_in_days": "y"},
        {"name": "x", "digest": "chosen"},
    ],
)
def test_a_bad_token_form_is_400(api_of: Api, owner: User, body: dict[str, object]) -> None:
    assert api_of(owner).post("/api/v1/tokens/", body).status_code == 400
    assert not ApiToken.objects.exists()


def test_the_secret_is_kept_nowhere_even_with_an_idempotency_key(api_of: Api, owner: User) -> None:
    api = api_of(owner)
    secrets = [
        api.post("/api/v1/tokens/", {"name": "x"}, headers={"Idempotency-Key": "1"}).json()[
            "secret"
        ]
        for _ in range(2)
    ]
    assert secrets[0] != secrets[1]
    assert not IdempotentRequest.objects.exists()


def test_there_is_an_end_to_the_number_of_tokens(
    api_of: Api, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_TOKENS", 2)
    answers = [api_of(owner).post("/api/v1/tokens/", {"name": "x"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 409]
    assert answers[2].json()["code"] == "too_many_tokens"
    services.revoke_token(token=ApiToken.objects.all()[0])
    assert api_of(owner).post("/api/v1/tokens/", {"name": "x"}).status_code == 201


def test_a_token_cannot_make_or_revoke_tokens(client: Client, secret: str) -> None:
    headers = {"Authorization": f"Bearer {secret}"}
    made = client.post("/api/v1/tokens/", {"name": "x"}, headers=headers)
    assert (made.status_code, made.json()["code"]) == (403, "session_needed")
    url = f"/api/v1/tokens/{ApiToken.objects.get().pk}/"
    assert client.delete(url, headers=headers).status_code == 403


def test_guests_get_no_tokens(api_of: Api) -> None:
    answer = api_of(User.objects.create_guest()).post("/api/v1/tokens/", {"name": "x"})
    assert (answer.status_code, answer.json()["code"]) == (403, "account_needed")


def test_cookies_alone_do_not_change_anything_without_csrf(owner: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(owner)
    answer = client.post("/api/v1/tokens/", {"name": "x"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
