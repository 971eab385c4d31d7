"""Battles: hear two sides, vote, see who they were."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from mixing.audio.parameters import Settings
from mixing.console_drawing import ConsoleDrawing, draw_consoles
from mixing.models import Song
from mixing.streaming import range_response
from tournaments import selectors, services
from tournaments.clips import clip_path
from tournaments.forms import ListeningForm
from tournaments.listening import floor_s
from tournaments.models import Battle, Listening, Vote
from tournaments.refusals import BadEvent
from tournaments.views.checks import device_of
from tournaments.views.requests import assigned_battle, joined_tournament, person_of, sent


@require_GET
@never_cache
@login_required
def battle(request: HttpRequest, battle_id: UUID) -> HttpResponse:
    """Blind before the vote, named after it."""
    row = assigned_battle(request, battle_id)
    if row.is_voided():
        return redirect("tournaments:detail", row.tournament_id)
    context = {
        "song": row.song,
        "tournament": row.tournament,
        "heading": row.tournament.title or row.song.title,
        "steps": _steps(selectors.place_in_session(row), row.tournament.battle_budget),
    }
    if row.is_open():
        context |= {
            "battle": selectors.blind_battle(row),
            "skip_reasons": Battle.SkipReason.choices,
            "device": device_of(request),
        }
        return render(request, "tournaments/battle.html", context)
    return render(request, "tournaments/reveal.html", context | _revealed(row))


@require_GET
@login_required
def clip(request: HttpRequest, battle_id: UUID, side: str) -> HttpResponseBase:
    """The audio of a side, addressed by battle and letter only."""
    if side not in ("a", "b"):
        raise Http404
    path = clip_path(assigned_battle(request, battle_id), side)
    return range_response(request, path, content_type="audio/wav", cache="no-store")


@require_POST
@login_required
def listening(request: HttpRequest, battle_id: UUID) -> HttpResponse:
    form = ListeningForm(sent(request))
    if not form.is_valid():
        raise BadEvent
    row = assigned_battle(request, battle_id)
    heard = services.record_listening(battle=row, listener=person_of(request), **form.cleaned_data)
    return JsonResponse(_heard(row, heard))


@require_POST
@login_required
def vote(request: HttpRequest, battle_id: UUID) -> HttpResponse:
    row = assigned_battle(request, battle_id)
    choice = sent(request).get("choice", "")
    services.cast_vote(
        battle=row,
        listener=person_of(request),
        choice=str(choice),
        device=device_of(request),
    )
    next_url = reverse("tournaments:battle", args=[row.pk])
    if request.accepts("text/html"):
        return redirect(next_url)
    return JsonResponse({"next": next_url})


@require_POST
@login_required
def chips(request: HttpRequest, battle_id: UUID) -> HttpResponse:
    """Why, in one tap. Scripts save each tap; without them the form has a button."""
    row = assigned_battle(request, battle_id)
    chosen = request.POST.getlist("chips")
    services.explain_vote(battle=row, listener=person_of(request), chips=chosen)
    if request.accepts("text/html"):
        return redirect("tournaments:battle", row.pk)
    return JsonResponse({"chips": chosen})


@require_POST
@login_required
def skip(request: HttpRequest, battle_id: UUID) -> HttpResponse:
    row = assigned_battle(request, battle_id)
    services.skip_battle(
        battle=row, listener=person_of(request), reason=request.POST.get("reason", "")
    )
    return redirect("tournaments:detail", row.tournament_id)


@require_POST
@login_required
def change(request: HttpRequest, battle_id: UUID) -> HttpResponse:
    """Another choice, until the round is over."""
    row = assigned_battle(request, battle_id)
    services.change_vote(
        battle=row, listener=person_of(request), choice=request.POST.get("choice", "")
    )
    messages.info(request, "Your vote is changed.")
    return redirect("tournaments:battle", row.pk)


@require_POST
@login_required
def undo(request: HttpRequest, tournament_id: UUID) -> HttpResponse:
    tournament = joined_tournament(request, tournament_id)
    row = services.undo_vote(tournament=tournament, listener=person_of(request))
    number = selectors.place_in_session(row)
    messages.info(request, f"Your vote in battle {number} is taken back.")
    return redirect("tournaments:battle", row.pk)


def _revealed(row: Battle) -> dict[str, Any]:
    """What the page shows after the vote."""
    reveal = selectors.reveal(row)
    return {
        "reveal": reveal,
        "console": consoles(row.song, [reveal.a.settings, reveal.b.settings]),
        "loudness": row.clip_lufs,
        "chips": [(value, label, value in reveal.chips) for value, label in Vote.Chip.choices],
        "undo_left_s": _undo_left_s(row, reveal.cast_at),
        "may_change": services.may_change(row.tournament, row),
        "session_over": not row.tournament.is_personal() and reveal.number >= reveal.of,
    }


def _undo_left_s(row: Battle, cast_at: datetime) -> float | None:
    """Seconds for which the vote can be taken back; None where nobody else waits for it."""
    if row.tournament.is_personal():
        return None
    return max(0.0, (cast_at + services.UNDO_FOR - timezone.now()).total_seconds())


def consoles(song: Song, settings: Iterable[dict[str, Any]]) -> ConsoleDrawing | None:
    """The settings drawn over the song's stems; None if a mix has none (rendered long ago)."""
    drawn = [Settings.from_json(values) for values in settings if values]
    stems = [(stem.name, stem.get_role_display()) for stem in song.stems.all() if stem.is_ready()]
    return draw_consoles(drawn, stems) if drawn else None


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
