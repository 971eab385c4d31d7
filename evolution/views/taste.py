""" "My taste": what was learnt of a listener, their mixer, and their say in both."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from evolution import importing, selectors, services
from evolution.drawing import draw_taste
from evolution.forms import MixerFileForm
from tournaments.services import try_demo


@require_GET
@login_required
def taste(request: HttpRequest) -> HttpResponse:
    return _page(request, MixerFileForm())


@require_POST
@login_required
def teach(request: HttpRequest) -> HttpResponse:
    """Battles chosen to teach most: a tournament of one's own on a demo song."""
    return redirect("tournaments:detail", try_demo(user=_person(request)).pk)


@require_POST
@login_required
def pause(request: HttpRequest) -> HttpResponse:
    if "resume" in request.POST:
        services.resume_taste(listener=_person(request))
        messages.success(request, "Learning goes on.")
    else:
        services.pause_taste(listener=_person(request))
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
    services.reset_taste(listener=_person(request))
    messages.success(request, "Your taste starts anew, from the crowd's.")
    return redirect("evolution:taste")


@require_POST
@login_required
def delete(request: HttpRequest) -> HttpResponse:
    services.delete_taste(listener=_person(request))
    messages.success(request, "What was learnt about you is gone, and nothing more is learnt.")
    return redirect("evolution:taste")


@require_GET
@login_required
def export(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        services.export_taste(_person(request)),
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
    if not form.is_valid():
        return _page(request, form, status=400)
    mixer = importing.import_upload(
        chunks=form.cleaned_data["file"].chunks(),
        name=form.cleaned_data["name"],
        by=_person(request),
    )
    messages.success(
        request,
        f"{mixer.name} mixes the demo songs unheard first. If it does no harm, it is yours.",
    )
    return redirect("evolution:taste")


def _page(request: HttpRequest, form: MixerFileForm, status: int = 200) -> HttpResponse:
    found = selectors.my_taste(_person(request))
    told = {
        "taste": found,
        "drawn": draw_taste(found.claims),
        "sure": draw_taste(found.sure_claims),
        "form": form,
        "imported": importing.imported_by(_person(request)),
    }
    return render(request, "evolution/taste.html", told, status=status)


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
