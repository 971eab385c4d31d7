"""What every test may use: people and their clients, a prepared installation; who runs what."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from tests import chance
from tests.installed import set_up_once
from tests.sharing_out import Scheduling, longest_first


def pytest_configure() -> None:
    chance.take_over()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    chance.begin(item.nodeid)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    longest_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    return Scheduling(config, log)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with database, house mixers and static files. To be copied, not changed."""
    return set_up_once(tmp_path_factory)


@pytest.fixture(scope="session")
def models_root(installed: Path) -> Path:
    """The house mixers' files, exported once per run. Not to be changed."""
    return installed / "models"


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """No test sees what another one left in the shared cache."""
    cache.clear()


@pytest.fixture
def owner(db: None) -> User:
    """Who brings the songs."""
    return User.objects.create_user("owner@example.org", "correct horse 7", name="Owner")


@pytest.fixture
def listener(db: None) -> User:
    """Who votes."""
    return User.objects.create_user("listener@example.org", "correct horse 8", name="Listener")


@pytest.fixture
def stranger(db: None) -> User:
    """Who has no business here."""
    return User.objects.create_user("stranger@example.org", "correct horse 9", name="Stranger")


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create_superuser("staff@example.org", "correct horse 10", name="Staff")


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A browser in which this person is logged in."""

    def log_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def api_of() -> Callable[[User], APIClient]:
    """An API client that acts for this person (tokens have tests of their own)."""

    def act_for(user: User) -> APIClient:
        client = APIClient()
        client.force_authenticate(user)
        return client

    return act_for
