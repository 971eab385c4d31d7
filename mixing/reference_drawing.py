"""A reference match drawn: the mix before, the reference, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mixing.audio.parameters import MASTER, Settings
from mixing.measurement_drawing import spectrum_path
from mixing.models import ReferenceMatch


@dataclass(frozen=True)
class Row:
    """One figure before, of the reference, and after; None while the mix is being made."""

    name: str
    unit: str
    before: float
    reference: float
    after: float | None


@dataclass(frozen=True)
class Move:
    """A knob of the master that the match moved."""

    label: str
    unit: str
    before: float
    after: float


@dataclass(frozen=True)
class MatchDrawing:
    """Curves are SVG paths; ``after`` is predicted until the mix is measured."""

    before: str
    reference: str
    after: str
    is_measured: bool
    rows: tuple[Row, ...]
    moves: tuple[Move, ...]


def draw_match(match: ReferenceMatch) -> MatchDrawing:
    measured: Mapping[str, Any] = match.matched.measurements or {}
    after = measured.get("third_octaves_db")
    return MatchDrawing(
        before=spectrum_path(match.before["third_octaves_db"]),
        reference=spectrum_path(match.reference["third_octaves_db"]),
        after=spectrum_path(after or match.predicted_db),
        is_measured=after is not None,
        rows=_rows(match, measured),
        moves=_moves(match),
    )


def _rows(match: ReferenceMatch, measured: Mapping[str, Any]) -> tuple[Row, ...]:
    sounds = (match.before, match.reference, measured)
    loudness = [_figure(sound, "lufs") for sound in sounds]
    dynamics = [
        None if loud is None or most is None else most - loud
        for loud, most in zip(
            loudness, (_figure(sound, "momentary_max_lufs") for sound in sounds), strict=True
        )
    ]
    named = (("Loudness", "LUFS", loudness), ("Loudest 0.4 s over the whole", "LU", dynamics))
    return tuple(
        Row(name, unit, before, reference, after)
        for name, unit, (before, reference, after) in named
        if before is not None and reference is not None
    )


def _figure(sound: Mapping[str, Any], name: str) -> float | None:
    value = sound.get(name)
    return None if value is None else float(value)


def _moves(match: ReferenceMatch) -> tuple[Move, ...]:
    before = Settings.from_json(match.mix.settings).master
    after = match.matched.overrides.get("master", {})
    return tuple(
        Move(parameter.label, parameter.unit, before[parameter.name], after[parameter.name])
        for parameter in MASTER
        if parameter.name in after and after[parameter.name] != before[parameter.name]
    )
