import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.models import ApiToken, IdempotentRequest, User
from tests.accounts.browsers import Browser, person_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["settings", "password", "delete"])
def test_strangers_are_sent_to_the_login(client: Client, name: str) -> None:
    answer = client.get(reverse(f"accounts:{name}"))
    assert answer.headers["Location"].startswith(reverse("accounts:login"))


def test_guests_see_what_they_can_do(client_of: Browser, guest: User) -> None:
    page = client_of(guest).get(reverse("accounts:settings")).content.decode()
    assert reverse("accounts:sign-up") in page
    assert reverse("accounts:issue-token") not in page


def test_changing_the_name(client_of: Browser, owner: User) -> None:
    client = client_of(owner)
    assert client.post(reverse("accounts:rename"), {"name": "O."}).status_code == 302
    assert client.post(reverse("accounts:rename"), {"name": ""}).status_code == 422
    owner.refresh_from_db()
    assert owner.name == "O."


@pytest.mark.parametrize("name", ["rename", "password", "issue-token"])
def test_forms_of_the_account_live_on_its_page(client_of: Browser, owner: User, name: str) -> None:
    """Also for somebody whom the login sends back to where the form was sent."""
    answer = client_of(owner).get(reverse(f"accounts:{name}"))
    assert answer.headers["Location"] == reverse("accounts:settings")


def test_trying_passwords_out_in_an_open_session_is_stopped(
    client_of: Browser, owner: User
) -> None:
    client = client_of(owner)
    pages = [("password", {"old": "wrong", "new": "green kettle 9"}), ("delete", {"password": "x"})]
    for number in range(services.PASSWORD_CHECKS):
        page, form = pages[number % 2]
        assert client.post(reverse(f"accounts:{page}"), form).status_code == 403
    for page, form in pages:
        refused = client.post(reverse(f"accounts:{page}"), form)
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) > 0
    assert (
        client.post(reverse("accounts:delete"), {"password": "correct horse 7"}).status_code == 429
    )


def test_changing_the_password_ends_other_sessions(client_of: Browser, owner: User) -> None:
    here, elsewhere = client_of(owner), client_of(owner)
    form = {"old": "correct horse 7", "new": "green kettle 9"}
    assert here.post(reverse("accounts:password"), form | {"old": "wrong"}).status_code == 403
    assert here.post(reverse("accounts:password"), form).status_code == 302
    assert person_in(here) == owner
    assert person_in(elsewhere) != owner


def test_guests_have_no_password_to_change(client_of: Browser, guest: User) -> None:
    assert client_of(guest).get(reverse("accounts:password")).status_code == 403


def test_deleting_the_account_needs_the_password(client_of: Browser, owner: User) -> None:
    client = client_of(owner)
    assert client.get(reverse("accounts:delete")).status_code == 200
    assert client.post(reverse("accounts:delete"), {"password": "wrong"}).status_code == 403
    assert User.objects.filter(pk=owner.pk).exists()
    answer = client.post(reverse("accounts:delete"), {"password": "correct horse 7"})
    assert answer.status_code == 302
    assert not User.objects.filter(pk=owner.pk).exists()


def test_a_deleted_account_is_logged_out_everywhere_and_leaves_no_row(
    client_of: Browser, client: Client, owner: User, stranger: User
) -> None:
    here, elsewhere = client_of(owner), client_of(owner)
    _, secret = services.issue_token(user=owner, name="script")
    IdempotentRequest.objects.create(user=owner, key="k", request_digest="d")
    client.post(reverse("accounts:login"), {"email": owner.email, "password": "wrong"})
    here.post(reverse("accounts:delete"), {"password": "correct horse 7"})

    for browser in (here, elsewhere):
        assert browser.get(reverse("accounts:settings")).status_code == 302
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/me/", headers=headers).status_code == 401
    marks = {owner.email, owner.name, str(owner.pk), owner.pk.hex}
    # Sessions of other devices end with the row they point to (above) and go when they expire.
    for model in set(apps.get_models()) - {Session}:
        rows = str(list(model._default_manager.values()))
        assert not [mark for mark in marks if str(mark) in rows], model
    assert User.objects.get() == stranger


def test_guests_are_deleted_with_one_click(client_of: Browser, guest: User) -> None:
    client_of(guest).post(reverse("accounts:delete"))
    assert not User.objects.filter(pk=guest.pk).exists()


def test_a_token_is_shown_once_and_works_until_it_is_revoked(
    client_of: Browser, client: Client, owner: User
) -> None:
    browser = client_of(owner)
    shown = browser.post(
        reverse("accounts:issue-token"), {"name": "studio", "expires_in_days": "30"}
    )
    assert "no-store" in shown.headers["Cache-Control"]
    found = re.search(r"mx_[\w-]{43}", shown.content.decode())
    assert found
    assert found[0] not in str(browser.session.items())
    assert found[0] not in browser.get(reverse("accounts:settings")).content.decode()
    headers = {"Authorization": f"Bearer {found[0]}"}
    assert client.get("/api/v1/me/", headers=headers).status_code == 200

    token = ApiToken.objects.get()
    assert token.expires_at is not None
    assert abs(token.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)
    browser.post(reverse("accounts:revoke-token", args=[token.pk]))
    assert client.get("/api/v1/me/", headers=headers).status_code == 401


def test_nobody_revokes_the_tokens_of_others(
    client_of: Browser, owner: User, stranger: User
) -> None:
    token, _ = services.issue_token(user=owner, name="mine")
    url = reverse("accounts:revoke-token", args=[token.pk])
    assert client_of(stranger).post(url).status_code == 404
    token.refresh_from_db()
    assert token.is_usable()


def test_guests_have_no_tokens(client_of: Browser, guest: User) -> None:
    answer = client_of(guest).post(
        reverse("accounts:issue-token"), {"name": "x", "expires_in_days": "30"}
    )
    assert answer.status_code == 403
    assert not ApiToken.objects.exists()


def test_passwords_are_hashed_with_argon2() -> None:
    # tests.settings replaces the hasher for speed; the product's own list is what counts.
    from config import settings as product

    assert product.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")
