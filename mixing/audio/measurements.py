"""What is measured on every mix: loudness, peaks, dynamics, spectral balance, stereo image."""

import itertools
import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from mixing.audio.loudness import energies, integrated_of, range_of
from mixing.audio.true_peak import true_peak_dbtp

BANDS: Final = ("low", "low-mid", "mid", "high-mid", "high")
BAND_EDGES_HZ: Final = (20.0, 120.0, 500.0, 2000.0, 6000.0, 20000.0)
_FRAME: Final = 4096
_FLOOR_DB: Final = -120.0


@dataclass(frozen=True)
class Measurements:
    """Figures of one piece of audio. Silence has -inf loudness and peak, and 0 elsewhere.

    Attributes:
        lufs: integrated loudness.
        lra: loudness range in LU.
        true_peak_dbtp: highest point between samples.
        crest_db: sample peak over RMS of all channels.
        band_balance_db: power in each of ``BANDS`` against the whole, not below -120.
        width: RMS of the side signal over that of the mid: 0 is mono, 1 is as wide as noise.
        correlation: of left and right, -1..1.
    """

    lufs: float
    lra: float
    true_peak_dbtp: float
    crest_db: float
    band_balance_db: tuple[float, ...]
    width: float
    correlation: float

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data; values that are not finite become None."""
        data = asdict(self)
        return {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in data.items()
        }


def measure(
    audio: NDArray[np.float32],
    sample_rate: int,
    *,
    weighted: NDArray[np.float64] | None = None,
) -> Measurements:
    """Measure (1 or 2, samples); ``weighted`` saves a pass if its ``energies`` are known."""
    hops = energies(audio, sample_rate) if weighted is None else weighted
    width, correlation = stereo_image(audio)
    return Measurements(
        lufs=integrated_of(hops),
        lra=range_of(hops),
        true_peak_dbtp=true_peak_dbtp(audio, sample_rate),
        crest_db=crest_db(audio),
        band_balance_db=band_balance_db(audio, sample_rate),
        width=width,
        correlation=correlation,
    )


def crest_db(audio: NDArray[np.float32]) -> float:
    """Sample peak over RMS in dB; 3.01 for a sine, 0 for silence."""
    power = sum(_dot(row, row) for row in audio) / max(audio.size, 1)
    if power <= 0.0:
        return 0.0
    highest = max(float(audio.max()), -float(audio.min()))
    return float(20 * math.log10(highest) - 10 * math.log10(power))


def stereo_image(audio: NDArray[np.float32]) -> tuple[float, float]:
    """Width (side over mid, at most 100) and correlation; mono is (0, 1), silence (0, 0)."""
    left, right = audio[0], audio[-1]
    ll, rr, lr = _dot(left, left), _dot(right, right), _dot(left, right)
    mid, side = (ll + rr) / 2 + lr, (ll + rr) / 2 - lr
    if ll + rr <= 0.0:
        return 0.0, 0.0
    width = math.sqrt(max(side, 0.0) / max(mid, side * 1e-4))
    product = math.sqrt(ll * rr)
    return width, min(max(lr / product, -1.0), 1.0) if product > 0 else 0.0


def band_balance_db(audio: NDArray[np.float32], sample_rate: int) -> tuple[float, ...]:
    """Power in each of ``BANDS`` in dB of the whole spectrum's, from 4096-point Hann frames."""
    spectrum = np.zeros(_FRAME // 2 + 1)
    window = np.hanning(_FRAME).astype(np.float32)
    for channel in audio:
        padded = np.pad(channel, (0, -channel.size % _FRAME)).reshape(-1, _FRAME)
        for start in range(0, len(padded), 64):
            bins = scipy.fft.rfft(padded[start : start + 64] * window)
            spectrum += (bins.real**2 + bins.imag**2).sum(axis=0, dtype=np.float64)
    total = float(spectrum.sum())
    if total <= 0.0:
        return (0.0,) * len(BANDS)
    edges = np.searchsorted(np.fft.rfftfreq(_FRAME, 1 / sample_rate), BAND_EDGES_HZ)
    shares = [spectrum[low:high].sum() / total for low, high in itertools.pairwise(edges)]
    return tuple(max(10 * math.log10(max(share, 1e-12)), _FLOOR_DB) for share in shares)


def _dot(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Sum of products, added up in float64 from float32 stretches."""
    step = 1 << 13
    return float(
        sum(float(np.dot(a[i : i + step], b[i : i + step])) for i in range(0, a.size, step))
    )
