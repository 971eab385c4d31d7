"""Tournaments: start one, find one, go on with one, end one."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from mixing import access
from tournaments import selectors, services
from tournaments.forms import StartForm
from tournaments.views.requests import is_partial, lead, listener_of, own_tournament, person_of

PAGE_SIZE = 24


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
@login_required
def tournament_list(request: HttpRequest) -> HttpResponse:
    page = Paginator(selectors.tournaments_of(person_of(request)), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    context = {"page": page, "cards": selectors.cards(list(page))}
    return render(request, "tournaments/list.html", context)


@require_GET
@never_cache
@login_required
def detail(request: HttpRequest, tournament_id: UUID) -> HttpResponse:
    """Wherever the tournament is: the battle to hear now, a wait for previews, or the result."""
    tournament = own_tournament(request, tournament_id)
    if tournament.is_open():
        battle = services.next_battle(tournament=tournament, listener=person_of(request))
        if battle is not None:
            return lead(request, reverse("tournaments:battle", args=[battle.pk]))
        tournament.refresh_from_db()
    if not tournament.is_open():
        return lead(request, reverse("tournaments:result", args=[tournament.pk]))
    context = {
        "tournament": tournament,
        "song": tournament.song,
        "progress": selectors.progress(tournament),
    }
    page = "tournaments/_waiting.html" if is_partial(request) else "tournaments/waiting.html"
    return render(request, page, context)


@require_POST
@login_required
def finish(request: HttpRequest, tournament_id: UUID) -> HttpResponse:
    """End early: the votes so far decide."""
    services.close_tournament(
        tournament=own_tournament(request, tournament_id), by=person_of(request)
    )
    return redirect("tournaments:result", tournament_id)
