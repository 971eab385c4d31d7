"""The same answer to the same request: what an Idempotency-Key promises."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView

from accounts.models import IdempotentRequest, User
from accounts.refusals import BadIdempotencyKey, IdempotencyConflict, StillWorking

HEADER = "Idempotency-Key"
MAX_KEY_LENGTH = 128
# A request without an answer for this long lost its process: a repeat may do the work.
ABANDONED_AFTER = timedelta(seconds=60)
KEPT = timedelta(days=1)

V = TypeVar("V", bound=APIView)
P = ParamSpec("P")
ViewMethod = Callable[Concatenate[V, Request, P], Response]


def idempotent(method: ViewMethod[V, P]) -> ViewMethod[V, P]:
    """Make an API view's method honour the Idempotency-Key header of logged-in clients.

    A repeat gets the first answer and nothing happens again; the same key with another request is
    409 idempotency_conflict, a repeat that comes while the first is worked on 409 still_working.
    Only success is remembered: after a refusal or a failure the request may be sent again.
    """

    @wraps(method)
    def answer(view: V, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> Response:
        key = request.headers.get(HEADER)
        if key is None or not isinstance(request.user, User):
            return method(view, request, *args, **kwargs)
        row, is_mine = _claim(request.user, key, _digest(request))
        if not is_mine:
            return Response(row.body, status=row.status)
        try:
            response = method(view, request, *args, **kwargs)
        except BaseException:
            row.delete()
            raise
        if response.status_code < 400:
            _remember(row, response)
        else:
            row.delete()
        return response

    return answer


def prune() -> int:
    """Forget old answers; the number forgotten."""
    return IdempotentRequest.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def _claim(user: User, key: str, digest: str) -> tuple[IdempotentRequest, bool]:
    """The key's row, and whether this request is the one to do the work."""
    if not (0 < len(key) <= MAX_KEY_LENGTH and key.isprintable()):
        raise BadIdempotencyKey
    try:
        with transaction.atomic():
            return IdempotentRequest.objects.create(user=user, key=key, request_digest=digest), True
    except IntegrityError:
        row = IdempotentRequest.objects.filter(user=user, key=key).first()
    if row is None:  # The other request has just failed and given the key back.
        raise StillWorking(retry_after=1)
    if row.request_digest != digest:
        raise IdempotencyConflict
    if row.status is not None:
        return row, False
    now = timezone.now()
    abandoned = IdempotentRequest.objects.filter(
        pk=row.pk, status=None, created_at__lt=now - ABANDONED_AFTER
    )
    if not abandoned.update(created_at=now):
        raise StillWorking(retry_after=1)
    return row, True


def _remember(row: IdempotentRequest, response: Response) -> None:
    row.status = response.status_code
    # Data may hold dates and UUIDs until it is rendered: keep what the client was sent.
    row.body = json.loads(json.dumps(response.data, cls=JSONEncoder))
    row.save(update_fields=["status", "body"])


def _digest(request: Request) -> str:
    data: Any = request.data
    content = json.dumps([request.method, request.path, data], sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()
