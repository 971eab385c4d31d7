"""From a request to start a tournament to the rows it names."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework.request import Request

from mixing import access
from mixing import selectors as mixing_selectors
from tournaments.models import Recording
from tournaments.refusals import BadTournament
from tournaments.services import HumanMix, Plan


def plan_of(wanted: dict[str, Any]) -> Plan:
    """What the request says of how it runs."""
    names = Plan.__dataclass_fields__
    return Plan(**{name: value for name, value in wanted.items() if name in names})


def competitors(request: Request, wanted: dict[str, Any]) -> dict[str, Any]:
    """Songs, mixers and people's mixes that the request names and this person may use.

    Raises Http404 for what does not exist for them, BadTournament for no song at all.
    """
    named = ([wanted["song"]] if "song" in wanted else []) + wanted.get("songs", [])
    if not named:
        raise BadTournament("Name the song, or the songs.")
    songs = [get_object_or_404(access.songs(request.user), pk=pk) for pk in named]
    found: dict[str, Any] = {"songs": songs}
    if "mixers" in wanted:
        known = mixing_selectors.listed_mixers(request.user).in_bulk(wanted["mixers"])
        if len(known) < len(set(wanted["mixers"])):
            raise Http404
        found["mixers"] = list(known.values())
    if "human_mixes" in wanted:
        found["human_mixes"] = [_human_mix(request, mix) for mix in wanted["human_mixes"]]
    return found


def _human_mix(request: Request, wanted: dict[str, Any]) -> HumanMix:
    own = Recording.objects.filter(owner=request.user.pk, kind=Recording.Kind.HUMAN)
    recordings = tuple(get_object_or_404(own, pk=pk) for pk in wanted["recordings"])
    return HumanMix(wanted["label"], recordings)
