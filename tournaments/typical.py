"""Which mixers a person may look at, and what each usually does: the middle of its console over
its latest mixes, role by role.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from django.db.models import Q, QuerySet

from accounts.models import User
from mixing.audio.parameters import SETTINGS_VERSION, Settings
from mixing.audio.roles import ROLE_LABELS
from mixing.jobs import JobState
from mixing.models import Mix, Mixer

LATEST: Final = 50
_BUSES: Final = ("reverb", "delay", "master")


@dataclass(frozen=True, slots=True)
class TypicalConsole:
    """One strip per role that was mixed, in the roles' usual order."""

    settings: Settings
    strips: tuple[tuple[str, str], ...]
    """Of each strip: the role, and over how many stems."""
    mixes: int


def mixers_known_to(viewer: object) -> QuerySet[Mixer]:
    """The community's mixers, also retired ones, and the viewer's own: others' taste is private.

    Candidates and quarantined ones are nobody's to see here.
    """
    mine = Q(owner=viewer) if isinstance(viewer, User) else Q(pk__in=())
    shown = (Mixer.Status.LISTED, Mixer.Status.RETIRED)
    return Mixer.objects.filter(Q(owner=None) | mine, status__in=shown)


def typical_console(mixer: Mixer) -> TypicalConsole | None:
    """Medians over the mixer's latest full mixes (two queries); None if it has none."""
    mixes = (
        Mix.objects.as_mixed()
        .filter(mixer=mixer, state=JobState.READY, section=Mix.Section.FULL)
        .exclude(settings=None)
        .select_related("song")
        .prefetch_related("song__stems")
        .order_by("-created_at")[:LATEST]
    )
    known = [mix for mix in mixes if (mix.settings or {}).get("version") == SETTINGS_VERSION]
    if not known:
        return None
    strips = _strips_by_role(known)
    chosen = [mix.settings or {} for mix in known]
    settings = {"version": SETTINGS_VERSION, "strips": [_medians(s) for s in strips.values()]}
    settings |= {bus: _medians(values.get(bus, {}) for values in chosen) for bus in _BUSES}
    return TypicalConsole(
        settings=Settings.from_json(settings),
        strips=tuple(
            (ROLE_LABELS[role], f"{len(found)} stem{'' if len(found) == 1 else 's'}")
            for role, found in strips.items()
        ),
        mixes=len(known),
    )


def _strips_by_role(mixes: Iterable[Mix]) -> dict[str, list[dict[str, float]]]:
    """Strips of ready stems; a mix of a song whose stems have changed since says nothing."""
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    for mix in mixes:
        ready = sorted(
            (stem for stem in mix.song.stems.all() if stem.is_ready()),
            key=lambda stem: stem.position,
        )
        strips: list[dict[str, float]] = (mix.settings or {}).get("strips", [])
        if len(ready) == len(strips):
            for stem, strip in zip(ready, strips, strict=True):
                found[stem.role].append(strip)
    return {role: found[role] for role in ROLE_LABELS if role in found}


def _medians(values: Iterable[dict[str, Any]]) -> dict[str, float]:
    columns: dict[str, list[float]] = defaultdict(list)
    for row in values:
        for name, value in row.items():
            columns[name].append(float(value))
    return {name: float(np.median(column)) for name, column in columns.items()}
