"""The resonances of a mouth: a cascade of formants that moves with the vowels.

Source-filter synthesis after D. H. Klatt, "Software for a cascade/parallel formant synthesizer",
JASA 67(3), 1980 (equations 1 to 3). Vowel formants: G. E. Peterson and H. L. Barney, "Control
methods used in a study of the vowels", JASA 24(2), 1952, table II (men).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.compiled import compiled
from mixing.synthesis.sound.constants import Signal

HOP: Final = 64
"""Samples between two shapes of the mouth (1.45 ms)."""

VOWELS: Final = {
    "a": (730, 1090, 2440), "ae": (660, 1720, 2410), "e": (530, 1840, 2480),
    "i": (270, 2290, 3010), "o": (570, 840, 2410), "u": (300, 870, 2240), "uh": (640, 1190, 2390),
    "m": (260, 1000, 2200),
}  # fmt: skip
# A throat resonates about every kilohertz without end, which is what keeps a voice from going dull;
# a cascade has to go on nearly to the Nyquist frequency, as Klatt's five formants did at 10 kHz.
UPPER_HZ: Final = (3_300.0, 4_150.0, *(float(hz) for hz in range(5_200, 17_500, 1_100)))
BANDWIDTHS_HZ: Final = (75.0, 90.0, 120.0, 160.0, 240.0, *(0.1 * hz for hz in UPPER_HZ[2:]))


def formants(vowel: str, scale: float) -> NDArray[np.float64]:
    """Return all formant frequencies in Hz; ``scale`` is 1 for a man, about 1.17 for a woman."""
    return np.array([*VOWELS[vowel], *UPPER_HZ]) * scale


@compiled
def _cascade(
    source: Signal, frequencies: NDArray[np.float64], bandwidths: NDArray[np.float64], hop: int,
    out: Signal,
) -> None:  # fmt: skip
    count = frequencies.shape[1]
    first = np.zeros(count)
    second = np.zeros(count)
    a, b, c = np.zeros(count), np.zeros(count), np.zeros(count)
    for i in range(len(source)):
        if i % hop == 0:
            frame = min(i // hop, len(frequencies) - 1)
            for k in range(count):
                radius = np.exp(-np.pi * bandwidths[k] / 44100.0)
                c[k] = -radius * radius
                b[k] = 2.0 * radius * np.cos(2.0 * np.pi * frequencies[frame, k] / 44100.0)
                a[k] = 1.0 - b[k] - c[k]
        value = float(source[i])
        for k in range(count):
            value = a[k] * value + b[k] * first[k] + c[k] * second[k]
            second[k] = first[k]
            first[k] = value
        out[i] = value


def resonate(source: Signal, frequencies_hz: NDArray[np.float64]) -> Signal:
    """Return ``(samples,)`` through the mouth, whose ``(frames, formants)`` change every HOP."""
    out = np.empty(len(source), dtype=np.float32)
    _cascade(source, frequencies_hz, np.array(BANDWIDTHS_HZ), HOP, out)
    return out
