"""The last step: the mix brought to its target loudness under its true-peak ceiling."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.decibels import amplitude
from mixing.audio.limiter import GROUP, Limiter
from mixing.audio.loudness import HOPS_PER_SECOND, energies, integrated_of
from mixing.audio.measurements import Measurements, measure
from mixing.audio.saturation import saturate

TOLERANCE_LU: Final = 0.1
_ESTIMATE_LU: Final = 0.01
_ESTIMATES: Final = 8
_CORRECTIONS: Final = 3
_LEAST_SHARE: Final = 0.25
_SILENCE: Final = 1e-30


def finish(
    mix: NDArray[np.float32],
    master: Mapping[str, float],
    gain_db: float | None,
    section: slice,
    sample_rate: int,
) -> tuple[NDArray[np.float32], Measurements, float]:
    """The finished section of the mix (2, samples), its figures, and the gain it got in dB.

    The mix is saturated first, if the master asks for it. Without ``gain_db`` the section is
    brought to ``target_lufs``; silence is left alone. The limiter hears all of ``mix``, but only
    ``section`` is measured and returned.
    """
    mix = saturate(mix, master["saturation_drive_db"])
    limiter = Limiter(mix, master["ceiling_dbtp"], sample_rate)
    if gain_db is None:
        audio, weighted, gain_db = _at_target(
            mix, limiter, master["target_lufs"], section, sample_rate
        )
    else:
        audio = np.ascontiguousarray(limiter.apply(amplitude(gain_db))[:, section])
        weighted = energies(audio, sample_rate)
    if limiter.reduces(amplitude(gain_db)):
        weighted = weighted * limiter.keep_ceiling(audio) ** 2
    return audio, measure(audio, sample_rate, weighted=weighted), gain_db


def _at_target(
    mix: NDArray[np.float32],
    limiter: Limiter,
    target_lufs: float,
    section: slice,
    sample_rate: int,
) -> tuple[NDArray[np.float32], NDArray[np.float64], float]:
    """The section at its target loudness, its energies, and the gain for that in dB.

    Silence is left alone. The limiter leaves less loudness than the gain would give. How much less
    is estimated without limiting the song, and put right by what the limited song measures.
    """
    before = energies(mix[:, section], sample_rate)
    lufs = integrated_of(before)
    heard = np.isfinite(lufs)
    gain_db = target_lufs - lufs if heard else 0.0
    if not heard or not limiter.reduces(amplitude(gain_db)):
        audio = np.ascontiguousarray(limiter.apply(amplitude(gain_db))[:, section])
        return audio, before * amplitude(gain_db) ** 2, gain_db
    lufs_at = _estimator(mix, limiter, before, section, sample_rate)
    aim_lufs = target_lufs
    for _ in range(_CORRECTIONS):
        gain_db = _gain_db(lufs, aim_lufs, lufs_at)
        audio = np.ascontiguousarray(limiter.apply(amplitude(gain_db))[:, section])
        weighted = energies(audio, sample_rate)
        off_lu = target_lufs - integrated_of(weighted)
        if abs(off_lu) <= TOLERANCE_LU:
            break
        aim_lufs += off_lu
    return audio, weighted, gain_db


def _estimator(
    mix: NDArray[np.float32],
    limiter: Limiter,
    before: NDArray[np.float64],
    section: slice,
    sample_rate: int,
) -> Callable[[float], float]:
    """A function from gain in dB to about the loudness of the limited section.

    Every hop of ``before`` keeps of its energy what its groups keep on average, each weighing by
    its own energy (without K-weighting, which changes little within 10 ms).
    """
    whole = mix.shape[1] // GROUP * GROUP
    power = np.einsum("cgi,cgi->g", *(mix[:, :whole].reshape(2, -1, GROUP),) * 2) + _SILENCE
    first = section.indices(mix.shape[1])[0]
    edges = first + np.arange(before.size) * round(sample_rate / HOPS_PER_SECOND)
    edges = np.minimum(edges // GROUP, power.size - 1)
    of_hops = np.add.reduceat(power, edges, dtype=np.float64)

    def lufs_at(gain_db: float) -> float:
        gains = limiter.gains(amplitude(gain_db))[: power.size]
        kept = np.add.reduceat(power * gains**2, edges) / of_hops
        return integrated_of(before * kept)

    return lufs_at


def _gain_db(lufs: float, target_lufs: float, lufs_at: Callable[[float], float]) -> float:
    """Gain that brings a mix of ``lufs`` to the target after the limiter, by the secant method."""
    last_lufs, last_gain_db, gain_db = lufs, 0.0, target_lufs - lufs
    for _ in range(_ESTIMATES):
        reached = lufs_at(gain_db)
        if abs(target_lufs - reached) <= _ESTIMATE_LU:
            break
        step_db = gain_db - last_gain_db
        share = (reached - last_lufs) / step_db if step_db else 1.0
        last_gain_db, last_lufs = gain_db, reached
        gain_db += (target_lufs - reached) / min(max(share, _LEAST_SHARE), 1.0)
    return gain_db
