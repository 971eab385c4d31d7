"""Tournaments: start one, find one, go on with one, end one."""

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from mixing import access
from tournaments import selectors, services, watching
from tournaments.forms import StartForm
from tournaments.models import Tournament
from tournaments.views.requests import (
    is_partial,
    joined_tournament,
    lead,
    listener_of,
    own_tournament,
    person_of,
)

PAGE_SIZE: Final = 24
MOST_OPEN: Final = 24


@require_POST
def try_it(request: HttpRequest) -> HttpResponse:
    """A demo battle at once; whoever has no account listens as a guest."""
    tournament = services.try_demo(user=listener_of(request))
    return redirect("tournaments:detail", tournament.pk)


@require_POST
def start(request: HttpRequest, song_id: UUID) -> HttpResponse:
    song = get_object_or_404(access.songs(request.user), pk=song_id)
    form = StartForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose 3 to 15 battles.")
        return redirect("mixing:song", song.pk)
    tournament = services.start_tournament(
        owner=listener_of(request), song=song, battle_budget=form.cleaned_data["battle_budget"]
    )
    return redirect("tournaments:detail", tournament.pk)


@require_GET
def tournament_list(request: HttpRequest) -> HttpResponse:
    """What this person started or joined, and what everybody may vote in."""
    own = _page_of(request, watching.tournaments_of_person(request.user))
    listener = request.user if isinstance(request.user, User) else None
    context = {
        "page": own,
        "cards": selectors.cards(list(own), listener),
        "open": list(watching.public_tournaments(request.user).open()[:MOST_OPEN]),
    }
    return render(request, "tournaments/list.html", context)


@require_POST
def enter(request: HttpRequest, tournament_id: UUID) -> HttpResponse:
    """Take part in a tournament that is open to everybody, as a guest if need be."""
    tournament = joined_tournament(request, tournament_id)
    listener_of(request)
    return redirect("tournaments:detail", tournament.pk)


@require_GET
@never_cache
@login_required
def detail(request: HttpRequest, tournament_id: UUID) -> HttpResponse:
    """Wherever the tournament is for this listener: a battle to hear, a wait, or the result."""
    tournament = joined_tournament(request, tournament_id)
    if tournament.is_open():
        battle = services.next_battle(tournament=tournament, listener=person_of(request))
        if battle is not None:
            return lead(request, reverse("tournaments:battle", args=[battle.pk]))
        tournament.refresh_from_db()
    if not tournament.is_open():
        return lead(request, _end_of(tournament))
    progress = selectors.progress(tournament, person_of(request))
    context = {
        "tournament": tournament,
        "song": tournament.song,
        "progress": progress,
        "all_made": progress.previews_ready + progress.previews_failed == progress.previews_total,
    }
    page = "tournaments/_waiting.html" if is_partial(request) else "tournaments/waiting.html"
    return render(request, page, context)


@require_POST
@login_required
def finish(request: HttpRequest, tournament_id: UUID) -> HttpResponse:
    """End early: the votes so far decide."""
    tournament = services.close_tournament(
        tournament=own_tournament(request, tournament_id), by=person_of(request)
    )
    return redirect(_end_of(tournament))


def _end_of(tournament: Tournament) -> str:
    """Where a finished tournament leads: to one's champion, or to everybody's table."""
    name = "tournaments:result" if tournament.is_personal() else "tournaments:watch"
    return reverse(name, args=[tournament.pk])


def _page_of(request: HttpRequest, rows: QuerySet[Tournament]) -> Page[Tournament]:
    paginator: Paginator[Tournament] = Paginator(rows, PAGE_SIZE)
    return paginator.get_page(request.GET.get("page"))
