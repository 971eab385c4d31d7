"""What is measured on: a multitrack of plucked notes, and console settings that work hard."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio import SAMPLE_RATE
from mixing.audio.parameters import Settings

Audio = NDArray[np.float32]

_PHRASE_S: Final = 8.0
_NOTE_S: Final = 0.25
_SCALE: Final = (0, 3, 5, 7, 10)
_PARTIALS: Final = 6


def multitrack(stems: int, seconds: float) -> list[Audio]:
    """As many stereo stems (2, samples), each repeating a phrase of its own; always the same."""
    return [_stem(np.random.default_rng(seed), seconds) for seed in range(stems)]


def busy_settings(stems: int) -> Settings:
    """Settings with every equaliser band, compressor and send in use, for each stem."""
    return Settings.from_json(
        {
            "version": 1,
            "strips": [_strip(i / max(stems - 1, 1)) for i in range(stems)],
            "master": {
                "low_shelf_gain_db": 1.0,
                "peak1_gain_db": -1.5,
                "peak2_gain_db": 0.5,
                "peak3_gain_db": 1.0,
                "high_shelf_gain_db": 2.0,
                "comp_ratio": 2.0,
            },
        }
    )


def _stem(rng: np.random.Generator, seconds: float) -> Audio:
    root_hz = 55.0 * 2.0 ** rng.uniform(0.0, 3.0)
    notes = [_pluck(rng, root_hz) for _ in range(round(_PHRASE_S / _NOTE_S))]
    samples = max(1, round(seconds * SAMPLE_RATE))
    repeats = -(-samples // sum(note.shape[1] for note in notes))
    return np.ascontiguousarray(np.tile(np.concatenate(notes, axis=1), repeats)[:, :samples])


def _pluck(rng: np.random.Generator, root_hz: float) -> Audio:
    """One decaying note (2, samples) with a burst of noise at its start."""
    time_s = np.arange(round(_NOTE_S * SAMPLE_RATE)) / SAMPLE_RATE
    hz = root_hz * 2.0 ** (rng.choice(_SCALE) / 12.0)
    tone = np.zeros((2, len(time_s)))
    for partial in range(1, _PARTIALS + 1):
        phases = rng.uniform(0.0, 2 * np.pi, (2, 1))
        tone += np.sin(2 * np.pi * hz * partial * time_s + phases) * np.exp(-8 * partial * time_s)
    burst = rng.normal(0.0, 0.3, tone.shape) * np.exp(-60 * time_s)
    return (0.1 * rng.uniform(0.3, 1.0) * (tone + burst)).astype(np.float32)


def _strip(place: float) -> dict[str, float]:
    """A strip for the stem at ``place`` 0..1 among the others."""
    return {
        "highpass_hz": 30.0 + 90.0 * place,
        "low_shelf_gain_db": 3.0 - 6.0 * place,
        "peak1_gain_db": -4.0,
        "peak2_gain_db": 2.0 - 4.0 * place,
        "peak3_gain_db": 3.0,
        "high_shelf_gain_db": -3.0 + 6.0 * place,
        "comp_threshold_db": -24.0,
        "comp_ratio": 3.0,
        "comp_makeup_db": 2.0,
        "pan": 1.2 * (place - 0.5),
        "reverb_send_db": -18.0 + 6.0 * place,
        "delay_send_db": -30.0 + 6.0 * place,
        "fader_db": -3.0,
    }
