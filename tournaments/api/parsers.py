"""Reading bodies that are files."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser

from tournaments.refusals import BadImport
from tournaments.vote_files import MOST_BYTES


class VoteFileParser(BaseParser):
    """A file of votes as the body itself, whatever it calls its type."""

    media_type = "*/*"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise BadImport("The file is larger than 100 MiB.")
        return body
