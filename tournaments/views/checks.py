"""The sound check: what a listener's device lets through. The answer stays in their session."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from tournaments.forms import SoundCheckForm
from tournaments.refusals import BadSoundCheck
from tournaments.views.requests import sent

_SESSION_KEY = "device"
_TEXTS = {
    "headphones": "This device passed with headphones.",
    "speakers": "This device was checked with speakers.",
}


@require_http_methods(["GET", "POST"])
def sound_check(request: HttpRequest) -> HttpResponse:
    """The tests; a POST keeps their verdict for the votes to come."""
    if request.method == "POST":
        return _keep(request)
    device = device_of(request)
    context = {"device_text": _TEXTS.get(device, ""), "next_url": _next_url(request)}
    return render(request, "tournaments/sound_check.html", context)


def device_of(request: HttpRequest) -> str:
    """ "headphones" or "speakers" if this browser did the check, else empty."""
    return str(request.session.get(_SESSION_KEY, ""))


def _keep(request: HttpRequest) -> HttpResponse:
    form = SoundCheckForm(sent(request))
    if not form.is_valid():
        raise BadSoundCheck
    device = form.cleaned_data["pitch"]
    request.session[_SESSION_KEY] = device
    faults = [form.cleaned_data[test] for test in ("sides", "middle")]
    if any(fault != "good" for fault in faults):
        message = "Noted. Your channels still need a look: see above. You can vote all the same."
    else:
        message = f"All good. {_TEXTS[device]} Votes from it say so."
    return JsonResponse({"device": device, "message": message})


def _next_url(request: HttpRequest) -> str:
    """Where people came from, if that is here."""
    asked = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()})
    return asked if safe else reverse("tournaments:list")
