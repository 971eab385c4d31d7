from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import ApiToken, User

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
