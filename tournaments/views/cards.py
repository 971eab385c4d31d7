"""The result card: a listener's choices beside the crowd's, at the end of their session."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.models import User
from tournaments import selectors, services
from tournaments.drawing import cards as drawing
from tournaments.models import Tournament
from tournaments.refusals import NotAFullSession, NotAssigned
from tournaments.views.requests import joined_tournament, person_of


@require_GET
@never_cache
@login_required
def card(request: HttpRequest, tournament_id: UUID) -> HttpResponse:
    """What I chose, what the others chose, where we differ, how steady I was."""
    tournament = joined_tournament(request, tournament_id)
    person = person_of(request)
    found = selectors.result_card(tournament, person)
    if not found.choices:
        return redirect("tournaments:watch", tournament.pk)
    context = {
        "tournament": tournament,
        "heading": tournament.title or tournament.song.title,
        "title": drawing.title(found),
        "lead": drawing.lead(found),
        "figures": drawing.figures(found),
        "choices": [drawing.choice_line(choice) for choice in found.choices],
        "is_finished": found.is_finished,
        "code": _code(tournament, person) or found.completion_code,
        "code_used": found.code_used,
        "may_go_on": tournament.is_open(),
    }
    return render(request, "tournaments/card.html", context)


def _code(tournament: Tournament, person: User) -> str:
    """The completion code, if the session is complete: asked for by coming here."""
    if tournament.is_personal():
        return ""
    try:
        return services.completion_code(tournament=tournament, listener=person)
    except (NotAFullSession, NotAssigned):
        return ""
