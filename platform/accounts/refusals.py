"""Refusals: the one kind of exception that interfaces turn into a 4xx answer with a stable code."""

from math import ceil
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


class TooMany(Refusal):
    """Too many attempts of one kind; `retry_after` says in how many seconds the next one counts."""

    code = "rate_limited"
    status = 429

    def __init__(self, *, retry_after: int) -> None:
        minutes = ceil(retry_after / 60)
        wait = "a minute" if minutes <= 1 else f"{minutes} minutes"
        super().__init__(f"Too many attempts. Try again in {wait}.", retry_after=retry_after)


class EmailTaken(Refusal):
    code = "email_taken"
    status = 409
    message = (
        "There is an account with this e-mail address already. Log in, or ask for a new password."
    )


class WrongPassword(Refusal):
    code = "wrong_password"
    status = 403
    message = "This is not your password."


class WrongCredentials(Refusal):
    code = "wrong_credentials"
    status = 403
    message = "E-mail address and password do not match."


class AccountNeeded(Refusal):
    code = "account_needed"
    status = 403
    message = "Guests cannot do this. Sign up first: it takes a minute and keeps your votes."


class TooManyTokens(Refusal):
    code = "too_many_tokens"
    status = 409
    message = "You have as many tokens as one person may have. Revoke one you no longer need."


class SessionNeeded(Refusal):
    code = "session_needed"
    status = 403
    message = "Tokens are made and revoked by somebody who is logged in, not by another token."


class BadIdempotencyKey(Refusal):
    code = "bad_idempotency_key"
    status = 400
    message = "An Idempotency-Key has 1 to 128 printable characters."


class IdempotencyConflict(Refusal):
    code = "idempotency_conflict"
    status = 409
    message = "This Idempotency-Key came with another request before."


class InProgress(Refusal):
    """`retry_after` says when to ask again."""

    code = "in_progress"
    status = 409
    message = "The same request is being worked on. Ask again in a moment."
