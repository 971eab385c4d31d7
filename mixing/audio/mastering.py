"""The last step: the mix brought to its target loudness under its true-peak ceiling."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.decibels import amplitude
from mixing.audio.limiter import Limiter
from mixing.audio.loudness import energies, integrated_lufs, integrated_of
from mixing.audio.measurements import Measurements, measure

TOLERANCE_LU: Final = 0.1
_PASSES: Final = 8
_LEAST_SHARE: Final = 0.25


def finish(
    mix: NDArray[np.float32],
    master: Mapping[str, float],
    gain_db: float | None,
    section: slice,
    sample_rate: int,
) -> tuple[NDArray[np.float32], Measurements, float]:
    """The finished section of the mix (2, samples), its figures, and the gain it got in dB.

    Without ``gain_db`` the section is brought to ``target_lufs``; silence is left alone. The
    limiter hears all of ``mix``, but only ``section`` is measured and returned.
    """
    limiter = Limiter(mix, master["ceiling_dbtp"], sample_rate)
    before = energies(mix[:, section], sample_rate)
    if gain_db is None:

        def lufs_at(gain_db: float) -> float:
            limited = limiter.apply(amplitude(gain_db))
            return integrated_lufs(limited[:, section], sample_rate)

        gain_db = _gain_db(before, limiter, master["target_lufs"], lufs_at)
    audio = np.ascontiguousarray(limiter.apply(amplitude(gain_db))[:, section])
    limiter.keep_ceiling(audio)
    unlimited = not limiter.reduces(amplitude(gain_db))
    weighted = before * amplitude(gain_db) ** 2 if unlimited else None
    return audio, measure(audio, sample_rate, weighted=weighted), gain_db


def _gain_db(
    before: NDArray[np.float64],
    limiter: Limiter,
    target_lufs: float,
    lufs_at: Callable[[float], float],
) -> float:
    """Gain that brings a mix of these energies to the target after the limiter.

    The limiter leaves less loudness than the gain would give, so the gain is sought by the secant
    method.
    """
    last_lufs = integrated_of(before)
    if not np.isfinite(last_lufs):
        return 0.0
    last_gain_db, gain_db = 0.0, target_lufs - last_lufs
    for _ in range(_PASSES):
        if not limiter.reduces(amplitude(gain_db)):
            break
        lufs = lufs_at(gain_db)
        if abs(target_lufs - lufs) <= TOLERANCE_LU:
            break
        step_db = gain_db - last_gain_db
        share = (lufs - last_lufs) / step_db if step_db else 1.0
        last_gain_db, last_lufs = gain_db, lufs
        gain_db += (target_lufs - lufs) / min(max(share, _LEAST_SHARE), 1.0)
    return gain_db
