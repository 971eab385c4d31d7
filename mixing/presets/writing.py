"""Words to write the built-in presets in: equaliser bands, compressors, sends, moves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mixing.presets.content import Content

Moves = dict[str, Any]
Band = tuple[float, float] | tuple[float, float, float]
"""Frequency in Hz, gain in dB, and the Q of a peak."""


@dataclass(frozen=True)
class BuiltInPreset:
    """A preset that comes with the product; ``slug`` is its lasting name."""

    slug: str
    name: str
    genre: str
    """The music it is for; empty for any."""
    intention: str
    """What it is after: one of the headings under which presets are listed."""
    description: str
    strips: Mapping[str, Moves] = field(default_factory=dict)
    reverb: Moves = field(default_factory=dict)
    delay: Moves = field(default_factory=dict)
    master: Moves = field(default_factory=dict)

    @property
    def content(self) -> Content:
        buses = {"reverb": self.reverb, "delay": self.delay, "master": self.master}
        whole: Content = {"strips": {role: dict(moves) for role, moves in self.strips.items()}}
        return whole | {name: dict(moves) for name, moves in buses.items() if moves}


def up(decibels: float) -> Moves:
    """Turn the fader up (or down) by so much."""
    return {"fader_db": {"by": decibels}}


def cut(hz: float) -> Moves:
    """Take away what is below."""
    return {"highpass_hz": hz}


def eq(**bands: Band) -> Moves:
    """Bands by name: ``low_shelf``, ``peak1``, ``peak2``, ``peak3``, ``high_shelf``."""
    moves: Moves = {}
    for name, (hz, gain_db, *q) in bands.items():
        moves |= {f"{name}_hz": hz, f"{name}_gain_db": gain_db}
        moves |= {f"{name}_q": width for width in q}
    return moves


def squeeze(
    threshold_db: float, ratio: float, attack_ms: float, release_ms: float, makeup_db: float = 0.0
) -> Moves:
    """A compressor."""
    return {
        "comp_threshold_db": threshold_db,
        "comp_ratio": ratio,
        "comp_attack_ms": attack_ms,
        "comp_release_ms": release_ms,
        "comp_makeup_db": makeup_db,
    }


def room(send_db: float) -> Moves:
    """How much goes to the reverb."""
    return {"reverb_send_db": send_db}


def echo(send_db: float) -> Moves:
    """How much goes to the delay."""
    return {"delay_send_db": send_db}


def wide(width: float) -> Moves:
    return {"width": width}


def space(
    decay_s: float, damping_hz: float = 6000.0, predelay_ms: float = 20.0, return_db: float = 0.0
) -> Moves:
    """The reverb bus."""
    return {
        "decay_s": decay_s,
        "damping_hz": damping_hz,
        "predelay_ms": predelay_ms,
        "return_db": return_db,
    }


def repeats(
    time_ms: float, feedback: float, damping_hz: float = 4000.0, return_db: float = 0.0
) -> Moves:
    """The delay bus."""
    return {
        "time_ms": time_ms,
        "feedback": feedback,
        "damping_hz": damping_hz,
        "return_db": return_db,
    }


def loud(target_lufs: float) -> Moves:
    return {"target_lufs": target_lufs}
