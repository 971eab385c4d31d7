"""Band-limited oscillators read from wavetables, one table per octave.

Each table holds the Fourier series of a shape up to the highest harmonic that stays below the
Nyquist frequency for any fundamental of its octave, so no partial ever folds back.
"""

from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.compiled import compiled
from mixing.synthesis.sound.constants import SAMPLE_RATE, Signal

TABLE_SIZE: Final = 2048
LOWEST_HZ: Final = 20.0
OCTAVES: Final = 11

Spectrum = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def _pulse(width: float) -> Spectrum:
    return lambda n: 2.0 * np.sin(np.pi * n * width) / (np.pi * n)


# Harmonic number -> amplitude of the sine of that harmonic.
SHAPES: Final[dict[str, Spectrum]] = {
    "sine": lambda n: (n == 1).astype(np.float64),
    "saw": lambda n: 2.0 / (np.pi * n),
    "square": lambda n: np.where(n % 2 == 1, 4.0 / (np.pi * n), 0.0),
    # (-1)^((n-1)/2) on odd harmonics, zero on even ones, is sin(n pi/2).
    "triangle": lambda n: 8.0 * np.sin(n * np.pi / 2) / (np.pi * n) ** 2,
    "pulse": _pulse(0.22),
    "reed": lambda n: np.where(n % 2 == 1, 1.0, 0.35) / n**1.3,
    "hollow": lambda n: np.where(n % 2 == 1, 1.0, 0.04) / n**1.6,
    # A voice source falls 12 dB an octave, lips radiate 6 dB of it back (Fant).
    "glottal": lambda n: 1.0 / n**1.25,
}


@cache
def wavetables(shape: str) -> NDArray[np.float32]:
    """Return the ``(octaves, TABLE_SIZE + 1)`` tables of a shape; the last column wraps around."""
    tables = np.zeros((OCTAVES, TABLE_SIZE + 1), dtype=np.float32)
    for octave in range(OCTAVES):
        highest = SAMPLE_RATE / 2 / (LOWEST_HZ * 2.0 ** (octave + 1))
        harmonics = np.arange(1, max(2, min(int(highest), TABLE_SIZE // 4) + 1), dtype=np.float64)
        spectrum = np.zeros(TABLE_SIZE // 2 + 1, dtype=np.complex128)
        spectrum[1 : len(harmonics) + 1] = -0.5j * TABLE_SIZE * SHAPES[shape](harmonics)
        tables[octave, :-1] = np.fft.irfft(spectrum, TABLE_SIZE)
    tables[:, -1] = tables[:, 0]
    return tables


@compiled
def _read(
    tables: NDArray[np.float32],
    frequencies: NDArray[np.float64],
    lowest: float,
    phase: float,
    out: Signal,
) -> None:
    size = tables.shape[1] - 1
    octave, top = 0, 2.0 * lowest
    scale = size / 44100.0
    position = phase * size
    for i in range(len(out)):
        frequency = frequencies[i]
        while frequency >= top and octave < len(tables) - 1:
            octave += 1
            top *= 2.0
        while frequency < 0.5 * top and octave > 0:
            octave -= 1
            top *= 0.5
        whole = int(position)
        fraction = position - whole
        before = tables[octave, whole]
        out[i] = before + fraction * (tables[octave, whole + 1] - before)
        position += frequency * scale
        while position >= size:
            position -= size


@compiled
def _read_steady(table: NDArray[np.float32], frequency: float, phase: float, out: Signal) -> None:
    size = len(table) - 1
    step = frequency * size / 44100.0
    position = phase * size
    for i in range(len(out)):
        whole = int(position)
        fraction = position - whole
        out[i] = table[whole] + fraction * (table[whole + 1] - table[whole])
        position += step
        while position >= size:
            position -= size


def tone(
    shape: str, frequency_hz: float | NDArray[np.float64], samples: int, phase: float = 0.0
) -> Signal:
    """Return ``samples`` of an oscillator.

    ``frequency_hz`` is one number or one per sample (vibrato, glides); ``phase`` is in turns,
    0 to 1.
    """
    tables = wavetables(shape)
    out = np.empty(samples, dtype=np.float32)
    if isinstance(frequency_hz, np.ndarray):
        _read(tables, frequency_hz, LOWEST_HZ, phase % 1.0, out)
    else:
        octave = int(np.clip(np.floor(np.log2(frequency_hz / LOWEST_HZ)), 0, OCTAVES - 1))
        _read_steady(tables[octave], float(frequency_hz), phase % 1.0, out)
    return out


def noise(rng: np.random.Generator, samples: int) -> Signal:
    """Return ``(samples,)`` of white noise with unit variance."""
    return rng.standard_normal(samples, dtype=np.float32)


def vibrato(
    frequency_hz: float,
    samples: int,
    *,
    rate_hz: float,
    depth_cents: float,
    onset_s: float = 0.0,
    phase: float = 0.0,
) -> NDArray[np.float64]:
    """Return a frequency per sample that swings around a pitch, growing in over ``onset_s``."""
    time = np.arange(samples) / SAMPLE_RATE
    grow = np.clip(time / onset_s, 0.0, 1.0) ** 2 if onset_s > 0 else 1.0
    cents = depth_cents * grow * np.sin(2 * np.pi * (rate_hz * time + phase))
    swing: NDArray[np.float64] = frequency_hz * np.exp2(cents / 1200.0)
    return swing
