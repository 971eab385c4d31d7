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


class TooMany(Refusal):
    """Too many attempts of one kind; `retry_after` says in how many seconds the next one counts."""

    code = "rate_limited"
    status = 429
    message = "Too many attempts. Please wait a little and try again."


class EmailTaken(Refusal):
    code = "email_taken"
    status = 409
    message = "Somebody signed up with this e-mail address already. Log in instead."


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


class StillWorking(Refusal):
    code = "still_working"
    status = 409
    message = "The same request is being worked on. Ask again in a moment."
