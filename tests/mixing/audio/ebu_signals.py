"""The test signals of EBU Tech 3341 and Tech 3342 that need no recording, made from their tables.

Levels are peaks of sines in dBFS; everything is stereo, in phase on both sides, at 1000 Hz unless
said otherwise. A part is (level in dBFS, seconds).
"""

import numpy as np
from numpy.typing import NDArray

Parts = list[tuple[float, float]]
SILENT_DBFS = -200.0


def tones(parts: Parts, rate: int, *, hz: float = 1000.0) -> NDArray[np.float32]:
    """A sine (2, samples) whose level jumps from part to part."""
    levels = np.concatenate(
        [np.full(round(seconds * rate), 10 ** (level / 20)) for level, seconds in parts]
    )
    wave = levels * np.sin(2 * np.pi * hz * np.arange(levels.size) / rate)
    return np.tile(wave, (2, 1)).astype(np.float32)


def surround_tones(levels_dbfs: list[float], seconds: float, rate: int) -> NDArray[np.float32]:
    """One sine on five channels, each at its level."""
    wave = np.sin(2 * np.pi * 1000.0 * np.arange(round(seconds * rate)) / rate)
    gains = 10 ** (np.array(levels_dbfs) / 20)
    return (gains[:, None] * wave).astype(np.float32)


def steady_sine(
    divisor: int, phase_degrees: float, amplitude: float, rate: int
) -> NDArray[np.float32]:
    """A sine of a whole fraction of the sample rate, faded in and out (Tech 3341, 15 to 19)."""
    n = np.arange(round(0.2 * rate))
    wave = amplitude * np.sin(2 * np.pi * n / divisor + np.radians(phase_degrees))
    return np.tile(wave * np.hanning(n.size) ** 0.1, (2, 1)).astype(np.float32)


def one_louder_cycle(offset: int, rate: int) -> NDArray[np.float32]:
    """A sine of a sixth of the rate at 0.5 with one cycle at 1.0 (Tech 3341, 20 to 23).

    Made at four times the rate, low-passed below half the final rate, brought back to a peak of
    1.0, and decimated from sample ``offset`` on: no sample of it may hit the peak.
    """
    n = np.arange(rate)
    cycle = 4 * 6
    wave = 0.5 * np.sin(2 * np.pi * n / cycle)
    middle = n.size // 2 // cycle * cycle
    wave[middle : middle + cycle] *= 2
    spectrum = np.fft.rfft(wave)
    spectrum[np.fft.rfftfreq(n.size, 1 / (4 * rate)) > 0.46 * rate] = 0
    fine = np.fft.irfft(spectrum, n.size)
    fine /= np.abs(fine).max()
    return np.tile(fine[offset::4], (2, 1)).astype(np.float32)
