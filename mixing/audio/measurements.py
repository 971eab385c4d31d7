"""What is measured on every mix: loudness, peaks, dynamics, spectral balance, stereo image."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio import bands
from mixing.audio.bands import BAND_EDGES_HZ as BAND_EDGES_HZ
from mixing.audio.bands import BANDS as BANDS
from mixing.audio.loudness import energies, integrated_of, momentary_of, range_of, short_term_of
from mixing.audio.true_peak import true_peak_dbtp

MEASUREMENT_VERSION: Final = 2
"""Raised when figures are added: mixes measured before say so by an older one, or none."""
LOW_END_HZ: Final = BAND_EDGES_HZ[1]
_COURSE_POINTS: Final = 120
_SILENT_LUFS: Final = -70.0


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
        short_term_max_lufs: loudest 3 s; -inf for less.
        momentary_max_lufs: loudest 400 ms; -inf for less.
        plr_db: true peak over integrated loudness, 0 for silence.
        third_octaves_db: power in each of ``bands.THIRDS_HZ`` against the whole, not below -120.
        band_width: ``width`` within each of ``BANDS``.
        band_correlation: ``correlation`` within each of ``BANDS``.
        low_end_mono_loss_db: what the lowest band loses on one speaker, 0 to 60.
        loudness_course_lufs: short-term loudness at up to 120 evenly spaced moments from the first
            full 3 s to the end, not below -70; empty for less.
        version: which figures there are.
    """

    lufs: float
    lra: float
    true_peak_dbtp: float
    crest_db: float
    band_balance_db: tuple[float, ...]
    width: float
    correlation: float
    short_term_max_lufs: float
    momentary_max_lufs: float
    plr_db: float
    third_octaves_db: tuple[float, ...]
    band_width: tuple[float, ...]
    band_correlation: tuple[float, ...]
    low_end_mono_loss_db: float
    loudness_course_lufs: tuple[float, ...]
    version: int = MEASUREMENT_VERSION

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
    lufs, peak_dbtp = integrated_of(hops), true_peak_dbtp(audio, sample_rate)
    short_term = short_term_of(hops)
    spectra = bands.spectra(audio, sample_rate)
    width, correlation = stereo_image(audio)
    images = bands.images(spectra, BAND_EDGES_HZ)
    return Measurements(
        lufs=lufs,
        lra=range_of(hops),
        true_peak_dbtp=peak_dbtp,
        crest_db=crest_db(audio),
        band_balance_db=_balance_db(spectra),
        width=width,
        correlation=correlation,
        short_term_max_lufs=_highest(short_term),
        momentary_max_lufs=_highest(momentary_of(hops)),
        plr_db=peak_dbtp - lufs if math.isfinite(peak_dbtp - lufs) else 0.0,
        third_octaves_db=_rounded(bands.thirds_db(spectra)),
        band_width=tuple(band_width for band_width, _ in images),
        band_correlation=tuple(band_correlation for _, band_correlation in images),
        low_end_mono_loss_db=bands.mono_loss_db(spectra, LOW_END_HZ),
        loudness_course_lufs=_course(short_term),
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
    return bands.image(_dot(left, left), _dot(right, right), _dot(left, right))


def band_balance_db(audio: NDArray[np.float32], sample_rate: int) -> tuple[float, ...]:
    """Power in each of ``BANDS`` in dB of the whole spectrum's, from 4096-point Hann frames."""
    return _balance_db(bands.spectra(audio, sample_rate))


def _balance_db(spectra: bands.Spectra) -> tuple[float, ...]:
    total = float(spectra.both.sum())
    if total <= 0.0:
        return (0.0,) * len(BANDS)
    shares = bands.band_powers(spectra.both, spectra.bin_hz, BAND_EDGES_HZ) / total
    return tuple(max(10 * math.log10(max(share, 1e-12)), bands.FLOOR_DB) for share in shares)


def _highest(levels: NDArray[np.float64]) -> float:
    return float(levels.max()) if levels.size else float("-inf")


def _course(short_term: NDArray[np.float64]) -> tuple[float, ...]:
    if not short_term.size:
        return ()
    count = min(_COURSE_POINTS, short_term.size)
    at = np.linspace(0, short_term.size - 1, count).round().astype(int)
    return _rounded(np.maximum(short_term[at], _SILENT_LUFS))


def _rounded(levels: NDArray[np.float64]) -> tuple[float, ...]:
    """To hundredths, which JSON writes in few characters."""
    return tuple(round(float(level), 2) for level in levels)


def _dot(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Sum of products, added up in float64 from float32 stretches."""
    step = 1 << 16
    return float(
        sum(float(np.dot(a[i : i + step], b[i : i + step])) for i in range(0, a.size, step))
    )
