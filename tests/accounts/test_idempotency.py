from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIClient

from accounts import idempotency
from accounts.models import ApiToken, IdempotentRequest, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def post(api_of: Callable[[User], APIClient], owner: User) -> Callable[..., Response]:
    """Make a token with an Idempotency-Key; the simplest endpoint that keeps the promise."""

    def send(key: str, name: str = "script", user: User = owner) -> Response:
        answer: Response = api_of(user).post(
            "/api/v1/tokens/", {"name": name}, headers={"Idempotency-Key": key}
        )
        return answer

    return send


Post = Callable[..., Response]


def test_a_repeat_gets_the_same_answer_and_does_nothing_again(post: Post) -> None:
    first, second = post("key-1"), post("key-1")
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert ApiToken.objects.count() == 1


def test_another_key_is_another_request(post: Post) -> None:
    assert post("key-1").json() != post("key-2").json()
    assert ApiToken.objects.count() == 2


def test_the_same_key_with_another_body_is_a_conflict(post: Post) -> None:
    post("key-1")
    answer = post("key-1", name="other")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")
    assert ApiToken.objects.count() == 1


def test_keys_belong_to_people(post: Post, stranger: User) -> None:
    assert post("key-1").json()["id"] != post("key-1", user=stranger).json()["id"]


def test_a_refused_request_may_be_sent_again(post: Post) -> None:
    assert post("key-1", name="").status_code == 400
    assert post("key-1").status_code == 201


def test_a_request_that_breaks_gives_its_key_back(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr("accounts.services.issue_token", fail)
        with pytest.raises(RuntimeError):
            post("key-1")
    assert post("key-1").status_code == 201


def test_a_repeat_while_the_first_is_worked_on_is_told_to_wait(post: Post) -> None:
    post("key-1")
    IdempotentRequest.objects.update(status=None)
    answer = post("key-1")
    assert (answer.status_code, answer.json()["code"]) == (409, "still_working")
    assert answer.headers["Retry-After"] == "1"


def test_a_repeat_takes_over_from_a_process_that_died(post: Post) -> None:
    post("key-1")
    long_ago = timezone.now() - idempotency.ABANDONED_AFTER - timedelta(seconds=1)
    IdempotentRequest.objects.update(status=None, created_at=long_ago)
    assert post("key-1").status_code == 201
    assert ApiToken.objects.count() == 2


@pytest.mark.parametrize("key", ["", "x" * 129])
def test_a_bad_key_is_refused(post: Post, key: str) -> None:
    answer = post(key)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_idempotency_key")


def test_old_answers_are_forgotten(post: Post) -> None:
    post("key-1")
    assert idempotency.prune() == 0
    IdempotentRequest.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert idempotency.prune() == 1
