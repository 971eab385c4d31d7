"""The limit on request bodies, whatever server runs: uploads come in chunks, the rest is small."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from asgiref.typing import (
    ASGIReceiveCallable,
    ASGIReceiveEvent,
    ASGISendCallable,
    Scope,
)

MAX_BODY_BYTES: Final = 16 * 1024 * 1024
TOO_LARGE: Final = (
    b'{"code": "too_large", "message": "That is more than this server takes at once."}'
)


class BodyTooLarge(Exception):
    """More arrived than was declared or than is taken."""


class BodyLimit:
    """Answers 413 instead of taking a body over MAX_BODY_BYTES: Django would spool any to disk."""

    def __init__(self, application: Callable[..., Awaitable[None]]) -> None:
        self.application = application

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        received = 0

        async def limited() -> ASGIReceiveEvent:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message["body"])
            if received > MAX_BODY_BYTES:
                raise BodyTooLarge
            return message

        try:
            if declared_bytes(scope["headers"]) > MAX_BODY_BYTES:
                raise BodyTooLarge
            await self.application(scope, limited, send)
        except BodyTooLarge:
            await _refuse(send)


def declared_bytes(headers: Any) -> int:
    """What Content-Length says; 0 when it is missing or nonsense, which counting then finds."""
    value = dict(headers).get(b"content-length", b"")
    return int(value) if value.isdigit() and len(value) < 20 else 0


async def _refuse(send: ASGISendCallable) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": 413,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(TOO_LARGE)).encode()),
                (b"connection", b"close"),
            ],
            "trailers": False,
        }
    )
    await send({"type": "http.response.body", "body": TOO_LARGE, "more_body": False})
