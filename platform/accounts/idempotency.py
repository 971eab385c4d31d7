"""The same answer to the same request: what an Idempotency-Key promises.

The key's row is written before the work (two requests at once: the unique constraint lets one
through), the answer in the work's own transaction: either both are there or neither is. A process
that dies in between leaves a row without an answer, which a repeat takes over after a while.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView

from accounts.models import IdempotentRequest, User
from accounts.refusals import BadIdempotencyKey, IdempotencyConflict, InProgress

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
MAX_KEY_LENGTH = 128
# A request without an answer for this long lost its process: a repeat may do the work.
ABANDONED_AFTER = timedelta(seconds=60)
KEPT = timedelta(days=1)

V = TypeVar("V", bound=APIView)
P = ParamSpec("P")
ViewMethod = Callable[Concatenate[V, Request, P], Response]

_PARAMETER = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description=(
        "1 to 128 printable characters of your choice. A repeat with the same key within a day "
        "gets the first answer, and nothing happens again."
    ),
)


def idempotent(method: ViewMethod[V, P]) -> ViewMethod[V, P]:
    """Make an API view's method honour the Idempotency-Key header of logged-in clients.

    A repeat gets the first answer and nothing happens again; the same key with another request is
    409 idempotency_conflict, a repeat that comes while the first is worked on 409 in_progress.
    Only success is remembered: after a refusal or a failure the request may be sent again. Not for
    answers that hold secrets, as answers are kept. With a key, the method runs in a transaction.
    """

    @wraps(method)
    def answer(view: V, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> Response:
        key = request.headers.get(HEADER)
        if key is None or not isinstance(request.user, User):
            return method(view, request, *args, **kwargs)
        claim = _claim(request.user, key, _digest(request))
        if claim.status is not None:
            return Response(claim.body, status=claim.status, headers={REPLAYED: "true"})
        try:
            with transaction.atomic():
                response = method(view, request, *args, **kwargs)
                if response.status_code < 400:
                    _remember(claim, response)
                    return response
        except BaseException:
            _give_back(claim)
            raise
        _give_back(claim)
        return response

    documented: ViewMethod[V, P] = extend_schema(parameters=[_PARAMETER])(answer)
    # @action, further out, replaces `kwargs`; an @extend_schema around both looks here as well.
    vars(documented)["schema"] = vars(documented)["kwargs"]["schema"]
    return documented


def prune() -> int:
    """Forget old answers; the number forgotten."""
    return IdempotentRequest.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def _claim(user: User, key: str, digest: str) -> IdempotentRequest:
    """The key's row: with the answer to repeat, or without one for this request to work on."""
    if not (0 < len(key) <= MAX_KEY_LENGTH and key.isprintable()):
        raise BadIdempotencyKey
    try:
        with transaction.atomic():
            return IdempotentRequest.objects.create(user=user, key=key, request_digest=digest)
    except IntegrityError:
        row = IdempotentRequest.objects.filter(user=user, key=key).first()
    if row is None:  # The other request has just failed and given the key back.
        raise InProgress(retry_after=1)
    if row.request_digest != digest:
        raise IdempotencyConflict
    if row.status is None:
        _take_over(row)
    return row


def _take_over(row: IdempotentRequest) -> None:
    now = timezone.now()
    abandoned = IdempotentRequest.objects.filter(
        pk=row.pk, status=None, created_at__lt=now - ABANDONED_AFTER
    )
    if not abandoned.update(created_at=now):
        raise InProgress(retry_after=1)
    row.created_at = now


def _remember(claim: IdempotentRequest, response: Response) -> None:
    """Keep the answer; raises InProgress (and undoes the work) if a repeat has taken over."""
    # Data may hold dates and UUIDs until it is rendered: keep what the client is sent.
    body = json.loads(json.dumps(response.data, cls=JSONEncoder))
    if not _own(claim).update(status=response.status_code, body=body):
        raise InProgress(retry_after=1)


def _give_back(claim: IdempotentRequest) -> None:
    _own(claim).delete()


def _own(claim: IdempotentRequest) -> QuerySet[IdempotentRequest]:
    """The claim's row as long as it is ours: taking over changes its moment."""
    return IdempotentRequest.objects.filter(pk=claim.pk, status=None, created_at=claim.created_at)


def _digest(request: Request) -> str:
    content = json.dumps([request.method, request.path, request.data], sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()
