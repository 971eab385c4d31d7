import pytest

from accounts.models import User


@pytest.fixture
def guest(db: None) -> User:
    return User.objects.create_guest()
