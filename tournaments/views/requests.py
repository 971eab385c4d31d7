"""What every page asks of its request: who is it, what was sent, where to go next."""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from accounts.models import User
from accounts.services import start_guest
from tournaments import selectors, watching
from tournaments.models import Battle, Tournament
from tournaments.refusals import BadEvent


def listener_of(request: HttpRequest) -> User:
    """Who listens; a guest is made for whoever is nobody yet."""
    return request.user if isinstance(request.user, User) else start_guest(request)


def person_of(request: HttpRequest) -> User:
    """Who is logged in (a guest is): only for views that require it."""
    assert isinstance(request.user, User)
    return request.user


def own_tournament(request: HttpRequest, tournament_id: UUID) -> Tournament:
    return get_object_or_404(selectors.tournaments_of(person_of(request)), pk=tournament_id)


def joined_tournament(request: HttpRequest, tournament_id: UUID) -> Tournament:
    """One that this person may open: their own, one they joined, or one open to everybody."""
    return get_object_or_404(watching.tournaments_to_watch(request.user), pk=tournament_id)


def assigned_battle(request: HttpRequest, battle_id: UUID) -> Battle:
    return get_object_or_404(selectors.battles_of(person_of(request)), pk=battle_id)


def lead(request: HttpRequest, url: str) -> HttpResponse:
    """Lead there, also when htmx asked for a part of the page."""
    if is_partial(request):
        return HttpResponse(headers={"HX-Redirect": url})
    return redirect(url)


def is_partial(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page."""
    return "HX-Request" in request.headers


def sent(request: HttpRequest) -> dict[str, Any]:
    """A form's fields or a JSON object's. Raises BadEvent."""
    if request.content_type != "application/json":
        return request.POST.dict()
    try:
        data = json.loads(request.body)
    except ValueError:
        raise BadEvent from None
    if not isinstance(data, dict):
        raise BadEvent
    return data
