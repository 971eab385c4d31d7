"""Where on the spectrum the power of stereo audio lies, and how its sides agree there.

One pass of 4096-point Hann frames gives the mean power of both sides and of their product in every
bin; everything else is read from that. Bands are sums over bins, a bin that a band's edge cuts
counting with its share, so that third octaves add up to the whole even where a bin is wider.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import ArrayLike, NDArray

BANDS: Final = ("low", "low-mid", "mid", "high-mid", "high")
BAND_EDGES_HZ: Final = (20.0, 120.0, 500.0, 2000.0, 6000.0, 20000.0)
FRAME: Final = 4096
_BLOCK_FRAMES: Final = 32
THIRDS_HZ: Final = tuple(float(10 ** (n / 10)) for n in range(14, 44))
"""Centres of the third octaves from 25 Hz to 20 kHz (IEC 61260-1, base ten)."""
_THIRD_EDGES_HZ: Final = np.array([10 ** ((n - 0.5) / 10) for n in range(14, 45)])
FLOOR_DB: Final = -120.0


@dataclass(frozen=True)
class Spectra:
    """Power by bin, (FRAME / 2 + 1,): ``left``, ``right``, and their real product ``cross``."""

    bin_hz: float
    left: NDArray[np.float64]
    right: NDArray[np.float64]
    cross: NDArray[np.float64]

    @property
    def both(self) -> NDArray[np.float64]:
        return self.left + self.right


def spectra(audio: NDArray[np.float32], sample_rate: int) -> Spectra:
    """Of (1 or 2, samples); one channel stands on both sides."""
    power = np.zeros((3, FRAME // 2 + 1))
    window = np.hanning(FRAME).astype(np.float32)
    left, right = audio[0], audio[-1]
    step = FRAME * _BLOCK_FRAMES
    for start in range(0, left.size, step):
        sides = [_transformed(side[start : start + step], window) for side in (left, right)]
        for row, (one, other) in enumerate(((0, 0), (1, 1), (0, 1))):
            products = np.einsum("fb,fb->b", sides[one], sides[other])
            power[row] += products.reshape(-1, 2).sum(axis=1)
    return Spectra(sample_rate / FRAME, *power)


def band_powers(
    power: NDArray[np.float64], bin_hz: float, edges_hz: ArrayLike
) -> NDArray[np.float64]:
    """Power between neighbouring ``edges_hz`` (n,), as (n - 1,)."""
    ends = (np.arange(power.size + 1) - 0.5) * bin_hz
    below = np.interp(np.asarray(edges_hz), ends, np.concatenate([[0.0], np.cumsum(power)]))
    return np.diff(below)


def thirds_db(of: Spectra) -> NDArray[np.float64]:
    """Level of each of ``THIRDS_HZ`` in dB of the whole, not below -120; zeros for silence."""
    total = float(of.both.sum())
    if total <= 0.0:
        return np.zeros(len(THIRDS_HZ))
    shares = band_powers(of.both, of.bin_hz, _THIRD_EDGES_HZ) / total
    return np.asarray(np.maximum(10 * np.log10(np.maximum(shares, 1e-12)), FLOOR_DB))


def images(of: Spectra, edges_hz: ArrayLike) -> tuple[tuple[float, float], ...]:
    """(width, correlation) of every band between ``edges_hz``, as ``stereo_image`` has them."""
    rows = [band_powers(p, of.bin_hz, edges_hz) for p in (of.left, of.right, of.cross)]
    return tuple(image(*map(float, row)) for row in zip(*rows, strict=True))


def image(left: float, right: float, cross: float) -> tuple[float, float]:
    """Width (side over mid, at most 100) and correlation of sides with these powers and product.

    Mono is (0, 1), silence (0, 0).
    """
    mid, side = (left + right) / 2 + cross, (left + right) / 2 - cross
    if left + right <= 0.0:
        return 0.0, 0.0
    width = np.sqrt(max(side, 0.0) / max(mid, side * 1e-4))
    product = np.sqrt(left * right)
    return float(width), float(np.clip(cross / product, -1.0, 1.0)) if product > 0 else 0.0


def mono_loss_db(of: Spectra, below_hz: float) -> float:
    """What power below ``below_hz`` loses when both sides are played by one speaker, in dB.

    0 where both sides are the same, 3 where they have nothing in common, up to 60 where they
    cancel; 0 for silence.
    """
    left, right, cross = (
        float(band_powers(power, of.bin_hz, [0.0, below_hz])[0])
        for power in (of.left, of.right, of.cross)
    )
    if left + right <= 0.0:
        return 0.0
    kept = max((left + right + 2 * cross) / (2 * (left + right)), 1e-6)
    return float(max(-10 * np.log10(kept), 0.0))


def _transformed(side: NDArray[np.float32], window: NDArray[np.float32]) -> NDArray[np.float32]:
    """Real and imaginary parts of every bin in turn, (frames, FRAME + 2)."""
    frames = np.pad(side, (0, -side.size % FRAME)).reshape(-1, FRAME)
    return np.asarray(scipy.fft.rfft(frames * window)).view(np.float32)
