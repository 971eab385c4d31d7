"""Admins decide about community mixers: evidence, sound, a written reason, and who was first."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import user_passes_test
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.refusals import Refusal
from evolution import importing, selectors, services
from evolution.forms import MixerFileForm, RuleForm
from evolution.slots import CHAMPION
from mixing.models import Mixer

staff_only = user_passes_test(lambda user: user.is_active and user.is_staff)


@require_GET
@staff_only
def queue(request: HttpRequest) -> HttpResponse:
    return _page(request, MixerFileForm())


@require_POST
@staff_only
def decide(request: HttpRequest, mixer_id: UUID) -> HttpResponse:
    """Promote, reject, quarantine or retire: the button says which."""
    mixer = get_object_or_404(Mixer, pk=mixer_id, owner=None)
    by, reason = _person(request), request.POST.get("reason", "")
    slot = request.POST.get("slot", CHAMPION)
    try:
        match request.POST.get("decision"):
            case "promote":
                services.promote_mixer(
                    mixer=mixer, slot=slot, by=by, reason=reason, expected=_expected(request)
                )
                messages.success(request, f"{mixer.name} was promoted.")
            case "quarantine":
                services.quarantine_mixer(mixer=mixer, by=by, reason=reason)
                messages.success(request, f"{mixer.name} is in quarantine.")
            case "retire":
                services.retire_mixer(mixer=mixer, by=by, reason=reason)
                messages.success(request, f"{mixer.name} was retired.")
            case _:
                services.reject_mixer(mixer=mixer, by=by, reason=reason)
                messages.success(request, f"{mixer.name} was rejected.")
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect(_queue_url(slot))


@require_POST
@staff_only
def roll_back(request: HttpRequest) -> HttpResponse:
    slot = request.POST.get("slot", CHAMPION)
    try:
        services.roll_back_slot(
            slot=slot,
            by=_person(request),
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
    ordered = services.audition(mixer=mixer, by=_person(request))
    messages.success(request, f"{len(ordered)} listening copies are being made.")
    return redirect("evolution:review")


@require_POST
@staff_only
def set_rule(request: HttpRequest) -> HttpResponse:
    form = RuleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "A rule needs a slot, a probability, votes and a reason.")
        return redirect("evolution:review")
    try:
        services.set_rule(by=_person(request), **form.cleaned_data)
        messages.success(request, "The rule is set.")
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect(_queue_url(form.cleaned_data["slot"]))


@require_POST
@staff_only
def bring_mixer(request: HttpRequest) -> HttpResponse:
    """A mixer from a file, as a candidate for everybody."""
    form = MixerFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=400)
    mixer = importing.import_upload(
        chunks=form.cleaned_data["file"].chunks(),
        name=form.cleaned_data["name"],
        by=_person(request),
        for_community=True,
    )
    messages.success(request, f"{mixer.name} has to pass the gate before it is a candidate.")
    return redirect("evolution:review")


@require_POST
@staff_only
def rerun(request: HttpRequest, generation_id: UUID) -> HttpResponse:
    """Breed a generation again from its seed and compare to the bit."""
    row = get_object_or_404(selectors.generations(request.user), pk=generation_id)
    found = services.rerun_generation(generation=row)
    if found.identical:
        messages.success(request, f"The same {len(found.again)} mixers, to the bit.")
    else:
        messages.error(
            request, "Other mixers than the stored ones: the numbers do not repeat here."
        )
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
        "decisions": selectors.decisions(),
        "worth": selectors.worth(),
        "form": form,
        "imported": importing.waiting_for_everybody(),
    }
    return render(request, "evolution/review.html", told, status=status)


def _queue_url(slot: str) -> str:
    return f"{reverse('evolution:review')}?{urlencode({'slot': slot})}"


def _expected(request: HttpRequest) -> UUID | None:
    """The incumbent that the admin saw when the page was made."""
    try:
        return UUID(request.POST.get("expected", ""))
    except ValueError:
        return None


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
