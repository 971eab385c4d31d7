"""What is played: notes, as the writers of parts hand them to the instruments."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mixing.synthesis.sound.constants import Signal, frames


@dataclass(frozen=True, slots=True)
class Note:
    """One event. ``pitch`` is MIDI (60 = middle C), ``velocity`` 0 to 1; ``text`` is a syllable for
    a singer, a piece of the kit for a drummer, an articulation or nothing for the others."""

    start_s: float
    duration_s: float
    pitch: float
    velocity: float
    text: str = ""


Instrument = Callable[[Sequence[Note], int, np.random.Generator], Signal]
"""``(notes, samples, rng) -> (1 or 2, samples)``: draws its timbre from ``rng``, then plays."""


def add_at(canvas: Signal, start_s: float, sound: Signal, level: float = 1.0) -> None:
    """Add ``sound`` ``(..., n)`` to ``canvas`` ``(..., samples)`` from a moment on, cut to fit."""
    start = max(0, frames(start_s))
    count = min(sound.shape[-1], canvas.shape[-1] - start)
    if count > 0:
        canvas[..., start : start + count] += np.float32(level) * sound[..., :count]
