""" "My taste": what was learnt of a listener, their mixer, and their say in both."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.refusals import Refusal
from evolution import importing, selectors, services
from evolution.drawing import draw_taste
from evolution.forms import MixerFileForm
from evolution.live import taste_topic
from evolution.views.people import person_of
from tournaments.services import try_demo


@require_GET
@login_required
def taste(request: HttpRequest) -> HttpResponse:
    return _page(request, MixerFileForm())


@require_POST
@login_required
def teach(request: HttpRequest) -> HttpResponse:
    """Battles chosen to teach most: a tournament of one's own on a demo song."""
    try:
        tournament = try_demo(user=person_of(request))
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("evolution:taste")
    return redirect("tournaments:detail", tournament.pk)


@require_POST
@login_required
def pause(request: HttpRequest) -> HttpResponse:
    if "resume" in request.POST:
        services.resume_taste(listener=person_of(request))
        messages.success(request, "Learning goes on.")
    else:
        services.pause_taste(listener=person_of(request))
        messages.success(request, "Paused. Your votes count as ever, and nothing is learnt.")
    return redirect("evolution:taste")


@require_GET
@login_required
def forget(request: HttpRequest) -> HttpResponse:
    """Asks before anything goes."""
    return render(request, "evolution/forget.html")


@require_POST
@login_required
def reset(request: HttpRequest) -> HttpResponse:
    services.reset_taste(listener=person_of(request))
    messages.success(request, "Your taste starts anew, from the crowd's.")
    return redirect("evolution:taste")


@require_POST
@login_required
def delete(request: HttpRequest) -> HttpResponse:
    services.delete_taste(listener=person_of(request))
    messages.success(request, "What was learnt about you is gone, and nothing more is learnt.")
    return redirect("evolution:taste")


@require_GET
@login_required
def export(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        services.export_taste(person_of(request)),
        headers={
            "Content-Type": "application/zip",
            "Content-Disposition": 'attachment; filename="my-taste.zip"',
            "Cache-Control": "no-store",
        },
    )


@require_POST
@login_required
def bring_mixer(request: HttpRequest) -> HttpResponse:
    """A mixer from a file, for oneself."""
    form = MixerFileForm(request.POST, request.FILES)
    mixer = form.bring(by=person_of(request))
    if mixer is None:
        return _page(request, form, status=400)
    messages.success(
        request,
        f"{mixer.name} mixes the demo songs unheard first. If it does no harm, it is yours.",
    )
    return redirect("evolution:taste")


def _page(request: HttpRequest, form: MixerFileForm, status: int = 200) -> HttpResponse:
    person = person_of(request)
    found = selectors.my_taste(person)
    told = {
        "taste": found,
        "topic": taste_topic(person.pk),
        "drawn": draw_taste(found.claims),
        "form": form,
        "imported": importing.imported_by(person),
    }
    return render(request, "evolution/taste.html", told, status=status)
