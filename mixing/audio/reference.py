"""Move a console's master towards the sound of a reference: its spectrum, dynamics and loudness.

The master's equaliser is fitted so that the mix's third octaves get the reference's shape (least
squares over gains, frequencies and widths within the parameter table, held near where they stood,
overall level left free). Its compressor's slope follows the difference of the loudest 400 ms to
the whole, and the target loudness follows the reference's. An amount of 0 changes nothing, 1 goes
all the way as far as the knobs reach. Nothing is rendered: `predicted_db` says what to expect.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from mixing.audio.bands import THIRDS_HZ
from mixing.audio.biquad import eq_response_db
from mixing.audio.parameters import MASTER

_BELLS: Final = ("peak1", "peak2", "peak3")
_SHELVES: Final = ("low_shelf", "high_shelf")
EQUALISER: Final = tuple(
    [f"{band}_{knob}" for band in _SHELVES for knob in ("hz", "gain_db")]
    + [f"{band}_{knob}" for band in _BELLS for knob in ("hz", "gain_db", "q")]
)
"""The master's parameters that the fit may move."""
_KNOBS: Final = {parameter.name: parameter for parameter in MASTER}
_HZ: Final = np.array(THIRDS_HZ)
_WEIGHTS: Final = np.where((_HZ > 35.0) & (_HZ < 13_000.0), 1.0, 0.3)
_MOST_DB: Final = 12.0
"""Differences beyond this are another arrangement, not another sound: no equaliser follows them."""
_EMPTY_DB: Final = -65.0
_HOLD_GAIN: Final = 0.03
_HOLD_PLACE: Final = 0.15
_LEAST_MOVE: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Profile:
    """How a piece of audio sounds, in figures of ``measurements``.

    Attributes:
        third_octaves_db: level of each of ``bands.THIRDS_HZ`` in dB of the whole.
        lufs: integrated loudness.
        momentary_max_lufs: loudest 400 ms.
    """

    third_octaves_db: tuple[float, ...]
    lufs: float
    momentary_max_lufs: float

    @classmethod
    def of(cls, measured: Mapping[str, Any]) -> Self:
        """From ``Measurements.to_json``; raises KeyError for measurements that lack a figure."""
        return cls(
            third_octaves_db=tuple(measured["third_octaves_db"]),
            lufs=float(measured["lufs"]),
            momentary_max_lufs=float(measured["momentary_max_lufs"]),
        )

    @property
    def dynamics_lu(self) -> float:
        """The loudest 400 ms over the whole."""
        return self.momentary_max_lufs - self.lufs

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Match:
    """The master's new values, only those that change, and the spectrum to expect of them."""

    master: dict[str, float]
    predicted_db: tuple[float, ...]


def match(
    mix: Profile,
    reference: Profile,
    master: Mapping[str, float],
    *,
    gain_db: float,
    amount: float,
) -> Match:
    """Master settings that bring a mix made with ``master`` nearer to the reference.

    Args:
        gain_db: what the mix was turned up by after its master compressor.
        amount: 0 for nothing to 1 for all; raises ValueError outside.
    """
    if not 0.0 <= amount <= 1.0:
        raise ValueError(f"amount must be between 0 and 1, not {amount}")
    wanted_db = amount * difference_db(mix, reference)
    values = _fitted(master, wanted_db) if amount else {}
    values |= _dynamics(mix, reference, master, gain_db, amount)
    loudness = mix.lufs + amount * (reference.lufs - mix.lufs)
    values["target_lufs"] = _clamped("target_lufs", loudness if amount else master["target_lufs"])
    moved = {
        name: value for name, value in values.items() if abs(value - master[name]) > _LEAST_MOVE
    }
    change = eq_response_db({**master, **moved}, _HZ) - eq_response_db(master, _HZ)
    return Match(moved, tuple(map(float, _after(np.array(mix.third_octaves_db), change))))


def difference_db(mix: Profile, reference: Profile) -> NDArray[np.float64]:
    """What the mix's third octaves lack, (30,), around a mean of 0 and within 12 dB.

    Neighbours are averaged lightly: single notes of another song's key are not its sound. Bands
    where either is empty say nothing.
    """
    ours, theirs = np.array(mix.third_octaves_db), np.array(reference.third_octaves_db)
    known = (ours > _EMPTY_DB) & (theirs > _EMPTY_DB)
    if not known.any():
        return np.zeros(len(_HZ))
    raw = np.interp(np.arange(len(_HZ)), np.flatnonzero(known), (theirs - ours)[known])
    smooth = np.convolve(np.pad(raw, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    level = np.average(smooth, weights=_WEIGHTS * known)
    return np.asarray(np.clip(smooth - level, -_MOST_DB, _MOST_DB))


def _fitted(master: Mapping[str, float], wanted_db: NDArray[np.float64]) -> dict[str, float]:
    """Equaliser values whose curve differs from the present one by ``wanted_db``, up to level."""
    start = np.array([_KNOBS[name].normalise(master[name]) for name in EQUALISER])
    goal = eq_response_db(master, _HZ) + wanted_db
    hold = np.array([_HOLD_GAIN if n.endswith("_gain_db") else _HOLD_PLACE for n in EQUALISER])

    def misfit(positions: NDArray[np.float64]) -> NDArray[np.float64]:
        curve = eq_response_db({**master, **_values(positions)}, _HZ)
        off = curve - goal
        off = off - np.average(off, weights=_WEIGHTS)
        return np.concatenate([_WEIGHTS * off, hold * (positions - start) * np.sqrt(len(_HZ))])

    found = scipy.optimize.least_squares(
        misfit, np.clip(start, 1e-6, 1 - 1e-6), bounds=(0.0, 1.0), max_nfev=200
    )
    return _values(found.x)


def _values(positions: NDArray[np.float64]) -> dict[str, float]:
    return {
        name: _KNOBS[name].denormalise(float(position))
        for name, position in zip(EQUALISER, positions, strict=True)
    }


def _dynamics(
    mix: Profile,
    reference: Profile,
    master: Mapping[str, float],
    gain_db: float,
    amount: float,
) -> dict[str, float]:
    """Compressor slope from the share of dynamics that should go or come back.

    Above its threshold a compressor of ratio r takes 1 - 1/r of a level's excess. A compressor
    that was off starts at the mix's own loudness before the final gain, so that loud moments
    exceed it by about the mix's dynamics.
    """
    if not amount or mix.dynamics_lu <= 0.0:
        return {}
    was = 1.0 - 1.0 / master["comp_ratio"]
    excess = amount * (mix.dynamics_lu - reference.dynamics_lu) / mix.dynamics_lu
    most = 1.0 - 1.0 / _KNOBS["comp_ratio"].maximum
    slope = min(max(was + (1.0 - was) * excess, 0.0), most)
    values = {"comp_ratio": _clamped("comp_ratio", 1.0 / (1.0 - slope))}
    if was == 0.0 and slope > 0.0:
        values["comp_threshold_db"] = _clamped("comp_threshold_db", mix.lufs - gain_db)
    return values


def _clamped(name: str, value: float) -> float:
    return min(max(value, _KNOBS[name].minimum), _KNOBS[name].maximum)


def _after(levels_db: NDArray[np.float64], change_db: NDArray[np.float64]) -> NDArray[np.float64]:
    """Changed levels in dB of the whole, which changes with them."""
    before, after = 10 ** (levels_db / 10), 10 ** ((levels_db + change_db) / 10)
    return np.asarray(levels_db + change_db - 10 * np.log10(after.sum() / before.sum()))
