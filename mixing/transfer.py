"""Bytes through the API: raw chunks in, audio and files out."""

import re
from typing import Any, BinaryIO, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from mixing.serializers import ProblemSerializer

CHUNK_TYPE: Final = "application/offset+octet-stream"
_CHECKSUM: Final = re.compile(r"sha256 ([0-9a-fA-F]{64})\Z", re.ASCII)
_OFFSET: Final = re.compile(r"[0-9]{1,15}\Z", re.ASCII)


class ChunkParser(BaseParser):
    """Hands the body on unread."""

    media_type = CHUNK_TYPE

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return stream


class AnyAccept(BaseContentNegotiation):
    """For answers that are bytes: players accept `audio/*`, problems still come as JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return next(iter(parsers), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


def chunk_of(request: Request) -> tuple[int, bytes | BinaryIO, str | None]:
    """(offset, body, sha256 or None) of an upload request. Raises ParseError."""
    offset = request.headers.get("Upload-Offset", "")
    if not _OFFSET.match(offset):
        raise ParseError("Send where the piece starts: Upload-Offset: 0.")
    checksum = request.headers.get("Upload-Checksum")
    match = _CHECKSUM.match(checksum) if checksum else None
    if checksum and match is None:
        raise ParseError("Send the checksum as: Upload-Checksum: sha256 <64 hexadecimal digits>.")
    body: Any = request.data
    if not hasattr(body, "read"):  # REST framework reads an empty body as an empty form.
        body = b""
    return int(offset), body, match[1] if match else None


CHUNK_HEADERS: Final = [
    OpenApiParameter(
        "Upload-Offset", int, OpenApiParameter.HEADER, required=True,
        description="Bytes received so far; the piece starts there.",
    ),
    OpenApiParameter(
        "Upload-Checksum", str, OpenApiParameter.HEADER,
        description="`sha256 <hex>` of the piece, checked before it counts.",
    ),
]  # fmt: skip

PROBLEM: Final = OpenApiResponse(ProblemSerializer, description="Refused: see `code`.")


def file_responses(*types: str) -> dict[Any, Any]:
    """Responses of an address that gives bytes and answers byte ranges."""
    # What is JSON is described as such: generated clients read it.
    schemas = {
        kind: OpenApiTypes.OBJECT if kind == "application/json" else OpenApiTypes.BINARY
        for kind in types
    }
    return {
        **{(200, kind): schema for kind, schema in schemas.items()},
        **{(206, kind): OpenApiTypes.BINARY for kind in types},
        403: PROBLEM,
        404: PROBLEM,
        409: PROBLEM,
        416: OpenApiResponse(description="The range lies outside the file."),
    }
