import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import User
from tests.accounts.browsers import Browser, person_in

pytestmark = pytest.mark.django_db

NEW = {"email": "New.Person@Example.org", "name": "Nora", "password": "violet tram 42"}


def test_signing_up_makes_an_account_and_logs_in(client: Client) -> None:
    answer = client.post(reverse("accounts:sign-up"), NEW)
    assert answer.status_code == 302
    user = User.objects.get()
    assert (user.email, user.name, user.is_guest) == ("new.person@example.org", "Nora", False)
    assert person_in(client) == user


def test_a_guest_who_signs_up_keeps_the_row(client_of: Browser, guest: User) -> None:
    client = client_of(guest)
    client.post(reverse("accounts:sign-up"), NEW)
    user = User.objects.get()
    assert (user.pk, user.is_guest) == (guest.pk, False)
    assert person_in(client) == user


def test_signing_up_and_logging_in_begin_a_new_session(
    client_of: Browser, guest: User, owner: User
) -> None:
    """Whoever planted or saw the session before is not in the one after."""
    credentials = {"email": owner.email, "password": "correct horse 7"}
    for page, form in (("sign-up", NEW), ("login", credentials)):
        client = client_of(User.objects.create_guest())
        before = client.session.session_key
        client.post(reverse(f"accounts:{page}"), form)
        assert client.session.session_key != before
        planted = Client()
        planted.cookies[settings.SESSION_COOKIE_NAME] = before
        assert not isinstance(person_in(planted), User)


@pytest.mark.parametrize("page", ["sign-up", "login"])
def test_who_has_an_account_is_not_asked_again(client_of: Browser, owner: User, page: str) -> None:
    answer = client_of(owner).get(reverse(f"accounts:{page}"), {"next": "/songs/"})
    assert answer.headers["Location"] == "/songs/"


@pytest.mark.parametrize("page", ["sign-up", "login"])
def test_a_guest_reads_that_votes_are_kept(client_of: Browser, guest: User, page: str) -> None:
    text = client_of(guest).get(reverse(f"accounts:{page}")).content.decode()
    assert "votes and songs" in text


def test_errors_are_tied_to_their_fields_and_the_first_one_has_the_focus(client: Client) -> None:
    page = client.post(reverse("accounts:sign-up"), NEW | {"email": "x", "password": "y"})
    fields = {
        name: re.search(rf"<input[^>]*id=\"id_{name}\"[^>]*>", page.content.decode())
        for name in ("name", "email", "password")
    }
    tags = {name: found[0] for name, found in fields.items() if found}
    assert "aria-invalid" not in tags["name"]
    assert 'aria-invalid="true"' in tags["email"]
    assert 'aria-describedby="id_email_error"' in tags["email"]
    assert 'aria-describedby="id_password_helptext id_password_error"' in tags["password"]
    assert ["autofocus" in tags[name] for name in tags] == [False, True, False]
    assert "value" not in tags["password"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"email": "no address"}, "valid email"),
        ({"password": "12345678"}, "common"),
        ({"password": "short"}, "too short"),
        ({"password": "new.person"}, "too similar"),
        ({"name": ""}, "required"),
        ({"name": "a\u202eb"}, "direction"),
    ],
)
def test_a_form_that_is_not_valid_says_why(
    client: Client, owner: User, change: dict[str, str], words: str
) -> None:
    answer = client.post(reverse("accounts:sign-up"), NEW | change)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert User.objects.count() == 1


def test_an_address_that_is_taken_leads_to_the_login(client: Client, owner: User) -> None:
    answer = client.post(reverse("accounts:sign-up"), NEW | {"email": "OWNER@example.org"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "already" in page
    assert reverse("accounts:login") in page
    assert NEW["password"] not in page
    assert User.objects.count() == 1
    assert not isinstance(person_in(client), User)


def test_a_guest_whose_address_is_taken_stays_a_guest(
    client_of: Browser, owner: User, guest: User
) -> None:
    client = client_of(guest)
    answer = client.post(reverse("accounts:sign-up"), NEW | {"email": owner.email})
    assert answer.status_code == 409
    assert "Log out" not in answer.content.decode()
    guest.refresh_from_db()
    assert (guest.is_guest, guest.email) == (True, None)
    assert person_in(client) == guest


@pytest.mark.django_db(transaction=True)
def test_two_sign_ups_with_one_address_at_once_make_one_account() -> None:
    together = Barrier(4)

    def send(number: int) -> int:
        client = Client()
        together.wait()
        try:
            return client.post(reverse("accounts:sign-up"), NEW).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        codes = sorted(pool.map(send, range(4)))
    assert codes == [302, 409, 409, 409]
    assert User.objects.count() == 1


def test_sign_ups_from_one_address_are_limited(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "SIGN_UPS_PER_HOUR", 2)
    codes = [
        Client().post(reverse("accounts:sign-up"), NEW | {"email": f"p{n}@example.org"}).status_code
        for n in range(3)
    ]
    assert codes == [302, 302, 429]
