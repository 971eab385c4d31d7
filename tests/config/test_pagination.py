import pytest
from rest_framework.test import APIClient

from accounts.models import User
from config.pagination import MAX_PAGE
from mixing.models import Song

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> APIClient:
    user = User.objects.create_user(email="many@example.org", password="long enough 77")
    Song.objects.bulk_create(Song(owner=user, title=str(n)) for n in range(MAX_PAGE + 1))
    api = APIClient()
    api.force_authenticate(user)
    return api


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", 50),
        ("limit=2", 2),
        ("limit=101", MAX_PAGE),
        (f"limit={10**30}", MAX_PAGE),
        ("limit=-1", 50),
        ("limit=x", 50),
        ("offset=100", 1),
        (f"offset={10**30}", 0),
        ("offset=-1", 50),
    ],
)
def test_a_page_holds_what_is_asked_for_within_reason(
    api: APIClient, query: str, shown: int
) -> None:
    answer = api.get(f"/api/v1/songs/?{query}")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["count"], len(body["results"])) == (MAX_PAGE + 1, shown)
