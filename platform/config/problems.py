"""How refusals and failures reach people: one JSON shape for programs, one page for browsers.

Every 4xx body is `{"code": …, "message": …}` with a stable code, sometimes with details; what the
domain refuses (`Refusal`, `AudioRejected`, `SettingsInvalid`) becomes an answer only here.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core import exceptions as django_exceptions
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import requires_csrf_token
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler as default_exception_handler

from accounts.refusals import Refusal
from mixing.audio.errors import AudioRejected
from mixing.audio.parameters import SettingsInvalid

logger = logging.getLogger(__name__)

# A restarting database is back within seconds.
RETRY_AFTER_S = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, ready to be written as JSON or as a page."""

    status: int
    code: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, **self.details}

    def headers(self) -> dict[str, str]:
        wait = self.details.get("retry_after")
        return {} if wait is None else {"Retry-After": str(wait)}


def problem_of(error: BaseException) -> Problem | None:
    """The problem behind a domain error or a store that is away; None for anything else."""
    match error:
        case Refusal():
            return Problem(error.status, error.code, error.message, error.details)
        case AudioRejected():
            return Problem(error.status, error.code, error.message)
        case SettingsInvalid():
            return Problem(status.HTTP_422_UNPROCESSABLE_ENTITY, error.code, str(error))
        case OperationalError():
            logger.error("database away: %s", error)
            return Problem(
                status.HTTP_503_SERVICE_UNAVAILABLE,
                "unavailable",
                "The database cannot be reached for the moment. Please try again.",
                {"retry_after": RETRY_AFTER_S},
            )
    return None


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's handler: the same JSON shape for its own errors and for ours."""
    problem = problem_of(error)
    if problem is not None:
        return Response(problem.as_json(), status=problem.status, headers=problem.headers())
    if isinstance(error, django_exceptions.ValidationError):
        error = exceptions.ValidationError(detail=error.messages)
    response = default_exception_handler(error, context)  # Sets 401's and 429's headers.
    if response is not None:
        response.data = _api_problem(error, response).as_json()
    return response


def _api_problem(error: Exception, response: Response) -> Problem:
    code, message = _CODES.get(response.status_code, ("refused", "This is not possible."))
    details: dict[str, Any] = {}
    if isinstance(error, exceptions.ValidationError):
        code, message = "invalid", "Some of what was sent is not valid."
        details = {"errors": response.data}
    elif isinstance(error, exceptions.ParseError):
        code, message = "malformed", str(error.detail)
    elif isinstance(error, exceptions.Throttled):
        details = {"retry_after": int(response.headers.get("Retry-After", 1))}
    elif isinstance(error, exceptions.APIException) and isinstance(error.detail, str):
        message = str(error.detail)
    return Problem(response.status_code, code, message, details)


_CODES: dict[int, tuple[str, str]] = {
    400: ("bad_request", "The request cannot be understood."),
    401: ("not_authenticated", "Log in or send an API token."),
    403: ("forbidden", "You may not do this."),
    404: ("not_found", "There is nothing here."),
    405: ("method_not_allowed", "This cannot be done here."),
    406: ("not_acceptable", "This answer exists only as JSON."),
    413: ("too_large", "That is more than this server takes."),
    415: ("unsupported_media_type", "Send JSON, a form or a file."),
    429: ("rate_limited", "Too many requests. Please wait a little."),
    500: ("failed", "Something broke on our side. It has been noted."),
}


def wants_json(request: HttpRequest) -> bool:
    """Whether a program asked: the API, or a script that accepts JSON and not a page."""
    if request.path.startswith(("/api/", "/health/")):
        return True
    accepted = request.headers.get("Accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def problem_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem as JSON for programs, as a page for people."""
    if wants_json(request):
        response: HttpResponse = JsonResponse(problem.as_json(), status=problem.status)
    else:
        response = render(request, "refusal.html", {"problem": problem}, status=problem.status)
    for name, value in problem.headers().items():
        response[name] = value
    return response


class RefusalMiddleware:
    """Answers a view's domain errors; everything else goes on to Django."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        problem = problem_of(error)
        return None if problem is None else problem_response(request, problem)


def _status_page(request: HttpRequest, code: int) -> HttpResponse:
    name, message = _CODES[code]
    if wants_json(request):
        return JsonResponse({"code": name, "message": message}, status=code)
    return render(request, f"{code}.html", {"problem": Problem(code, name, message)}, status=code)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    too_large = isinstance(exception, django_exceptions.RequestDataTooBig)
    code = 413 if too_large else 400
    return problem_response(request, Problem(code, *_CODES[code]))


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_response(request, Problem(403, *_CODES[403]))


@requires_csrf_token
def page_not_found(request: HttpRequest, exception: Exception | Http404) -> HttpResponse:
    return _status_page(request, 404)


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    return _status_page(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open too long, or one that another site sent."""
    message = "This page was open for too long. Go back, reload it and try again."
    return problem_response(request, Problem(403, "csrf_failed", message))
