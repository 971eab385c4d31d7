"""The console without audio: what powers settings give in each band, for many mixes at once.

Stems are taken as incoherent, so powers add; equalisers, faders, pans and sends are exact on
them; compressors act through their static curve on the levels that a stem is known to have.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evolution.descriptors.bands import (
    BANDS,
    delay_power,
    equaliser_curves,
    highpass_slopes,
    loudness_weights,
    reverb_power,
)
from evolution.descriptors.song import SongSound
from mixing.audio.parameters import STRIP, Parameter
from mixing.networks.equaliser import GAINS
from mixing.networks.pooling import power_of
from mixing.networks.shapes import GLOBAL_NAMES, GLOBAL_PARAMETERS, STRIP_COLUMN, STRIP_PARAMETERS

Array = NDArray[np.float32]

DETECTOR_DB: Final = 3.0
"""How far above its mean level in a 46 ms frame a compressor takes a stem to be (see
``mixing.networks.targets``, where it was found by comparing with the console)."""
DRIEST: Final = np.float32(1e-3)
"""Wetness counts from here: space 30 dB under the dry sound is not heard any more."""
KNEE_DB: Final = next(p.default for p in STRIP if p.name == "comp_knee_db")

BUS_MOMENTS_DB: Final = np.array([-5.0, -2.0, 0.0, 2.0], np.float32)
"""Where the moments of a full mix lie about its mean level."""

_PARAMETERS: Final = {p.name: p for p in STRIP_PARAMETERS} | dict(
    zip(GLOBAL_NAMES, GLOBAL_PARAMETERS, strict=True)
)
_EQ: Final = [STRIP_COLUMN[name] for name in GAINS]
_EQ_PARAMETERS: Final = [STRIP_PARAMETERS[column] for column in _EQ]
_MASTER: Final = {
    name.removeprefix("master."): column
    for column, name in enumerate(GLOBAL_NAMES)
    if name.startswith("master.")
}
_MASTER_EQ: Final = [_MASTER[name] for name in GAINS]
_MASTER_EQ_PARAMETERS: Final = [GLOBAL_PARAMETERS[column] for column in _MASTER_EQ]
_SENDS: Final = ("reverb_send_db", "delay_send_db")
_RETURNS: Final = [(GLOBAL_NAMES.index(n), n) for n in ("reverb.return_db", "delay.return_db")]
_KNOBS: Final = ("threshold_db", "ratio", "attack_ms", "release_ms")
_SMALLEST: Final = np.float32(1e-12)


@dataclass(frozen=True)
class Powers:
    """Mixes of one song as powers; m is the number of mixes.

    Attributes:
        mid, side: (m, BANDS) of the finished mix, before the loudness gain.
        groups: (m, 3, BANDS) dry power of vocals, drums and bass, after the master equaliser.
        groups_wet: (m, 3, BANDS) what reverb and delay give back of them.
        wetness_db: (m,) reverb and echo over the dry sound of a stem, mean over the stems by their
            loudness in the mix; what is 30 dB under the dry sound is not heard any more.
        reduction_db: (m,) what all compressors take away: the stems' by their share of the mix,
            and the master's.
        level_db: (m,) mean level of the mix before make-up, loudness gain and limiter.
    """

    mid: Array
    side: Array
    groups: Array
    groups_wet: Array
    wetness_db: Array
    reduction_db: Array
    level_db: Array

    @property
    def total(self) -> Array:
        """(m, BANDS) of left and right together."""
        return self.mid + self.side


def mix(strips: Array, shared: Array, song: SongSound) -> Powers:
    """Predict mixes from learned positions: strips (m, stems, 16), shared (m, 14)."""
    bands = _equalised(strips, song)
    reduced_db = _compressed(strips, song, bands)
    sends = tuple(_send(strips[..., STRIP_COLUMN[name]], name) for name in _SENDS)
    routes = _routes(strips, song, reduced_db, sends)
    sums = routes @ bands  # (m, rows, BANDS)
    dry = sums[:, :5]
    returns = [_send(shared[:, column], name)[:, None] for column, name in _RETURNS]
    wet = sums[:, 5:9] * (_reverb_curve(shared) * returns[0])[:, None]
    wet += sums[:, 9:] * (delay_power() * returns[1])[:, None]
    master = np.exp(_curve(shared[:, _MASTER_EQ], _MASTER_EQ_PARAMETERS))[:, None]
    dry *= master
    wet *= master
    half = np.float32(0.5)  # the tail surrounds: as much of it is side as mid
    mid, side = (dry[:, at] + half * wet[:, 0] for at in (0, 1))
    level_db = _decibels(mid.sum(axis=1) + side.sum(axis=1))
    bus_db = _bus_reduction(shared, level_db)
    width = _values(shared[:, _MASTER["width"]], "master.width")
    shares = (routes[:, 0] + routes[:, 1]) * (bands @ loudness_weights())
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), _SMALLEST)
    wetness_db = _decibels(sends[0] * returns[0] + sends[1] * returns[1] + DRIEST)
    return Powers(
        mid=np.asarray(mid, np.float32),
        side=np.asarray(side * np.square(width)[:, None], np.float32),
        groups=dry[:, 2:],
        groups_wet=wet[:, 1:],
        wetness_db=(shares * wetness_db).sum(axis=1),
        reduction_db=(shares * reduced_db).sum(axis=1) + bus_db,
        level_db=level_db - bus_db,
    )


def reductions_db(strips: Array, song: SongSound) -> Array:
    """(m, stems): by how many dB each strip's compressor lowers its stem."""
    return _compressed(strips, song, _equalised(strips, song))


