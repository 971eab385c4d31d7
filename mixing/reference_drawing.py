"""A reference match drawn: the mix before, the reference, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mixing.audio.parameters import MASTER, Parameter, Settings
from mixing.measurement_drawing import spectrum_path
from mixing.models import ReferenceMatch

_BANDS: Final = {
    "low_shelf": "Low shelf",
    "peak1": "Low mid",
    "peak2": "Mid",
    "peak3": "High mid",
    "high_shelf": "High shelf",
}
_KNOBS: Final = ("comp_threshold_db", "comp_ratio", "target_lufs")
_HEARD: Final = 0.05


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
    """A band or a knob of the master that the match moved, in words."""

    label: str
    before: str
    after: str


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
    named = (("Loudness", "LUFS", loudness), ("Dynamics", "LU", dynamics))
    return tuple(
        Row(name, unit, before, reference, after)
        for name, unit, (before, reference, after) in named
        if before is not None and reference is not None
    )


def _figure(sound: Mapping[str, Any], name: str) -> float | None:
    value = sound.get(name)
    return None if value is None else float(value)


def _moves(match: ReferenceMatch) -> tuple[Move, ...]:
    """Bands and knobs that moved by what can be heard."""
    before = Settings.from_json(match.mix.settings).master
    after = {**before, **match.matched.overrides.get("master", {})}
    bands = (
        Move(label, _band(before, name), _band(after, name))
        for name, label in _BANDS.items()
        if _moved(before, after, f"{name}_gain_db") or _moved(before, after, f"{name}_hz")
    )
    knobs = (
        Move(knob.label, _knob(before, knob), _knob(after, knob))
        for knob in MASTER
        if knob.name in _KNOBS and _moved(before, after, knob.name)
    )
    return (*(move for move in bands if move.before != move.after), *knobs)


def _moved(before: Mapping[str, float], after: Mapping[str, float], name: str) -> bool:
    return abs(after[name] - before[name]) >= _HEARD


def _band(values: Mapping[str, float], name: str) -> str:
    gain_db = values[f"{name}_gain_db"]
    if abs(gain_db) < _HEARD:
        return "flat"
    return _true(f"{gain_db:+.1f} dB at {values[f'{name}_hz']:.0f} Hz")


def _knob(values: Mapping[str, float], knob: Parameter) -> str:
    return _true(f"{values[knob.name]:.1f} {knob.unit}".replace(" :1", ":1"))


def _true(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")
