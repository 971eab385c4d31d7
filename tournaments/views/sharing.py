"""Taking a result elsewhere: a link, the picture that goes with it, and a widget."""

import hashlib
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_POST, require_safe

from tournaments import drawing, selectors, services
from tournaments.drawing.social import SocialCard, draw_card
from tournaments.exporting import export_votes
from tournaments.models import Tournament
from tournaments.refusals import NotFinished
from tournaments.selectors import PublicResult
from tournaments.views.requests import joined_tournament, own_tournament, person_of

MOST_ROWS: Final = 8
_PICTURE_KEPT_S: Final = 86_400
# No scripts at all, and any page may frame it: this answer shows a public result and does nothing.
_EMBED_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors *"
)


@require_POST
@login_required
def share(request: HttpRequest, tournament_id: UUID) -> HttpResponse:
    tournament = own_tournament(request, tournament_id)
    if request.POST.get("share") == "off":
        services.unshare(tournament=tournament, by=person_of(request))
        messages.info(request, "The link is gone. Nobody can open it any more.")
    else:
        services.share(tournament=tournament, by=person_of(request))
    return redirect(reverse("tournaments:result", args=[tournament.pk]) + "#share")


@require_safe
def export(request: HttpRequest, tournament_id: UUID, kind: str) -> HttpResponse:
    """The votes as a file: for the owner at any time, for others once it is over."""
    tournament = joined_tournament(request, tournament_id)
    if tournament.is_open() and tournament.owner_id != getattr(request.user, "pk", None):
        raise NotFinished
    exported = export_votes(tournament, kind)
    disposition = content_disposition_header(True, exported.file_name)
    return HttpResponse(
        exported.body,
        content_type=exported.content_type,
        headers={"Content-Disposition": disposition or "attachment"},
    )


@require_safe
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """The picture that goes with a link to the result (1200 by 630, PNG)."""
    card = _card(_shared(token))
    key = "social:" + hashlib.sha256(repr(card).encode()).hexdigest()
    picture = cache.get_or_set(key, lambda: draw_card(card), _PICTURE_KEPT_S)
    return HttpResponse(
        picture, content_type="image/png", headers={"Cache-Control": "public, max-age=3600"}
    )


@require_safe
@xframe_options_exempt
def embed(request: HttpRequest, token: str) -> HttpResponse:
    """A read-only card of the result for other people's pages."""
    shared = _shared(token)
    rows, zero = drawing.standing_rows(shared.standings[:MOST_ROWS])
    card = _card(shared)
    theme = request.GET.get("theme", "")
    context = {
        "title": shared.title,
        "artist": shared.artist,
        "headline": card.headline,
        "sentence": card.sentence,
        "rows": rows,
        "zero": zero,
        "theme": theme if theme in ("light", "dark") else "",
        "public_url": request.build_absolute_uri(reverse("tournaments:public", args=[token])),
    }
    response = render(request, "tournaments/embed.html", context)
    response.headers["Content-Security-Policy"] = _EMBED_POLICY
    return response


def _shared(token: str) -> PublicResult:
    try:
        return selectors.public_result(token)
    except Tournament.DoesNotExist:
        raise Http404 from None


def _card(shared: PublicResult) -> SocialCard:
    champion = shared.champion
    song = f"{shared.title} · {shared.artist}" if shared.artist else shared.title
    if champion is None:
        return SocialCard(song, "No champion", "No vote counted in this tournament.", ())
    chance = drawing.percent(champion.standing.p_best)
    votes = f"{shared.votes} blind vote{'' if shared.votes == 1 else 's'}"
    return SocialCard(
        song=song,
        headline=f"{champion.entry.name} is the champion",
        sentence=f"Best of {len(shared.standings)} with {chance} probability after {votes}.",
        rows=tuple((row.entry.name, row) for row in shared.standings[:MOST_ROWS]),
    )
