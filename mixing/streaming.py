"""Audio with byte ranges: Django's FileResponse ignores `Range`, and players cannot seek then.

RFC 9110, sections 13 and 14: a single range is answered with 206, one outside the file with 416,
several at once with the whole file (which a server may always do). `If-Range` takes the entity tag.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

BLOCK_BYTES: Final = 256 * 1024
# The bytes behind an address never change, but who may have them can: ask each time.
PRIVATE: Final = "private, no-cache"

_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `start` up to, not including, `stop`."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        return self.stop - self.start


class NotSatisfiable(Exception):
    """The range lies outside the file."""


def range_response(
    request: HttpRequest,
    path: Path,
    *,
    content_type: str,
    filename: str = "",
    download: bool = False,
    cache: str = PRIVATE,
) -> HttpResponseBase:
    """The file, or the range of it that was asked for: 200, 206, 304 or 416; Http404 without file.

    Args:
        filename: what it is saved as (RFC 6266, any script); never part of a path here.
        download: offer to save instead of showing.
        cache: the Cache-Control header.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        raise Http404("The file is not there any more.") from None
    size = status.st_size
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": cache,
        "ETag": f'"{status.st_mtime_ns:x}-{size:x}"',
        "X-Content-Type-Options": "nosniff",
    }
    if disposition := content_disposition_header(download, filename):
        headers["Content-Disposition"] = disposition
    if _is_known(request, headers["ETag"]):
        return HttpResponse(status=304, headers=headers)
    try:
        span = requested_span(request, size, headers["ETag"])
    except NotSatisfiable:
        headers["Content-Range"] = f"bytes */{size}"
        return HttpResponse(status=416, headers=headers)
    if span is not None:
        headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{size}"
    return _answer(request, path, span or Span(0, size), content_type, headers)


def requested_span(request: HttpRequest, size: int, etag: str) -> Span | None:
    """The range to answer with, None for the whole file; NotSatisfiable outside of it."""
    match = _RANGE.match(request.headers.get("Range", "").strip())
    if match is None or request.headers.get("If-Range", etag) != etag:
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if not first:  # The last so many bytes.
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < int(first):
            return None  # Not a range at all: ignored, as the standard says.
    if start >= stop:
        raise NotSatisfiable
    return Span(start, stop)


def _is_known(request: HttpRequest, etag: str) -> bool:
    known = request.headers.get("If-None-Match", "")
    return etag in (tag.strip().removeprefix("W/") for tag in known.split(","))


def _answer(
    request: HttpRequest, path: Path, span: Span, content_type: str, headers: dict[str, str]
) -> HttpResponseBase:
    status = 206 if "Content-Range" in headers else 200
    headers["Content-Length"] = str(span.length)
    if request.method == "HEAD":
        return HttpResponse(status=status, content_type=content_type, headers=headers)
    blocks = Blocks(path, span)
    return StreamingHttpResponse(
        AsyncBlocks(blocks) if isinstance(request, ASGIRequest) else blocks,
        status=status,
        content_type=content_type,
        headers=headers,
    )


class Blocks:
    """The bytes of a span. Opened at once: a file removed while it is sent is sent to its end."""

    def __init__(self, path: Path, span: Span) -> None:
        self._file = path.open("rb")
        self._file.seek(span.start)
        self._left = span.length

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        block = self.read()
        if not block:
            raise StopIteration
        return block

    def read(self) -> bytes:
        """The next block, empty at the end."""
        block = self._file.read(min(BLOCK_BYTES, self._left))
        self._left -= len(block)
        return block

    def close(self) -> None:
        """Called by Django when the response is over, however it ended."""
        self._file.close()


class AsyncBlocks:
    """The same, read in a thread: a slow disk must not hold up the event loop."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self.close = blocks.close

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        block = await sync_to_async(self._blocks.read, thread_sensitive=False)()
        if not block:
            raise StopAsyncIteration
        return block
