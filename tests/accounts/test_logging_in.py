from collections.abc import Iterator
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import Attempt, User
from accounts.signals import guest_merged
from tests.accounts.browsers import Browser, person_in

pytestmark = pytest.mark.django_db


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


@pytest.fixture
def merges() -> Iterator[list[tuple[UUID, UUID, bool]]]:
    """What the other apps hear: guest, user, and whether the guest's row is there to move from."""
    heard: list[tuple[UUID, UUID, bool]] = []

    def listen(sender: object, *, guest: User, user: User, **_: object) -> None:
        heard.append((guest.pk, user.pk, User.objects.filter(pk=guest.pk).exists()))

    guest_merged.connect(listen)
    yield heard
    guest_merged.disconnect(listen)


def test_what_a_guest_did_goes_to_the_account_at_login(
    client_of: Browser, guest: User, owner: User, merges: list[tuple[UUID, UUID, bool]]
) -> None:
    client = client_of(guest)
    client.post(reverse("accounts:login"), {"email": owner.email, "password": "correct horse 7"})
    assert person_in(client) == owner
    assert merges == [(guest.pk, owner.pk, True)]
    assert not User.objects.filter(pk=guest.pk).exists()


def test_a_wrong_password_merges_nothing(
    client_of: Browser, guest: User, owner: User, merges: list[tuple[UUID, UUID, bool]]
) -> None:
    client = client_of(guest)
    client.post(reverse("accounts:login"), {"email": owner.email, "password": "wrong"})
    assert merges == []
    assert person_in(client) == guest


def test_a_second_login_of_the_same_guest_merges_nothing_again(
    guest: User, owner: User, merges: list[tuple[UUID, UUID, bool]]
) -> None:
    stale = User.objects.get(pk=guest.pk)  # What another tab's request still holds.
    services.merge_guest(guest=guest, user=owner)
    services.merge_guest(guest=stale, user=owner)
    assert len(merges) == 1


def test_a_guest_who_became_an_account_is_not_merged_away(
    guest: User, owner: User, merges: list[tuple[UUID, UUID, bool]]
) -> None:
    User.objects.filter(pk=guest.pk).update(is_guest=False, email="own@example.org")
    services.merge_guest(guest=guest, user=owner)
    assert merges == []
    assert User.objects.filter(pk=guest.pk).exists()


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("/songs/", "/songs/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("\t//evil.example/", "/"),
        ("http:///evil.example/", "/"),
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
