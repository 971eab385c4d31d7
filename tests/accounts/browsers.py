"""What the tests of the account pages share."""

from collections.abc import Callable

from django.contrib.auth import get_user
from django.test import Client

from accounts.models import User

Browser = Callable[[User], Client]


def person_in(client: Client) -> object:
    """Who the browser is logged in as."""
    return get_user(client)  # type: ignore[arg-type]
