from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts import limits, services
from accounts.models import ApiToken, User
from accounts.signals import account_deleted

pytestmark = pytest.mark.django_db
Browser = Callable[[User], Client]


def test_staff_find_people_and_make_them(client_of: Browser, staff: User, owner: User) -> None:
    client = client_of(staff)
    page = client.get(reverse("admin:accounts_user_changelist"), {"q": "owner@"})
    assert "owner@example.org" in page.content.decode()
    change = client.get(reverse("admin:accounts_user_change", args=[owner.pk]))
    assert change.status_code == 200
    made = client.post(
        reverse("admin:accounts_user_add"),
        {
            "email": "new@example.org",
            "name": "New",
            "usable_password": "true",
            "password1": "violet tram 42",
            "password2": "violet tram 42",
        },
    )
    assert made.status_code == 302, made.context["errors"]
    assert User.objects.get(email="new@example.org").check_password("violet tram 42")


def test_staff_log_in_however_they_capitalise_their_address(client: Client, staff: User) -> None:
    form = {"username": "Staff@Example.org", "password": "correct horse 10"}
    assert client.post(reverse("admin:login"), form).status_code == 302


def test_an_address_in_capitals_is_the_same_address(
    client_of: Browser, staff: User, owner: User
) -> None:
    form = {
        "email": "OWNER@example.org",
        "name": "Double",
        "usable_password": "true",
        "password1": "violet tram 42",
        "password2": "violet tram 42",
    }
    answer = client_of(staff).post(reverse("admin:accounts_user_add"), form)
    assert answer.status_code == 200
    assert "already exists" in answer.content.decode()
    assert User.objects.count() == 2


@pytest.mark.parametrize("way", ["one", "many"])
def test_deleting_people_tells_the_other_apps(
    client_of: Browser, staff: User, owner: User, way: str
) -> None:
    heard = []

    def listen(sender: object, *, user: User, **_: object) -> None:
        heard.append(user.pk)

    account_deleted.connect(listen)
    try:
        if way == "one":
            url = reverse("admin:accounts_user_delete", args=[owner.pk])
            client_of(staff).post(url, {"post": "yes"})
        else:
            client_of(staff).post(
                reverse("admin:accounts_user_changelist"),
                {"action": "delete_selected", "_selected_action": [str(owner.pk)], "post": "yes"},
            )
    finally:
        account_deleted.disconnect(listen)
    assert heard == [owner.pk]
    assert not User.objects.filter(pk=owner.pk).exists()


def test_staff_never_see_the_hash_of_a_token(client_of: Browser, staff: User, owner: User) -> None:
    token, _ = services.issue_token(user=owner, name="script")
    client = client_of(staff)
    for url in (
        reverse("admin:accounts_apitoken_changelist"),
        reverse("admin:accounts_apitoken_change", args=[token.pk]),
    ):
        page = client.get(url).content.decode()
        assert token.prefix in page
        assert token.digest not in page


def test_staff_let_somebody_in_again(client_of: Browser, staff: User) -> None:
    attempt = limits.check("guest", "1.2.3.4", 1, timedelta(hours=1))
    client = client_of(staff)
    assert attempt.key in client.get(reverse("admin:accounts_attempt_changelist")).content.decode()
    client.post(reverse("admin:accounts_attempt_delete", args=[attempt.pk]), {"post": "yes"})
    limits.check("guest", "1.2.3.4", 1, timedelta(hours=1))


def test_staff_revoke_tokens_but_do_not_make_them(
    client_of: Browser, staff: User, owner: User
) -> None:
    token, _ = services.issue_token(user=owner, name="script")
    client = client_of(staff)
    client.post(
        reverse("admin:accounts_apitoken_changelist"),
        {"action": "revoke", "_selected_action": [str(token.pk)]},
    )
    assert not ApiToken.objects.get().is_usable()
    assert client.get(reverse("admin:accounts_apitoken_add")).status_code == 403


def test_others_do_not_get_in(client_of: Browser, owner: User) -> None:
    answer = client_of(owner).get(reverse("admin:accounts_user_changelist"))
    assert answer.status_code == 302
