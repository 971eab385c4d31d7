"""Refusals: the one kind of exception that interfaces turn into a 4xx answer with a stable code."""

from typing import Any


class Refusal(Exception):
    """A request the domain says no to. Subclasses set code, status and a sentence for people."""

    code = "refused"
    status = 400
    message = "This is not possible."

    def __init__(self, message: str | None = None, **details: Any) -> None:
        super().__init__(message or self.message)
        self.message = message or self.message
        self.details = details

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, **self.details}
