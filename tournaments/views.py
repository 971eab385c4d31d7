"""Pages of tournaments and battles: parse, ask permission, call one service, show."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.services import start_guest
from mixing import access
from mixing.audio.parameters import Settings
from mixing.console_drawing import ConsoleDrawing, draw_consoles
from mixing.models import Export, Song
from mixing.storage import media_path
from mixing.streaming import range_response
from tournaments import drawing, selectors, services
from tournaments.clips import clip_path
from tournaments.forms import ListeningForm, StartForm
from tournaments.listening import floor_s
from tournaments.models import Battle, Listening, Tournament
from tournaments.refusals import BadEvent
from tournaments.selectors import BattleStory, Result

PAGE_SIZE = 24


@require_POST
def try_it(request: HttpRequest) -> HttpResponse:
    """A demo battle at once; whoever has no account listens as a guest."""
    tournament = services.try_demo(user=_listener(request))
    return redirect("tournaments:detail", tournament.pk)


@require_POST
def start(request: HttpRequest, song_id: UUID) -> HttpResponse:
    song = get_object_or_404(access.songs(request.user), pk=song_id)
    form = StartForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose 3 to 15 battles.")
        return redirect("mixing:song", song.pk)
    tournament = services.start_tournament(
        owner=_listener(request), song=song, battle_budget=form.cleaned_data["battle_budget"]
    )
    return redirect("tournaments:detail", tournament.pk)


@require_GET
@login_required
def tournament_list(request: HttpRequest) -> HttpResponse:
    page = Paginator(selectors.tournaments_of(_person(request)), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    context = {"page": page, "cards": selectors.cards(list(page))}
    return render(request, "tournaments/list.html", context)


@require_GET
@never_cache
@login_required
def detail(request: HttpRequest, tournament_id: UUID) -> HttpResponse:
    """Wherever the tournament is: the battle to hear now, a wait for previews, or the result."""
    tournament = _own(request, tournament_id)
    if tournament.is_open():
        battle = services.next_battle(tournament=tournament, listener=_person(request))
        if battle is not None:
            return _go(request, reverse("tournaments:battle", args=[battle.pk]))
        tournament.refresh_from_db()
    if not tournament.is_open():
        return _go(request, reverse("tournaments:result", args=[tournament.pk]))
    context = {
        "tournament": tournament,
        "song": tournament.song,
        "progress": selectors.progress(tournament),
    }
    partial = "HX-Request" in request.headers
    page = "tournaments/_waiting.html" if partial else "tournaments/waiting.html"
    return render(request, page, context)


@require_GET
@never_cache
@login_required
def battle(request: HttpRequest, battle_id: UUID) -> HttpResponse:
    """Blind before the vote, named after it."""
    row = _battle(request, battle_id)
    if row.is_voided():
        return redirect("tournaments:detail", row.tournament_id)
    context = {
        "song": row.tournament.song,
        "tournament": row.tournament,
        "steps": _steps(row.number, row.tournament.battle_budget),
    }
    if row.is_open():
        return render(
            request, "tournaments/battle.html", context | {"battle": selectors.blind_battle(row)}
        )
    reveal = selectors.reveal(row)
    context |= {
        "reveal": reveal,
        "console": _consoles(row.tournament.song, [reveal.a.settings, reveal.b.settings]),
        "loudness": row.clip_lufs,
    }
    return render(request, "tournaments/reveal.html", context)


@require_GET
@login_required
def clip(request: HttpRequest, battle_id: UUID, side: str) -> HttpResponseBase:
    """The audio of a side, addressed by battle and letter only."""
    if side not in ("a", "b"):
        raise Http404
    path = clip_path(_battle(request, battle_id), side)
    return range_response(request, path, content_type="audio/wav", cache="no-store")


@require_POST
@login_required
def listening(request: HttpRequest, battle_id: UUID) -> HttpResponse:
    form = ListeningForm(_sent(request))
    if not form.is_valid():
        raise BadEvent
    row = _battle(request, battle_id)
    heard = services.record_listening(battle=row, listener=_person(request), **form.cleaned_data)
    return JsonResponse(_heard(row, heard))


@require_POST
@login_required
def vote(request: HttpRequest, battle_id: UUID) -> HttpResponse:
    row = _battle(request, battle_id)
    choice = _sent(request).get("choice", "")
    services.cast_vote(battle=row, listener=_person(request), choice=str(choice))
    next_url = reverse("tournaments:battle", args=[row.pk])
    if request.accepts("text/html"):
        return redirect(next_url)
    return JsonResponse({"next": next_url})


@require_POST
@login_required
def undo(request: HttpRequest, tournament_id: UUID) -> HttpResponse:
    tournament = _own(request, tournament_id)
    row = services.undo_vote(tournament=tournament, listener=_person(request))
    messages.info(request, f"Your vote in battle {row.number} is taken back.")
    return redirect("tournaments:battle", row.pk)


@require_POST
@login_required
def finish(request: HttpRequest, tournament_id: UUID) -> HttpResponse:
    """End early: the votes so far decide."""
    services.close_tournament(tournament=_own(request, tournament_id), by=_person(request))
    return redirect("tournaments:result", tournament_id)


@require_POST
@login_required
def share(request: HttpRequest, tournament_id: UUID) -> HttpResponse:
    tournament = _own(request, tournament_id)
    if request.POST.get("share") == "off":
        services.unshare(tournament=tournament, by=_person(request))
        messages.info(request, "The link is gone. Nobody can open it any more.")
    else:
        services.share(tournament=tournament, by=_person(request))
    return redirect(reverse("tournaments:result", args=[tournament.pk]) + "#share")


@require_GET
@login_required
def result(request: HttpRequest, tournament_id: UUID) -> HttpResponse:
    tournament = _own(request, tournament_id)
    if tournament.is_open():
        return redirect("tournaments:detail", tournament.pk)
    outcome = selectors.result(tournament)
    champion = outcome.champion
    context = _result_context(tournament, outcome)
    context |= {
        "story": _lines(outcome.story, "You", with_links=True),
        "share_url": _public_url(request, tournament),
        "can_undo": selectors.undoable_vote(tournament) is not None,
        "exports": Export.Kind.choices,
    }
    if champion is not None and champion.full.is_ready():
        context["audio_url"] = reverse("mix-audio", args=[champion.full.pk])
    return render(request, "tournaments/result.html", context)


@require_GET
def public(request: HttpRequest, token: str) -> HttpResponse:
    """A shared result, read-only, for anybody with the link."""
    try:
        shared = selectors.public_result(token)
    except Tournament.DoesNotExist:
        raise Http404 from None
    context = _result_context(shared.tournament, shared)
    context |= {
        "public": True,
        "owner_name": shared.listener,
        "story": _lines(shared.story, shared.listener),
    }
    if shared.champion is not None and shared.champion.full.is_ready():
        context["audio_url"] = reverse("tournaments:public-audio", args=[token])
    return render(request, "tournaments/public.html", context)


@require_GET
def public_audio(request: HttpRequest, token: str) -> HttpResponseBase:
    """The champion mix of a shared result."""
    try:
        champion = selectors.shared_champion(token)
    except Tournament.DoesNotExist:
        raise Http404 from None
    if champion is None or not champion.full.is_ready():
        raise Http404
    path = media_path(champion.full.audio_file)
    return range_response(request, path, content_type="audio/flac", cache="private, max-age=3600")


def _listener(request: HttpRequest) -> User:
    """Who listens; a guest is made for whoever is nobody yet."""
    return request.user if isinstance(request.user, User) else start_guest(request)


def _person(request: HttpRequest) -> User:
    """Who is logged in (a guest is): only for views that require it."""
    assert isinstance(request.user, User)
    return request.user


def _own(request: HttpRequest, tournament_id: UUID) -> Tournament:
    return get_object_or_404(selectors.tournaments_of(_person(request)), pk=tournament_id)


def _battle(request: HttpRequest, battle_id: UUID) -> Battle:
    return get_object_or_404(selectors.battles_of(_person(request)), pk=battle_id)


def _go(request: HttpRequest, url: str) -> HttpResponse:
    """Lead there, also when htmx asked for a part of the page."""
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": url})
    return redirect(url)


def _sent(request: HttpRequest) -> dict[str, Any]:
    """A form's fields or a JSON object's."""
    if request.content_type != "application/json":
        return request.POST.dict()
    try:
        data = json.loads(request.body)
    except ValueError:
        raise BadEvent from None
    if not isinstance(data, dict):
        raise BadEvent
    return data


def _heard(row: Battle, heard: Listening) -> dict[str, Any]:
    need_s = floor_s(row.duration_s)
    heard_s = {"a": heard.heard_a_ms / 1000, "b": heard.heard_b_ms / 1000}
    return {
        "heard_a_s": heard_s["a"],
        "heard_b_s": heard_s["b"],
        "need_s": need_s,
        "can_vote": row.is_open() and min(heard_s.values()) >= need_s,
    }


def _steps(number: int, budget: int) -> list[str]:
    return ["done"] * (number - 1) + ["now"] + ["ahead"] * (budget - number)


def _consoles(song: Song, settings: Iterable[dict[str, Any]]) -> ConsoleDrawing | None:
    """The settings drawn over the song's stems; None if a mix has none (rendered long ago)."""
    consoles = [Settings.from_json(values) for values in settings if values]
    stems = [(stem.name, stem.get_role_display()) for stem in song.stems.all() if stem.is_ready()]
    return draw_consoles(consoles, stems) if consoles else None


def _result_context(tournament: Tournament, outcome: Result) -> dict[str, Any]:
    rows, zero = drawing.standing_bars(outcome.standings)
    champion, story = outcome.champion, outcome.story
    settings = [champion.full.settings or {}] if champion else []
    return {
        "tournament": tournament,
        "song": tournament.song,
        "champion": champion,
        "confidence_text": drawing.confidence(champion, len(story)) if champion else "",
        "rows": rows,
        "zero": zero,
        "votes_counted": len(story),
        "console": _consoles(tournament.song, settings),
    }


def _lines(
    story: list[BattleStory], name: str, *, with_links: bool = False
) -> list[dict[str, Any]]:
    return [
        {
            "number": battle.number,
            "text": drawing.story_text(battle, name),
            "url": reverse("tournaments:battle", args=[battle.battle_id]) if with_links else "",
        }
        for battle in story
    ]


def _public_url(request: HttpRequest, tournament: Tournament) -> str:
    if tournament.share_token is None:
        return ""
    return request.build_absolute_uri(reverse("tournaments:public", args=[tournament.share_token]))
