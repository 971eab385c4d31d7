"""Objective checks of a mixer on the mixes it made: whatever votes say, these must hold."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from mixing.jobs import JobState
from mixing.models import Mix, Mixer

QUIETEST_LUFS: Final = -30.0
LOUDEST_LUFS: Final = -8.0
HIGHEST_PEAK_DBTP: Final = -1.0
PEAK_TOLERANCE_DB: Final = 0.1
SLOWEST: Final = 2.0
"""Render time relative to the incumbent's on the same songs."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold; `found` and `limit` are for people."""

    name: str
    passed: bool
    found: str
    limit: str

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "passed": self.passed,
            "found": self.found,
            "limit": self.limit,
        }


def listening_copies(mixer: Mixer) -> list[Mix]:
    """The previews it made, as they came out of the console, newest first."""
    return copies_of([mixer])[mixer.pk]


def copies_of(mixers: Iterable[Mixer]) -> dict[UUID, list[Mix]]:
    """`listening_copies` of many mixers, by their ids, in one query."""
    copies: dict[UUID, list[Mix]] = {mixer.pk: [] for mixer in mixers}
    mixes = Mix.objects.as_mixed().filter(
        mixer__in=copies, section=Mix.Section.PREVIEW, state=JobState.READY
    )
    for mix in mixes.select_related("song").order_by("-finished_at"):
        copies[mix.mixer_id].append(mix)
    return copies


def checks(mixes: Sequence[Mix], beside: Iterable[Mix] = ()) -> list[Check]:
    """Loudness, peaks and speed over these mixes; `beside` are the incumbent's mixes.

    Speed is compared over the songs that both mixed, and left out where there are none.
    """
    if not mixes:
        return []
    found = [_loudness(mixes), _peaks(mixes)]
    speed = _speed(mixes, {mix.song_id: mix for mix in beside})
    return found if speed is None else [*found, speed]


def render_seconds(mix: Mix) -> float | None:
    """How long the console worked on it, loading left out."""
    stage = (mix.timings or {}).get("mixing")
    return float(stage) if isinstance(stage, int | float) else None


def _loudness(mixes: Sequence[Mix]) -> Check:
    levels = [mix.lufs for mix in mixes]
    finite = [level for level in levels if level is not None and math.isfinite(level)]
    passed = len(finite) == len(levels) and all(
        QUIETEST_LUFS <= level <= LOUDEST_LUFS for level in finite
    )
    found = f"{min(finite):.1f} to {max(finite):.1f} LUFS" if finite else "no sound"
    return Check("loudness", passed, found, f"{QUIETEST_LUFS:.0f} to {LOUDEST_LUFS:.0f} LUFS")


def _peaks(mixes: Sequence[Mix]) -> Check:
    peaks = [mix.true_peak_dbtp for mix in mixes]
    finite = [peak for peak in peaks if peak is not None and math.isfinite(peak)]
    limit = HIGHEST_PEAK_DBTP + PEAK_TOLERANCE_DB
    passed = len(finite) == len(peaks) and all(peak <= limit for peak in finite)
    found = f"{max(finite):.1f} dBTP" if finite else "no sound"
    return Check("peaks", passed, found, f"{HIGHEST_PEAK_DBTP:.0f} dBTP")


def _speed(mixes: Sequence[Mix], beside: dict[object, Mix]) -> Check | None:
    both = [(mix, beside[mix.song_id]) for mix in mixes if mix.song_id in beside]
    times = [(render_seconds(own), render_seconds(other)) for own, other in both]
    known = [(own, other) for own, other in times if own is not None and other]
    if not known:
        return None
    # Sums, not single ratios: a preview takes milliseconds, and a busy machine would decide.
    ratio = sum(own for own, _ in known) / sum(other for _, other in known)
    return Check("speed", ratio <= SLOWEST, f"{ratio:.1f} times", f"{SLOWEST:.0f} times")