def _equalised(strips: Array, song: SongSound) -> Array:
    """(m, stems, BANDS) power of the stems after high-pass and equaliser."""
    mixes, stems = strips.shape[:2]
    curve = _curve(strips[..., _EQ].reshape(-1, len(_EQ)), _EQ_PARAMETERS)
    power = np.exp(curve, out=curve).reshape(mixes, stems, BANDS)
    power *= song.powers
    position = strips[..., STRIP_COLUMN["highpass_hz"]]
    cut = np.where(position > 0.0, np.exp(4.0 * _log_values(position, "highpass_hz")), 0.0)
    power /= 1.0 + (cut * np.float32(1e-8))[..., None] * highpass_slopes()
    return power


def _curve(positions: Array, parameters: Sequence[Parameter]) -> Array:
    """Equaliser response (rows, BANDS) in nepers of power for gain positions (rows, 5)."""
    limit = np.array([p.maximum for p in parameters], np.float32)
    gains = (2.0 * positions - 1.0) * limit
    return np.concatenate([gains, gains * np.abs(gains)], axis=1) @ equaliser_curves()


def _compressed(strips: Array, song: SongSound, bands: Array) -> Array:
    """(m, stems) reductions in dB of stems that reach the compressor with these bands."""
    shift_db = _decibels(bands.sum(axis=2)) - _decibels(song.powers.sum(axis=1))
    columns = (STRIP_COLUMN[f"comp_{knob}"] for knob in _KNOBS)
    threshold, ratio, attack, release = (strips[..., column] for column in columns)
    slope = _slope(ratio, "comp_ratio") * _memory(attack, release, "")
    over = (shift_db - _values(threshold, "comp_threshold_db"))[..., None]
    reduction = _over_knee(over + (song.moments_db + DETECTOR_DB))
    weights = power_of(song.moments_db - song.moments_db.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(slope * np.einsum("msq,sq->ms", reduction, weights), np.float32)


def _bus_reduction(shared: Array, level_db: Array) -> Array:
    """(m,) by how many dB the master's compressor lowers a bus of this mean level."""
    columns = (_MASTER[f"comp_{knob}"] for knob in _KNOBS)
    threshold, ratio, attack, release = (shared[:, column] for column in columns)
    slope = _slope(ratio, "master.comp_ratio") * _memory(attack, release, "master.")
    # Its detector hears the louder side, 3 dB under the sum of both: that and its own 3 dB cancel.
    over = (level_db - _values(threshold, "master.comp_threshold_db"))[:, None] + BUS_MOMENTS_DB
    return np.asarray(slope * _over_knee(over).mean(axis=1), np.float32)


def _slope(positions: Array, name: str) -> Array:
    return np.asarray(1.0 - np.exp(-_log_values(positions, name)), np.float32)


def _memory(attack: Array, release: Array, section: str) -> Array:
    """How far the running reduction follows the loud moments: it grows with release over attack.

    Fitted to the reduction that the console's own compressor gave on synthesised stems, where the
    static curve alone was right at a release of twelve attacks.
    """
    longer = _log_values(release, f"{section}comp_release_ms")
    shorter = _log_values(attack, f"{section}comp_attack_ms")
    thirds = (longer - shorter - np.float32(np.log(12.0))) / 3.0
    return np.asarray(np.exp(np.clip(thirds, -0.7, 0.7)), np.float32)


def _over_knee(over_db: Array) -> Array:
    """The static curve of ``mixing.audio.compressor`` for an infinite ratio."""
    inside = np.clip(over_db + KNEE_DB / 2, 0.0, KNEE_DB)
    curve = np.square(inside) / (2 * KNEE_DB) + np.maximum(over_db - KNEE_DB / 2, 0.0)
    return np.asarray(curve, np.float32)


def _routes(strips: Array, song: SongSound, reduced_db: Array, sends: Sequence[Array]) -> Array:
    """(m, 13, stems): power gains from the stems to dry mid and side, the groups, and what
    reverb and delay get of everything and of the groups."""
    level_db = (
        _values(strips[..., STRIP_COLUMN["fader_db"]], "fader_db")
        + _values(strips[..., STRIP_COLUMN["comp_makeup_db"]], "comp_makeup_db")
        - reduced_db
    )
    silent = strips[..., STRIP_COLUMN["fader_db"]] <= 0.0
    gain = np.where(silent, 0.0, power_of(level_db))
    mid, side = _image(strips, song)
    mid, side = mid * gain, side * gain
    both = mid + side
    reverb, delay = (both * send for send in sends)
    groups = song.groups.T[None]
    rows = [
        np.stack([mid, side], axis=1),
        both[:, None] * groups,
        reverb[:, None],
        reverb[:, None] * groups,
        delay[:, None],
        delay[:, None] * groups,
    ]
    return np.concatenate(rows, axis=1).astype(np.float32)


def _image(strips: Array, song: SongSound) -> tuple[Array, Array]:
    """Shares (m, stems) of a stem's power that pan and width make mid and side."""
    lean = np.cos((2.0 * strips[..., STRIP_COLUMN["pan"]] - 1.0) * np.float32(np.pi / 2))
    near, far = (1.0 + lean) / 2.0, (1.0 - lean) / 2.0
    side = np.square(song.widths) / (1.0 + np.square(song.widths))
    wide = side * np.square(_values(strips[..., STRIP_COLUMN["width"]], "width"))
    mono = song.widths <= 0.0
    into_mid = np.square(near) * (1.0 - side) + np.square(far) * wide
    into_side = np.square(far) * (1.0 - side) + np.square(near) * wide
    return np.where(mono, near, into_mid), np.where(mono, far, into_side)


def _send(positions: Array, name: str) -> Array:
    """Power gain of a send or return, which is silent at the bottom."""
    return np.where(positions > 0.0, power_of(_values(positions, name)), np.float32(0.0))


def _reverb_curve(shared: Array) -> Array:
    """(m, BANDS) power that the reverb makes of what it gets; its mean over pink noise is 1."""
    curves = reverb_power()
    place = shared[:, GLOBAL_NAMES.index("reverb.decay_s")] * (len(curves) - 1)
    low = np.minimum(place.astype(np.intp), len(curves) - 2)
    share = (place - low)[:, None]
    return np.asarray(curves[low] * (1.0 - share) + curves[low + 1] * share, np.float32)


def _values(positions: Array, name: str) -> Array:
    """Positions of a linear parameter in its unit."""
    parameter = _PARAMETERS[name]
    span = parameter.maximum - parameter.minimum
    return parameter.minimum + positions * np.float32(span)


def _log_values(positions: Array, name: str) -> Array:
    """Natural logarithm of the values of a logarithmic parameter."""
    parameter = _PARAMETERS[name]
    low, high = np.log(parameter.minimum), np.log(parameter.maximum)
    return np.float32(low) + positions * np.float32(high - low)


def _decibels(power: Array) -> Array:
    return np.asarray(10.0 * np.log10(np.maximum(power, _SMALLEST)), np.float32)
