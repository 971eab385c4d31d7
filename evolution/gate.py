"""The gate before anybody hears a mixer from elsewhere: it mixes three fixed songs unheard.

A mixer waits in quarantine. If its mixes are finite, neither silent nor too loud, keep below the
peak limit and take no more than twice the incumbent's time, it is released; else it stays, and the
decision says why. Nothing of these mixes is kept.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import numpy as np
from django.db import transaction

from evolution import safety, slots
from evolution.models import Promotion
from evolution.safety import Check
from evolution.slots import Decision
from mixing import listening, sessions
from mixing import selectors as mixing_selectors
from mixing.models import Mix, Mixer, Song
from mixing.multitrack import Multitrack, mix_preview
from mixing.networks.errors import ModelInvalid, ModelUnavailable

SONGS: Final = 3
RULE: Final = "gate"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate found; `reason` is empty for a mixer that passed."""

    checks: tuple[Check, ...]
    reason: str
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return not self.reason


def examine(mixer: Mixer) -> Verdict:
    """Let the mixer and the incumbent mix the fixed songs, and compare."""
    songs = fixed_songs()
    if not songs:
        return Verdict((), "There are no demo songs here to try it on.")
    incumbent = slots.incumbent()
    try:
        own, rivals = [], []
        for song in songs:
            multitrack = listening.multitrack_of(song, list(song.stems.ready()))
            # The incumbent first: whoever mixes first also pays for reading the stems.
            rivals.append(_mix(incumbent, song, multitrack))
            own.append(_mix(mixer, song, multitrack))
    except (FloatingPointError, ModelInvalid, ModelUnavailable, ValueError) as error:
        return Verdict((), f"It could not mix: {error}"[:300])
    checks = safety.checks(own, rivals)
    failed = [f"{c.name}: {c.found}, allowed {c.limit}" for c in checks if not c.passed]
    return Verdict(tuple(checks), "; ".join(failed), _figures(own))


def fixed_songs() -> list[Song]:
    """The demo songs that come with the product, in their order."""
    return list(mixing_selectors.demo_songs()[:SONGS])


def settle(mixer_id: UUID) -> Mixer | None:
    """Examine a mixer that waits and release it, or write down why not; None if none waits.

    May run twice: only a mixer that was not examined yet is.
    """
    mixer = _waiting(mixer_id)
    if mixer is None:
        return None
    verdict = examine(mixer)
    with transaction.atomic():
        row = _waiting(mixer_id, lock=True)
        if row is None:
            return None
        if verdict.passed:
            personal = row.owner_id is not None
            row.status = Mixer.Status.LISTED if personal else Mixer.Status.CANDIDATE
            row.metrics = {**row.metrics, **verdict.figures}
            row.save(update_fields=["metrics", "status"])
        else:
            checks = [check.as_json() for check in verdict.checks]
            decision = Decision(verdict.reason[:300], rule=RULE, evidence={"checks": checks})
            slots.record(Promotion.Kind.QUARANTINE, decision, left=row)
    return row


def was_refused(mixer_id: UUID) -> bool:
    """Whether somebody, or a rule, put the mixer into quarantine for a reason."""
    kind = Promotion.Kind.QUARANTINE
    return Promotion.objects.filter(from_mixer=mixer_id, kind=kind).exists()


def _waiting(mixer_id: UUID, *, lock: bool = False) -> Mixer | None:
    rows = Mixer.objects.filter(pk=mixer_id, status=Mixer.Status.QUARANTINED)
    if lock:
        rows = rows.select_for_update(of=("self",))
    return None if was_refused(mixer_id) else rows.first()


def _mix(mixer: Mixer, song: Song, multitrack: Multitrack) -> Mix:
    """The song's preview as a row that is never stored: what `safety` looks at."""
    heard = multitrack.hear(sessions.embedder(mixer))
    settings = sessions.head(mixer).settings(heard)
    began = time.perf_counter()
    rendered = mix_preview(multitrack, settings, loading=_unseen, mixing=_unseen)
    seconds = time.perf_counter() - began
    if not np.isfinite(rendered.audio).all():
        raise FloatingPointError("its mix holds numbers that are not finite.")
    figures = rendered.measurements.to_json()
    return Mix(
        song=song,
        mixer=mixer,
        lufs=figures["lufs"],
        true_peak_dbtp=figures["true_peak_dbtp"],
        timings={"mixing": seconds},
    )


def _unseen(share: float) -> None:
    """Nobody watches."""


def _figures(mixes: Sequence[Mix]) -> dict[str, float]:
    """What the gate measured, as numbers of the mixer's row."""
    return {
        "gate_lufs": float(np.mean([mix.lufs for mix in mixes if mix.lufs is not None])),
        "gate_true_peak_dbtp": max(m.true_peak_dbtp for m in mixes if m.true_peak_dbtp is not None),
    }
