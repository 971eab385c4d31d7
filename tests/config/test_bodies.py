import json
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator

from config.bodies import MAX_BODY_BYTES, BodyLimit, declared_bytes

BLOCK = b"x" * (1024 * 1024)


async def count(scope: Any, receive: Any, send: Any) -> None:
    """An application that reads everything and says how much it was."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message["body"])
        more = message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


async def post(blocks: int, *headers: tuple[bytes, bytes]) -> tuple[int, Any]:
    """Status and body of the answer to a body of so many MiB."""
    scope = {"type": "http", "method": "POST", "path": "/", "headers": list(headers)}
    client = ApplicationCommunicator(BodyLimit(count), scope)  # type: ignore[arg-type]
    for number in range(blocks):
        more = number < blocks - 1
        await client.send_input({"type": "http.request", "body": BLOCK, "more_body": more})
    start, body = await client.receive_output(), await client.receive_output()
    return start["status"], json.loads(body["body"])


async def test_a_body_up_to_the_limit_arrives() -> None:
    assert await post(16) == (200, MAX_BODY_BYTES)


async def test_a_declared_body_over_the_limit_is_refused_unread() -> None:
    status, body = await post(0, (b"content-length", str(MAX_BODY_BYTES + 1).encode()))
    assert (status, body["code"]) == (413, "too_large")


@pytest.mark.parametrize("headers", [[], [(b"content-length", b"5")]])
async def test_a_body_that_grows_over_the_limit_is_refused(
    headers: list[tuple[bytes, bytes]],
) -> None:
    status, body = await post(17, *headers)
    assert (status, body["code"]) == (413, "too_large")


@pytest.mark.parametrize("value", [b"", b"-1", b"abc", b"9" * 30, "٣".encode()])
def test_a_length_that_is_none_is_not_believed(value: bytes) -> None:
    assert declared_bytes([(b"content-length", value)]) == 0
