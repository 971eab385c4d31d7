"""What a listener's taste would change of a mix, and a preview of it to hear."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.refusals import Refusal
from evolution import selectors, services
from evolution.drawing import chance
from evolution.recommending import Advice, Change, Suggestion
from evolution.views.people import person_of
from mixing import access
from mixing.models import Mix


@dataclass(frozen=True, slots=True)
class Row:
    """Something to hear: all changes together, or one of them."""

    number: int
    """0 for all together; suggestions count from 1, best first."""
    text: str
    changes: Change
    suggestion: Suggestion | None
    preview: Mix | None
    """As soon as it was ordered."""

    @property
    def chance(self) -> str:
        """That the listener likes it better so."""
        return "" if self.suggestion is None else chance(self.suggestion.probability)

    @property
    def has_failed(self) -> bool:
        return (
            self.preview is not None and self.preview.is_finished() and not self.preview.is_ready()
        )

    @property
    def is_waiting(self) -> bool:
        return self.preview is not None and not self.preview.is_finished()


@require_GET
@login_required
def advice(request: HttpRequest, mix_id: UUID) -> HttpResponse:
    """The mix, what would be changed, and earlier previews of such changes."""
    mix = _mix(request, mix_id)
    told: dict[str, object] = {"mix": mix, "song": mix.song}
    try:
        found = selectors.advice_for(mix, person_of(request))
    except Refusal as refusal:
        told["refusal"] = refusal
    else:
        rows = _rows(mix, found)
        told |= {
            "chance": chance(found.probability),
            "rows": rows,
            "is_waiting": any(row.is_waiting for row in rows),
        }
    return render(request, "evolution/advice.html", told)


@require_POST
@login_required
def hear(request: HttpRequest, mix_id: UUID) -> HttpResponse:
    """Make a preview with one of the suggestions, or with all of them.

    Votes may have changed the suggestions since the page was made, so its words must still fit.
    """
    mix, person = _mix(request, mix_id), person_of(request)
    asked = (request.POST.get("number"), request.POST.get("text"))
    try:
        rows = _rows(mix, selectors.advice_for(mix, person))
        chosen = next((row for row in rows if (str(row.number), row.text) == asked), None)
        if chosen is None:
            messages.warning(request, "Your taste has moved on. These are its suggestions now.")
        else:
            services.preview_of(mix, person, chosen.changes)
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect("evolution:advice", mix.pk)


def _rows(mix: Mix, found: Advice) -> list[Row]:
    made = selectors.previews_by_changes(mix)
    rows = [
        Row(number, one.text, one.changes, one, made(one.changes))
        for number, one in enumerate(found.suggestions, 1)
    ]
    if len(rows) == 1:
        return rows
    return [Row(0, "All of it together", found.changes, None, made(found.changes)), *rows]


def _mix(request: HttpRequest, mix_id: UUID) -> Mix:
    mix = get_object_or_404(access.mixes(request.user), pk=mix_id)
    access.check_audible(mix, request.user)
    return mix
