"""Why a file that somebody offered is not taken."""

from __future__ import annotations

from typing import Final, Literal, get_args

Code = Literal[
    "empty_audio",
    "unsupported_type",
    "unsupported_format",
    "too_long",
    "too_large",
    "non_finite",
    "decode_failed",
    "bad_archive",
    "too_many_stems",
    "too_quiet",
]

CODES: Final[tuple[str, ...]] = get_args(Code)
_STATUS: Final = {"unsupported_type": 415, "too_large": 413}


class AudioRejected(Exception):
    """A file or a set of files refused for a reason its owner can act on.

    `code` is stable and for programs, `message` is a sentence for people, `status` is the HTTP
    status that says the same: 413 too large, 415 not a kind of audio we read, 422 otherwise.
    """

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(code, message)
        self.code: Code = code
        self.message = message

    @property
    def status(self) -> int:
        return _STATUS.get(self.code, 422)

    def __str__(self) -> str:
        return self.message
