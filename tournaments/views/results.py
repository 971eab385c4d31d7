"""What a tournament came to: for those who were in it, and for anybody with the link."""

from typing import Any, Final
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_safe

from mixing import downloads
from mixing.models import Mix
from mixing.storage import media_path
from mixing.streaming import range_response
from tournaments import drawing, selectors, watching
from tournaments.drawing.outlook import two_winners
from tournaments.models import Tournament
from tournaments.selectors import BattleStory, Champion, Result
from tournaments.views.battles import consoles
from tournaments.views.requests import own_tournament

CROWD: Final = "A listener"


@require_GET
@login_required
def result(request: HttpRequest, tournament_id: UUID) -> HttpResponse:
    tournament = own_tournament(request, tournament_id)
    if tournament.is_open():
        return redirect("tournaments:detail", tournament.pk)
    outcome = selectors.result(tournament)
    champion = outcome.champion
    context = _result_context(tournament, outcome)
    personal = tournament.is_personal()
    context |= {
        "story": _lines(outcome.story, "You" if personal else CROWD, with_links=personal),
        "share_url": _public_url(request, tournament),
        "embed_code": _embed_code(request, tournament),
        "can_undo": selectors.undoable_vote(tournament) is not None,
    }
    full = champion.full if champion is not None else None
    if isinstance(full, Mix) and full.is_ready():
        context["audio_url"] = reverse("mix-audio", args=[full.pk])
        context["exports"] = downloads.kinds_for(full.song, request.user)
    return render(request, "tournaments/result.html", context)


@require_safe
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
        "story": _lines(
            shared.story, shared.listener if shared.tournament.is_personal() else CROWD
        ),
        "links": {
            name: request.build_absolute_uri(reverse(f"tournaments:{name}", args=[token]))
            for name in ("public", "preview")
        },
    }
    if shared.champion is not None and shared.champion.audio_file:
        context["audio_url"] = reverse("tournaments:public-audio", args=[token])
    return render(request, "tournaments/public.html", context)


@require_safe
def public_audio(request: HttpRequest, token: str) -> HttpResponseBase:
    """The champion mix of a shared result."""
    try:
        champion = selectors.shared_champion(token)
    except Tournament.DoesNotExist:
        raise Http404 from None
    if champion is None or not champion.audio_file:
        raise Http404
    path = media_path(champion.audio_file)
    return range_response(request, path, content_type="audio/flac", cache="private, max-age=3600")


def _result_context(tournament: Tournament, outcome: Result) -> dict[str, Any]:
    rows, zero = drawing.standing_rows(outcome.standings)
    champion = outcome.champion
    votes = sum(row.battles for row in outcome.standings) // 2
    full = champion.full if champion else None
    settings = [full.settings or {}] if isinstance(full, Mix) else []
    return {
        "tournament": tournament,
        "song": tournament.song,
        "champion": champion,
        "confidence_text": drawing.confidence(champion, votes) if champion else "",
        "rows": rows,
        "zero": zero,
        "votes_counted": votes,
        "personal": tournament.is_personal(),
        "verdict": _verdict(tournament, champion),
        "console": consoles(tournament.song, settings),
    }


def _verdict(tournament: Tournament, champion: Champion | None) -> str:
    """What the bracket says beside what all votes say; empty where there is no bracket."""
    winner = watching.bracket_winner(tournament)
    if not winner:
        return ""
    best = (champion.entry.name, champion.standing.p_best) if champion else (None, None)
    return two_winners(winner, *best, knockout=tournament.format in watching.KNOCKOUT)


def _lines(
    story: list[BattleStory], name: str, *, with_links: bool = False
) -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "text": drawing.story_text(battle, name),
            "url": reverse("tournaments:battle", args=[battle.battle_id]) if with_links else "",
        }
        for number, battle in enumerate(story, start=1)
    ]


def _embed_code(request: HttpRequest, tournament: Tournament) -> str:
    """What somebody pastes into their own page."""
    if tournament.share_token is None:
        return ""
    address = reverse("tournaments:embed", args=[tournament.share_token])
    url = request.build_absolute_uri(address)
    return (
        f'<iframe src="{url}" title="Result on Mixarena" width="480" height="320" '
        'loading="lazy" sandbox="allow-popups"></iframe>'
    )


def _public_url(request: HttpRequest, tournament: Tournament) -> str:
    if tournament.share_token is None:
        return ""
    return request.build_absolute_uri(reverse("tournaments:public", args=[tournament.share_token]))
