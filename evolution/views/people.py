"""Who asks for a page."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse

from accounts.models import User

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def person_of(request: HttpRequest) -> User:
    """Who is logged in, in a view that `login_required` guards."""
    assert isinstance(request.user, User)
    return request.user


def staff_only(view: View[P]) -> View[P]:
    """Visitors log in first; for everybody else who is not staff the page does not exist."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not person_of(request).is_staff:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded
