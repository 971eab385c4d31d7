"""What a listener's taste would change of a mix, and a preview of it to hear."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.refusals import Refusal
from evolution import selectors, services
from evolution.recommending import Advice, Suggestion
from mixing import access
from mixing.models import Mix


@require_GET
@login_required
def advice(request: HttpRequest, mix_id: UUID) -> HttpResponse:
    """The mix, what would be changed, and earlier previews of such changes."""
    mix = _mix(request, mix_id)
    told: dict[str, object] = {"mix": mix, "song": mix.song}
    try:
        found = selectors.advice_for(mix, _person(request))
        told |= {"advice": found, "rows": _rows(mix, found)}
    except Refusal as refusal:
        told["refusal"] = refusal
    return render(request, "evolution/advice.html", told)


@require_POST
@login_required
def hear(request: HttpRequest, mix_id: UUID) -> HttpResponse:
    """Make a preview with one of the suggestions, or with all of them."""
    mix, person = _mix(request, mix_id), _person(request)
    try:
        found = selectors.advice_for(mix, person)
        chosen = [s for s in found.suggestions if s.parameter == request.POST.get("parameter")]
        chosen = [s for s in chosen if s.role == request.POST.get("role", "")]
        services.preview_of(mix, person, chosen[0].changes if chosen else found.changes)
        messages.success(request, "The preview is being made. It takes a few seconds.")
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect("evolution:advice", mix.pk)


def _rows(mix: Mix, found: Advice) -> list[tuple[str, Suggestion | None, Mix | None]]:
    """What can be heard: all changes together, then each alone, and its preview if it is made."""
    made = selectors.previews_by_changes(mix)
    rows: list[tuple[str, Suggestion | None, Mix | None]] = []
    if len(found.suggestions) > 1:
        rows.append(("All of it", None, made(found.changes)))
    return rows + [(one.text, one, made(one.changes)) for one in found.suggestions]


def _mix(request: HttpRequest, mix_id: UUID) -> Mix:
    mix = get_object_or_404(access.mixes(request.user), pk=mix_id)
    access.check_audible(mix, request.user)
    return mix


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
