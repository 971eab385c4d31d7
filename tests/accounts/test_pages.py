import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.contrib.auth import get_user
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts import services
from accounts.models import ApiToken, Attempt, User

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]

NEW = {"email": "New.Person@Example.org", "name": "Nora", "password": "violet tram 42"}


def person_in(client: Client) -> object:
    """Who the browser is logged in as."""
    return get_user(client)  # type: ignore[arg-type]


@pytest.fixture
def guest() -> User:
    return User.objects.create_guest()


# --- Signing up -----------------------------------------------------------------------------------


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


# --- Logging in and out ---------------------------------------------------------------------------


def test_logging_in_ignores_the_case_of_the_address(client: Client, owner: User) -> None:
    answer = client.post(
        reverse("accounts:login"), {"email": "Owner@Example.org", "password": "correct horse 7"}
    )
    assert answer.status_code == 302
    assert person_in(client) == owner


@pytest.mark.parametrize("email", ["owner@example.org", "nobody@example.org"])
def test_wrong_credentials_are_told_alike_for_known_and_unknown_addresses(
    client: Client, owner: User, email: str
) -> None:
    answer = client.post(reverse("accounts:login"), {"email": email, "password": "wrong"})
    assert answer.status_code == 403
    assert "do not match" in answer.content.decode()
    assert person_in(client) != owner


def test_guessing_passwords_of_one_account_is_stopped_even_with_the_right_one(
    client: Client, owner: User
) -> None:
    url = reverse("accounts:login")
    wrong = {"email": owner.email, "password": "wrong"}
    limit = services.LOGINS_PER_ACCOUNT_AND_ADDRESS
    assert [client.post(url, wrong).status_code for _ in range(limit)] == [403] * limit
    refused = client.post(url, wrong | {"password": "correct horse 7"})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= services.QUARTER.total_seconds()
    assert "15 minutes" in refused.content.decode()
    assert not isinstance(person_in(client), User)


def test_a_stranger_who_guesses_does_not_lock_the_owner_out(client: Client, owner: User) -> None:
    url = reverse("accounts:login")
    for _ in range(services.LOGINS_PER_ACCOUNT_AND_ADDRESS + 1):
        client.post(url, {"email": owner.email, "password": "wrong"}, REMOTE_ADDR="198.51.100.9")
    right = {"email": owner.email, "password": "correct horse 7"}
    assert client.post(url, right).status_code == 302


def test_guessing_one_account_from_many_addresses_is_stopped(
    client: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "LOGINS_PER_ACCOUNT", 3)
    wrong = {"email": owner.email, "password": "wrong"}
    codes = [
        client.post(reverse("accounts:login"), wrong, REMOTE_ADDR=f"198.51.100.{n}").status_code
        for n in range(4)
    ]
    assert codes == [403, 403, 403, 429]


def test_guessing_accounts_from_one_address_is_stopped(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "LOGINS_PER_ADDRESS", 3)
    codes = [
        client.post(
            reverse("accounts:login"), {"email": f"user{n}@example.org", "password": "secret"}
        ).status_code
        for n in range(4)
    ]
    assert codes == [403, 403, 403, 429]


def test_right_logins_do_not_count(client: Client, owner: User) -> None:
    for _ in range(services.LOGINS_PER_ACCOUNT + 2):
        client.post(
            reverse("accounts:login"), {"email": owner.email, "password": "correct horse 7"}
        )
    assert not Attempt.objects.exists()


def test_a_guest_who_logs_in_is_merged_into_the_account(
    client_of: Browser, guest: User, owner: User
) -> None:
    client = client_of(guest)
    client.post(reverse("accounts:login"), {"email": owner.email, "password": "correct horse 7"})
    assert person_in(client) == owner
    assert not User.objects.filter(pk=guest.pk).exists()


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("/songs/", "/songs/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_after_login_people_stay_on_this_site(
    client: Client, owner: User, target: str, place: str
) -> None:
    answer = client.post(
        reverse("accounts:login"),
        {"email": owner.email, "password": "correct horse 7", "next": target},
    )
    assert answer.headers["Location"] == place


def test_logging_out_needs_a_post(client_of: Browser, owner: User) -> None:
    client = client_of(owner)
    assert client.get(reverse("accounts:logout")).status_code == 405
    client.post(reverse("accounts:logout"))
    assert person_in(client) != owner


def test_forms_from_other_sites_are_refused(owner: User) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post(reverse("accounts:login"), {"email": owner.email, "password": "x"})
    assert answer.status_code == 403
    assert "reload" in answer.content.decode()


# --- Forgotten passwords --------------------------------------------------------------------------


def link_in_mail() -> str:
    found = re.search(r"http://testserver(\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def test_a_forgotten_password_is_replaced_through_the_mailed_link(
    client: Client, owner: User
) -> None:
    answer = client.post(reverse("accounts:reset"), {"email": "Owner@example.org"})
    assert answer.headers["Location"] == reverse("accounts:reset-sent")
    link = link_in_mail()
    assert client.get(link).status_code == 200
    assert client.post(link, {"new": "short"}).status_code == 422
    assert client.post(link, {"new": "green kettle 9"}).status_code == 302
    owner.refresh_from_db()
    assert owner.check_password("green kettle 9")
    assert client.get(link).status_code == 410


def test_an_unknown_address_gets_no_mail_and_the_same_answer(client: Client) -> None:
    answer = client.post(reverse("accounts:reset"), {"email": "nobody@example.org"})
    assert answer.headers["Location"] == reverse("accounts:reset-sent")
    assert not mail.outbox


def test_a_link_of_another_person_or_with_another_token_is_over(
    client: Client, owner: User, stranger: User
) -> None:
    client.post(reverse("accounts:reset"), {"email": owner.email})
    token = link_in_mail().rstrip("/").rsplit("/", 1)[1]
    for pk, guess in ((stranger.pk, token), (owner.pk, "abc-def")):
        assert client.get(reverse("accounts:new-password", args=[pk, guess])).status_code == 410


def test_resets_of_one_account_are_limited(client: Client, owner: User) -> None:
    codes = [
        client.post(reverse("accounts:reset"), {"email": owner.email}).status_code
        for _ in range(services.RESETS_PER_ACCOUNT + 1)
    ]
    assert codes == [302] * services.RESETS_PER_ACCOUNT + [429]


def test_the_page_tells_where_mail_lies_without_a_mail_server(
    client: Client, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    assert "<code>mail</code>" in client.get(reverse("accounts:reset-sent")).content.decode()


# --- The account ----------------------------------------------------------------------------------


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


def test_guests_are_deleted_with_one_click(client_of: Browser, guest: User) -> None:
    client_of(guest).post(reverse("accounts:delete"))
    assert not User.objects.filter(pk=guest.pk).exists()


# --- Tokens ---------------------------------------------------------------------------------------


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
