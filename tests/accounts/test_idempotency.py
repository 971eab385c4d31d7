import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from accounts import idempotency
from accounts.idempotency import idempotent
from accounts.models import Attempt, IdempotentRequest, User
from accounts.refusals import AccountNeeded

pytestmark = pytest.mark.django_db


class Notes(APIView):
    """The smallest view that does something which must not happen twice."""

    @idempotent
    def post(self, request: Request) -> Response:
        text = request.data["text"]
        Attempt.objects.create(kind="guest", key=text)
        match text:
            case "refused":
                raise AccountNeeded
            case "broken":
                raise RuntimeError("the disk is gone")
            case "answered no":
                return Response({"code": "no"}, status=409)
        return Response({"id": uuid4(), "at": timezone.now(), "text": text}, status=201)


def notes(text: str = "") -> int:
    found = Attempt.objects.filter(key=text) if text else Attempt.objects.all()
    return found.count()


def shown(answer: Response) -> object:
    """What the client reads; PostgreSQL keeps the members of an object in an order of its own."""
    return json.loads(answer.content)


Post = Callable[..., Response]


@pytest.fixture
def post(owner: User) -> Post:
    """Send a note with an Idempotency-Key."""

    def send(key: str | None = "key-1", text: str = "a note", user: User = owner) -> Response:
        headers = {} if key is None else {"Idempotency-Key": key}
        request = APIRequestFactory().post("/notes/", {"text": text}, headers=headers)
        force_authenticate(request, user)
        answer: Response = Notes.as_view()(request)
        return answer.render()

    return send


def test_a_repeat_gets_the_same_answer_and_does_nothing_again(post: Post) -> None:
    first, second = post(), post()
    assert (first.status_code, shown(first)) == (second.status_code, shown(second))
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert notes() == 1


def test_without_a_key_every_request_is_new(post: Post) -> None:
    assert post(None).data["id"] != post(None).data["id"]
    assert notes() == 2


def test_another_key_is_another_request(post: Post) -> None:
    assert post("key-1").data["id"] != post("key-2").data["id"]
    assert notes() == 2


def test_the_same_key_with_another_body_is_a_conflict(post: Post) -> None:
    post()
    answer = post(text="another note")
    assert (answer.status_code, answer.data["code"]) == (409, "idempotency_conflict")
    assert notes() == 1


def test_keys_belong_to_people(post: Post, stranger: User) -> None:
    assert post().data["id"] != post(user=stranger).data["id"]


@pytest.mark.parametrize(("text", "status"), [("refused", 403), ("answered no", 409)])
def test_a_refused_request_may_be_sent_again(post: Post, text: str, status: int) -> None:
    assert post(text=text).status_code == status
    assert post().status_code == 201


def test_a_request_that_breaks_undoes_its_work_and_gives_its_key_back(post: Post) -> None:
    with pytest.raises(RuntimeError):
        post(text="broken")
    assert notes() == 0
    assert post().status_code == 201


def test_a_repeat_while_the_first_is_worked_on_is_told_to_wait(post: Post) -> None:
    post()
    IdempotentRequest.objects.update(status=None)
    answer = post()
    assert (answer.status_code, answer.data["code"]) == (409, "in_progress")
    assert answer.headers["Retry-After"] == "1"
    assert notes() == 1


def abandon() -> None:
    """As if the process had died in the middle: a row without an answer, from long ago."""
    long_ago = timezone.now() - idempotency.ABANDONED_AFTER - timedelta(seconds=1)
    IdempotentRequest.objects.update(status=None, created_at=long_ago)


def test_a_repeat_takes_over_from_a_process_that_died(post: Post) -> None:
    post()
    Attempt.objects.all().delete()  # Its work died with it.
    abandon()
    assert post().status_code == 201
    assert post().headers["Idempotency-Replayed"] == "true"
    assert notes() == 1


def test_who_was_taken_over_from_undoes_its_work(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first was only slow: a repeat has done the work meanwhile."""
    remember = idempotency._remember

    def slowly(claim: IdempotentRequest, response: Response) -> None:
        monkeypatch.setattr(idempotency, "_remember", remember)
        Attempt.objects.update(key="by the slow one")
        abandon()
        assert post().status_code == 201
        remember(claim, response)

    monkeypatch.setattr(idempotency, "_remember", slowly)
    answer = post()
    assert (answer.status_code, answer.data["code"]) == (409, "in_progress")
    # The repeat ran inside the slow one's transaction here, so both are undone; the point is that
    # the slow one's work is not kept beside another's.
    assert notes("by the slow one") == 0


@pytest.mark.django_db(transaction=True)
def test_the_same_request_many_times_at_once_does_its_work_once(post: Post) -> None:
    together = Barrier(6)

    def send(_: int) -> Response:
        together.wait()
        try:
            return post()
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, range(6)))
    assert notes() == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    first, *others = [shown(answer) for answer in answers if answer.status_code == 201]
    assert all(other == first for other in others)
    assert {a.data["code"] for a in answers if a.status_code == 409} <= {"in_progress"}


@pytest.mark.parametrize("key", ["", "x" * 129, "a\tb"])
def test_a_bad_key_is_refused(post: Post, key: str) -> None:
    answer = post(key)
    assert (answer.status_code, answer.data["code"]) == (400, "bad_idempotency_key")
    assert notes() == 0


def test_the_schema_tells_of_the_header_also_for_actions() -> None:
    class Books(ViewSet):
        @idempotent
        def create(self, request: Request) -> Response:
            raise NotImplementedError

        @extend_schema(summary="Lend it", request=None, responses={204: None})
        @action(detail=False, methods=["post"])
        @idempotent
        def lend(self, request: Request) -> Response:
            raise NotImplementedError

    router = SimpleRouter()
    router.register("books", Books, basename="book")
    schema = SchemaGenerator(patterns=router.urls).get_schema(public=True)
    for path in ("/books/", "/books/lend/"):
        names = [parameter["name"] for parameter in schema["paths"][path]["post"]["parameters"]]
        assert names == ["Idempotency-Key"]
    assert schema["paths"]["/books/lend/"]["post"]["summary"] == "Lend it"


def test_old_answers_are_forgotten(post: Post) -> None:
    post()
    assert idempotency.prune() == 0
    IdempotentRequest.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert idempotency.prune() == 1
    assert post().status_code == 201
    assert notes() == 2
