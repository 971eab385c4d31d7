"""Byte ranges as RFC 9110 wants them, and files named as RFC 6266 wants it."""

import asyncio
from collections.abc import AsyncIterable
from pathlib import Path
from typing import Any, cast

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.test import AsyncRequestFactory, RequestFactory

from mixing import streaming
from mixing.streaming import range_response

DATA = bytes(range(256)) * 4000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "mix.flac"
    path.write_bytes(DATA)
    return path


def ask(path: Path, method: str = "get", **headers: str) -> HttpResponseBase:
    request = getattr(RequestFactory(), method)("/", headers=headers)
    return range_response(request, path, content_type="audio/flac", filename="Mix.flac")


def body(response: HttpResponseBase) -> bytes:
    if isinstance(response, HttpResponse):
        return response.content
    return b"".join(cast(Any, response).streaming_content)


def test_the_whole_file(path: Path) -> None:
    response = ask(path)
    assert response.status_code == 200
    assert body(response) == DATA
    assert response["Content-Length"] == str(len(DATA))
    assert response["Accept-Ranges"] == "bytes"
    assert response["Content-Type"] == "audio/flac"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"] == 'inline; filename="Mix.flac"'


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=1000000-", 1_000_000, len(DATA)),
        ("bytes=-500", len(DATA) - 500, len(DATA)),
        ("bytes=-99999999", 0, len(DATA)),
        ("bytes=10-99999999999", 10, len(DATA)),
    ],
)
def test_one_range(path: Path, asked: str, start: int, stop: int) -> None:
    response = ask(path, Range=asked)
    assert response.status_code == 206
    assert body(response) == DATA[start:stop]
    assert response["Content-Range"] == f"bytes {start}-{stop - 1}/{len(DATA)}"
    assert response["Content-Length"] == str(stop - start)


@pytest.mark.parametrize("asked", [f"bytes={len(DATA)}-", "bytes=99999999-999999999", "bytes=-0"])
def test_a_range_outside_the_file(path: Path, asked: str) -> None:
    response = ask(path, Range=asked)
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(DATA)}"
    assert body(response) == b""


@pytest.mark.parametrize(
    "asked",
    ["", "bytes=", "bytes=-", "bytes=5-2", "bytes=0-1,4-5", "lines=1-2", "bytes=a-b", "bytes=1e3-",
     "bytes=" + "9" * 5000 + "-"],
)  # fmt: skip
def test_what_is_no_single_range_gets_the_whole_file(path: Path, asked: str) -> None:
    response = ask(path, Range=asked)
    assert response.status_code == 200
    assert body(response) == DATA


def test_head_tells_all_but_the_bytes(path: Path) -> None:
    response = ask(path, "head", Range="bytes=0-99")
    assert response.status_code == 206
    assert response["Content-Length"] == "100"
    assert body(response) == b""


def test_a_range_of_another_version_is_not_mixed_up(path: Path) -> None:
    tag = ask(path)["ETag"]
    assert ask(path, Range="bytes=0-9", **{"If-Range": tag}).status_code == 206
    path.write_bytes(DATA + b"!")
    assert ask(path, Range="bytes=0-9", **{"If-Range": tag}).status_code == 200


def test_a_known_file_is_not_sent_again(path: Path) -> None:
    tag = ask(path)["ETag"]
    assert ask(path, **{"If-None-Match": f'"other", W/{tag}'}).status_code == 304
    assert ask(path, **{"If-None-Match": '"other"'}).status_code == 200


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(Http404):
        ask(tmp_path / "gone.flac")


def test_names_of_any_script_survive(path: Path) -> None:
    response = range_response(
        RequestFactory().get("/"), path, content_type="x/y", filename='Köln "1".wav', download=True
    )
    expected = "attachment; filename*=utf-8''K%C3%B6ln%20%221%22.wav"
    assert response["Content-Disposition"] == expected


def test_a_file_that_goes_while_it_is_sent_is_sent_to_its_end(path: Path) -> None:
    response = ask(path)
    path.unlink()
    assert body(response) == DATA


@pytest.mark.django_db  # The end of a response looks after the connection other tests left open.
def test_closing_the_response_closes_the_file(path: Path) -> None:
    blocks = streaming.Blocks(path, streaming.Span(0, 10))
    response = StreamingHttpResponse(blocks)
    response.close()
    with pytest.raises(ValueError, match="closed"):
        next(blocks)


def test_under_asgi_blocks_are_read_asynchronously(path: Path) -> None:
    request = AsyncRequestFactory().get("/", headers={"Range": "bytes=3-700000"})
    assert isinstance(request, ASGIRequest)
    response = range_response(request, path, content_type="audio/flac")

    async def collect() -> list[bytes]:
        return [block async for block in cast(AsyncIterable[bytes], response)]

    blocks = asyncio.run(collect())
    assert b"".join(blocks) == DATA[3:700_001]
    assert max(map(len, blocks)) == streaming.BLOCK_BYTES
