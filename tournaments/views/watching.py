"""Watching a tournament: its page, the votes behind a cell, and the door for listeners."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from tournaments import services, watching
from tournaments.drawing import outlook, standing_rows
from tournaments.drawing.brackets import draw_bracket
from tournaments.drawing.matrix import head_to_head
from tournaments.drawing.sentences import verdict_between
from tournaments.models import Tournament
from tournaments.progress import progress
from tournaments.views.requests import is_partial, joined_tournament, listener_of
from tournaments.watching import Spectacle


@require_GET
@never_cache
def watch(request: HttpRequest, tournament_id: UUID) -> HttpResponse:
    """The tournament as it stands; htmx fetches only what moves."""
    tournament = joined_tournament(request, tournament_id)
    seen = watching.spectacle(tournament, request.user)
    context = _live_context(tournament, seen)
    if is_partial(request):
        return render(request, "tournaments/_live.html", context)
    return render(request, "tournaments/watch.html", context | _frame(request, tournament))


@require_GET
@never_cache
def votes(request: HttpRequest, tournament_id: UUID, a: int, b: int) -> HttpResponse:
    """The votes behind a cell. Not for somebody who hears a battle at this moment."""
    tournament = joined_tournament(request, tournament_id)
    if watching.is_blind(tournament, request.user):
        messages.info(request, "Finish the battle you are in first: then you may see the votes.")
        return redirect("tournaments:watch", tournament.pk)
    try:
        cast = watching.votes_between(tournament, a, b)
        names = [watching.entry_name(tournament, k) for k in (a, b)]
    except IndexError:
        raise Http404 from None
    context = {
        "tournament": tournament,
        "heading": heading_of(tournament),
        "names": names,
        "lines": [{"vote": vote, "text": verdict_between(vote.score, *names)} for vote in cast],
        "most": watching.MOST_VOTES_SHOWN,
    }
    return render(request, "tournaments/votes.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
def join(request: HttpRequest, token: str) -> HttpResponse:
    """The door of an invitation: what awaits, and one button. Guests are welcome."""
    if request.method == "POST":
        tournament = services.join(token=token, listener=listener_of(request))
        return redirect("tournaments:detail", tournament.pk)
    tournament = get_object_or_404(watching.invited_by(token))
    context = {
        "tournament": tournament,
        "heading": heading_of(tournament),
        "songs": watching.songs_of(tournament),
        "entries": watching.entry_count(tournament),
    }
    return render(request, "tournaments/join.html", context)


def heading_of(tournament: Tournament) -> str:
    return tournament.title or tournament.song.title


def _live_context(tournament: Tournament, seen: Spectacle) -> dict[str, Any]:
    leader = seen.leader
    name = seen.by_id[leader.entry.pk] if leader else None
    chance = leader.p_best if leader else None
    knockout = tournament.format in watching.KNOCKOUT
    bracket = seen.bracket and draw_bracket(seen.bracket, seen.names, knockout=knockout)
    rows, zero = standing_rows(seen.standings, seen.by_id)
    closed = not tournament.is_open()
    return {
        "tournament": tournament,
        "blind": seen.blind,
        "bracket": bracket,
        "knockout": knockout,
        "shows_buchholz": tournament.format == Tournament.Format.SWISS,
        "rows": rows,
        "zero": zero,
        "matrix": head_to_head(seen.names, seen.duels, seen.order),
        "chance": chance,
        "chance_percent": round(100 * (chance or 0.0)),
        "verdict": outlook.two_winners(
            bracket.winner if bracket else "", name, chance, knockout=knockout
        )
        if closed
        else "",
        "outlook": [
            outlook.leader_figure(name, chance),
            outlook.votes_figure(seen.votes, tournament.vote_budget, seen.left_out),
            _end_figure(seen, closed=closed),
            outlook.voters_figure(seen.voters),
        ],
        "circles": outlook.circles_text(_circles(seen)),
        "without_text": _without(seen),
    }


def _frame(request: HttpRequest, tournament: Tournament) -> dict[str, Any]:
    """What stands around the moving part."""
    is_owner = tournament.owner_id == getattr(request.user, "pk", None)
    invite = ""
    if tournament.join_token is not None:
        invite = request.build_absolute_uri(
            reverse("tournaments:join", args=[tournament.join_token])
        )
    mine = progress(tournament, request.user) if isinstance(request.user, User) else None
    return {
        "heading": heading_of(tournament),
        "songs": watching.songs_of(tournament),
        "is_owner": is_owner,
        "may_vote": watching.may_take_part(tournament, request.user),
        "mine": mine,
        "invite_url": invite,
        "may_export": is_owner or not tournament.is_open(),
        "exports": (("csv", "CSV"), ("json", "JSON"), ("parquet", "Parquet")),
    }


def _end_figure(seen: Spectacle, *, closed: bool) -> outlook.Figure:
    found = seen.insights
    if found is None:
        return outlook.end_figure(None, None, closed=closed)
    return outlook.end_figure(found.votes_left, found.goal, closed=closed)


def _circles(seen: Spectacle) -> list[tuple[str, str, str]]:
    names = seen.by_id
    found = seen.insights.circles if seen.insights else ()
    return [(names[a], names[b], names[c]) for a, b, c in found]


def _without(seen: Spectacle) -> str:
    removal = seen.insights.without if seen.insights else None
    if removal is None or seen.leader is None:
        return ""
    names = seen.by_id
    changed = None if removal.leader is None else names[removal.leader]
    return outlook.without_top(removal.listeners, names[seen.leader.entry.pk], changed)
