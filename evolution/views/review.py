"""Admins decide about community mixers: evidence, sound, a written reason, and who was first."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.refusals import Refusal
from evolution import importing, reviewing, selectors, services
from evolution.forms import MixerFileForm, RuleForm
from evolution.slots import CHAMPION
from evolution.views.people import person_of, staff_only
from mixing.models import Mixer

DISMISSALS = {
    "reject": (services.reject_mixer, "was rejected"),
    "quarantine": (services.quarantine_mixer, "is in quarantine"),
    "retire": (services.retire_mixer, "was retired"),
}


@require_GET
@staff_only
def queue(request: HttpRequest) -> HttpResponse:
    return _page(request, MixerFileForm())


@require_POST
@staff_only
def decide(request: HttpRequest, mixer_id: UUID) -> HttpResponse:
    """Promote, reject, quarantine or retire: the button says which."""
    mixer = get_object_or_404(Mixer, pk=mixer_id, owner=None)
    by, reason = person_of(request), request.POST.get("reason", "")
    slot, decision = _slot(request), request.POST.get("decision", "")
    if decision != "promote" and decision not in DISMISSALS:
        return HttpResponseBadRequest("Unknown decision.")
    try:
        if decision == "promote":
            services.promote_mixer(
                mixer=mixer, slot=slot, by=by, reason=reason, expected=_expected(request)
            )
            told = "was promoted"
        else:
            dismiss, told = DISMISSALS[decision]
            dismiss(mixer=mixer, by=by, reason=reason)
        messages.success(request, f"{mixer.name} {told}.")
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect(_queue_url(slot))


@require_POST
@staff_only
def roll_back(request: HttpRequest) -> HttpResponse:
    slot = _slot(request)
    try:
        services.roll_back_slot(
            slot=slot,
            by=person_of(request),
            reason=request.POST.get("reason", ""),
            expected=_expected(request),
        )
        messages.success(request, "Rolled back to the mixer before.")
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect(_queue_url(slot))


@require_POST
@staff_only
def audition(request: HttpRequest, mixer_id: UUID) -> HttpResponse:
    """Order listening copies on the demo songs."""
    mixer = get_object_or_404(Mixer, pk=mixer_id, owner=None)
    try:
        ordered = services.audition(mixer=mixer, by=person_of(request))
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        if ordered:
            messages.success(request, "Listening copies are being made. It takes a few seconds.")
        else:
            messages.error(request, "There is no demo song to make listening copies of.")
    return redirect(_queue_url(_slot(request)))


@require_POST
@staff_only
def set_rule(request: HttpRequest) -> HttpResponse:
    form = RuleForm(request.POST)
    if not form.is_valid():
        messages.error(
            request,
            "A rule needs a probability from 0.8 to 0.999, at least 6 votes, and a reason.",
        )
        return redirect(_queue_url(_slot(request)))
    try:
        services.set_rule(by=person_of(request), **form.cleaned_data)
        messages.success(
            request, "The rule is set." if form.cleaned_data["enabled"] else "The rule is off."
        )
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect(_queue_url(form.cleaned_data["slot"]))


@require_POST
@staff_only
def bring_mixer(request: HttpRequest) -> HttpResponse:
    """A mixer from a file, as a candidate for everybody."""
    form = MixerFileForm(request.POST, request.FILES)
    mixer = form.bring(by=person_of(request), for_community=True)
    if mixer is None:
        return _page(request, form, status=400)
    messages.success(request, f"{mixer.name} has to pass the gate before it is a candidate.")
    return redirect("evolution:review")


@require_POST
@staff_only
def rerun(request: HttpRequest, generation_id: UUID) -> HttpResponse:
    """Breed a generation again from its seed and compare to the bit."""
    row = get_object_or_404(selectors.generations(request.user), pk=generation_id)
    try:
        found = services.rerun_generation(generation=row)
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        if found.identical:
            messages.success(request, f"The same {len(found.again)} mixers, to the bit.")
        else:
            messages.error(request, "Other mixers than before: the numbers do not repeat here.")
    return redirect("evolution:generation", row.pk)


def _page(request: HttpRequest, form: MixerFileForm, status: int = 200) -> HttpResponse:
    slot = request.GET.get("slot", CHAMPION)
    slots = selectors.community_slots()
    if slot not in {view.name for view in slots}:
        slot = CHAMPION
    told = {
        "slots": slots,
        "slot": next((view for view in slots if view.name == slot), None),
        "reviews": selectors.review_queue(slot),
        "listed": reviewing.on_the_list(),
        "decisions": selectors.decisions(),
        "worth": selectors.worth(),
        "form": form,
        "imported": importing.waiting_for_everybody(),
    }
    return render(request, "evolution/review.html", told, status=status)


def _slot(request: HttpRequest) -> str:
    return request.POST.get("slot", CHAMPION)


def _queue_url(slot: str) -> str:
    return f"{reverse('evolution:review')}?{urlencode({'slot': slot})}"


def _expected(request: HttpRequest) -> UUID | None:
    """The incumbent that the admin saw when the page was made."""
    try:
        return UUID(request.POST.get("expected", ""))
    except ValueError:
        return None
