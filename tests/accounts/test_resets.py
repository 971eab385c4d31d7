import re
from datetime import datetime, timedelta

import pytest
from django.conf import settings as product
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts import services
from accounts.models import User
from tests.accounts.browsers import Browser, person_in

pytestmark = pytest.mark.django_db


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


def test_a_reset_ends_the_sessions_from_before_and_lets_the_owner_in_at_once(
    client: Client, client_of: Browser, owner: User
) -> None:
    elsewhere = client_of(owner)
    wrong = {"email": owner.email, "password": "wrong"}
    for _ in range(services.LOGINS_PER_ACCOUNT_AND_ADDRESS + 1):
        client.post(reverse("accounts:login"), wrong)
    client.post(reverse("accounts:reset"), {"email": owner.email})
    client.post(link_in_mail(), {"new": "green kettle 9"})
    assert not isinstance(person_in(elsewhere), User)
    assert not isinstance(person_in(client), User)
    right = {"email": owner.email, "password": "green kettle 9"}
    assert client.post(reverse("accounts:login"), right).status_code == 302


def test_a_link_is_over_after_an_hour(
    client: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post(reverse("accounts:reset"), {"email": owner.email})
    link = link_in_mail()
    assert product.PASSWORD_RESET_TIMEOUT == 3600
    later = datetime.now() + timedelta(seconds=product.PASSWORD_RESET_TIMEOUT + 1)
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda generator: later)
    assert client.get(link).status_code == 410


def test_the_link_goes_to_the_address_on_file(client: Client) -> None:
    """A Kelvin sign becomes an ordinary k in lower case: another domain, perhaps another owner."""
    User.objects.create_user("kim@kelvin.example", "correct horse 7", name="Kim")
    client.post(reverse("accounts:reset"), {"email": "kim@\u212aelvin.example"})
    assert [message.to for message in mail.outbox] == [["kim@kelvin.example"]]


def test_accounts_without_a_password_get_no_link(client: Client, owner: User) -> None:
    owner.set_unusable_password()
    owner.save()
    client.post(reverse("accounts:reset"), {"email": owner.email})
    assert not mail.outbox


def test_a_mail_server_that_is_away_tells_nobody_who_has_an_account(
    client: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("accounts.resets.send_mail", fail)
    answer = client.post(reverse("accounts:reset"), {"email": owner.email})
    assert answer.headers["Location"] == reverse("accounts:reset-sent")


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
