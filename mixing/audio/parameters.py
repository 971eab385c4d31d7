"""The console's parameters, declared once: every knob's unit, range, default and meaning.

The mixers predict normalised positions through this table, the renderer and the browser read
units from it, the API documents it, and the evolution measures distances in it. A *position*
is a value mapped onto 0..1 along the parameter's curve.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Curve = Literal["linear", "log"]
SectionName = Literal["strip", "reverb", "delay", "master"]

SETTINGS_VERSION: Final = 1
MAX_STRIPS: Final = 32
OFF_DB: Final = -48.0
"""Faders, sends and returns are silent at this value, the bottom of their range."""


class SettingsInvalid(Exception):
    """Console settings that break the table; ``message`` is a sentence that names the place."""

    code = "settings_invalid"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Parameter:
    """One knob. ``learned`` marks those a mixer predicts; the others keep their default."""

    name: str
    label: str
    unit: str
    minimum: float
    maximum: float
    default: float
    curve: Curve
    group: str
    tooltip: str
    learned: bool

    def normalise(self, value: float) -> float:
        """Position of ``value`` in 0..1; values outside the range land on its ends."""
        value = min(max(value, self.minimum), self.maximum)
        if self.curve == "log":
            return math.log(value / self.minimum) / math.log(self.maximum / self.minimum)
        return (value - self.minimum) / (self.maximum - self.minimum)

    def denormalise(self, position: float) -> float:
        """Value at ``position`` (clamped to 0..1), always inside the range."""
        position = min(max(position, 0.0), 1.0)
        if self.curve == "log":
            value = self.minimum * math.pow(self.maximum / self.minimum, position)
        else:
            value = self.minimum + (self.maximum - self.minimum) * position
        return min(max(value, self.minimum), self.maximum)


def _band(
    name: str, label: str, hz: tuple[float, float, float], gain_db: float, q: bool
) -> tuple[Parameter, ...]:
    """Frequency, gain and (for a peak) width of one equaliser band; ``hz`` is (low, high, at)."""
    low, high, at = hz
    frequency = Parameter(
        f"{name}_hz", f"{label} frequency", "Hz", low, high, at, "log", "Equaliser",
        "Where on the spectrum this band works.", False,
    )  # fmt: skip
    gain = Parameter(
        f"{name}_gain_db", f"{label} gain", "dB", -gain_db, gain_db, 0.0, "linear", "Equaliser",
        "Turns this part of the spectrum up or down.", True,
    )  # fmt: skip
    width = Parameter(
        f"{name}_q", f"{label} Q", "", 0.3, 4.0, 0.9, "log", "Equaliser",
        "How narrow the band is: low is broad and gentle, high is a narrow notch or bump.", False,
    )  # fmt: skip
    return (frequency, gain, width) if q else (frequency, gain)


def _equaliser(gain_db: float) -> tuple[Parameter, ...]:
    return (
        *_band("low_shelf", "Low shelf", (40.0, 400.0, 100.0), gain_db, q=False),
        *_band("peak1", "Low mid", (80.0, 1000.0, 250.0), gain_db, q=True),
        *_band("peak2", "Mid", (300.0, 4000.0, 1000.0), gain_db, q=True),
        *_band("peak3", "High mid", (1500.0, 12000.0, 3500.0), gain_db, q=True),
        *_band("high_shelf", "High shelf", (3000.0, 16000.0, 8000.0), gain_db, q=False),
    )


def _compressor(
    *, threshold_db: float, ratio: float, attack_ms: float, release_ms: float, makeup_db: float
) -> tuple[Parameter, ...]:
    """A compressor whose default ratio of 1 leaves the sound alone."""
    group = "Compressor"
    return (
        Parameter(
            "comp_threshold_db", "Threshold", "dB", -60.0, 0.0, threshold_db, "linear", group,
            "Peaks above this level are turned down.", True,
        ),
        Parameter(
            "comp_ratio", "Ratio", ":1", 1.0, ratio, 1.0, "log", group,
            "How strongly: at 4, a peak 4 dB over the threshold comes out 1 dB over. 1 is off.",
            True,
        ),
        Parameter(
            "comp_attack_ms", "Attack", "ms", 0.5, 100.0, attack_ms, "log", group,
            "How fast it reacts: slow lets the punch of a hit through.", True,
        ),
        Parameter(
            "comp_release_ms", "Release", "ms", 20.0, 1000.0, release_ms, "log", group,
            "How fast it lets go: fast sounds lively, slow sounds smooth.", True,
        ),
        Parameter(
            "comp_knee_db", "Knee", "dB", 0.0, 18.0, 6.0, "linear", group,
            "How gradually compression sets in around the threshold.", False,
        ),
        Parameter(
            "comp_makeup_db", "Make-up", "dB", 0.0, makeup_db, 0.0, "linear", group,
            "Level given back after compression.", True,
        ),
    )  # fmt: skip


def _level(name: str, label: str, top: float, default: float, group: str, tip: str) -> Parameter:
    return Parameter(
        name, label, "dB", OFF_DB, top, default, "linear", group,
        f"{tip} Silent at the bottom.", True,
    )  # fmt: skip


def _damping(default: float) -> Parameter:
    return Parameter(
        "damping_hz", "Damping", "Hz", 1000.0, 16000.0, default, "log", "Tone",
        "Highs above this fade faster with every reflection: lower is darker.", False,
    )  # fmt: skip


def _width(maximum: float) -> Parameter:
    return Parameter(
        "width", "Width", "", 0.0, maximum, 1.0, "linear", "Stereo",
        "How wide the stereo image is: 0 is mono, 1 leaves it as it is.", True,
    )  # fmt: skip


STRIP: Final[tuple[Parameter, ...]] = (
    Parameter(
        "highpass_hz", "High-pass", "Hz", 20.0, 400.0, 20.0, "log", "Equaliser",
        "Removes rumble below this frequency. Off at the lowest value.", True,
    ),
    *_equaliser(12.0),
    *_compressor(
        threshold_db=-18.0, ratio=10.0, attack_ms=10.0, release_ms=120.0, makeup_db=12.0
    ),
    Parameter(
        "pan", "Pan", "", -1.0, 1.0, 0.0, "linear", "Stereo",
        "Where between the speakers: -1 is left, 1 is right.", True,
    ),
    _width(2.0),
    _level("reverb_send_db", "Reverb send", 0.0, OFF_DB, "Sends", "How much goes to the reverb."),
    _level("delay_send_db", "Delay send", 0.0, OFF_DB, "Sends", "How much goes to the echo."),
    _level("fader_db", "Fader", 12.0, 0.0, "Level", "The loudness of this stem in the mix."),
)  # fmt: skip

REVERB: Final[tuple[Parameter, ...]] = (
    Parameter(
        "predelay_ms", "Pre-delay", "ms", 0.0, 120.0, 20.0, "linear", "Space",
        "Silence before the room answers: more keeps the voice clear in a large room.", False,
    ),
    Parameter(
        "decay_s", "Decay", "s", 0.2, 6.0, 1.6, "log", "Space",
        "Seconds until the room has faded by 60 dB: short is a room, long is a cathedral.", True,
    ),
    _damping(6000.0),
    _level("return_db", "Reverb return", 6.0, 0.0, "Level", "How loud the reverb comes back."),
)  # fmt: skip

DELAY: Final[tuple[Parameter, ...]] = (
    Parameter(
        "time_ms", "Time", "ms", 30.0, 1000.0, 375.0, "log", "Echo",
        "Time from one echo to the next.", False,
    ),
    Parameter(
        "feedback", "Feedback", "", 0.0, 0.75, 0.3, "linear", "Echo",
        "How many echoes follow: 0 is a single one.", False,
    ),
    _damping(4000.0),
    _level("return_db", "Delay return", 6.0, 0.0, "Level", "How loud the echoes come back."),
)  # fmt: skip

MASTER: Final[tuple[Parameter, ...]] = (
    *_equaliser(6.0),
    *_compressor(threshold_db=-12.0, ratio=4.0, attack_ms=30.0, release_ms=200.0, makeup_db=6.0),
    _width(1.6),
    Parameter(
        "ceiling_dbtp", "Ceiling", "dBTP", -6.0, -1.0, -1.0, "linear", "Loudness",
        "No peak of the finished mix, even between samples, is higher than this.", False,
    ),
    Parameter(
        "target_lufs", "Loudness", "LUFS", -24.0, -9.0, -14.0, "linear", "Loudness",
        "How loud the finished mix is overall. Streaming services play at about -14.", False,
    ),
)  # fmt: skip

SECTIONS: Final[Mapping[SectionName, tuple[Parameter, ...]]] = {
    "strip": STRIP,
    "reverb": REVERB,
    "delay": DELAY,
    "master": MASTER,
}
GLOBALS: Final[tuple[Parameter, ...]] = (*REVERB, *DELAY, *MASTER)
"""The order of the parameters that a console has once, as in ``Settings.normalised``."""


@dataclass(frozen=True)
class _Scale:
    """Whole sections mapped between values and positions at once; arrays are (parameters,)."""

    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    log: NDArray[np.bool_]

    @classmethod
    def of(cls, parameters: Sequence[Parameter]) -> Self:
        return cls(
            np.array([p.minimum for p in parameters]),
            np.array([p.maximum for p in parameters]),
            np.array([p.curve == "log" for p in parameters]),
        )

    def positions(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        low = np.where(self.log, self.minimum, 1.0)
        high = np.where(self.log, self.maximum, 2.0)
        safe = np.where(self.log, values, 1.0)
        linear = (values - self.minimum) / (self.maximum - self.minimum)
        positions = np.where(self.log, np.log(safe / low) / np.log(high / low), linear)
        return np.clip(positions, 0.0, 1.0).astype(np.float32)

    def values(self, positions: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
        where = np.asarray(positions, dtype=np.float64)
        if where.shape != shape:
            raise SettingsInvalid(f"Positions have shape {where.shape}, expected {shape}.")
        if not np.isfinite(where).all():
            raise SettingsInvalid("Positions must be finite numbers.")
        where = np.clip(where, 0.0, 1.0)
        low = np.where(self.log, self.minimum, 1.0)
        high = np.where(self.log, self.maximum, 1.0)
        linear = self.minimum + (self.maximum - self.minimum) * where
        values = np.where(self.log, low * (high / low) ** where, linear)
        return np.clip(values, self.minimum, self.maximum)


_STRIP_SCALE: Final = _Scale.of(STRIP)
_GLOBAL_SCALE: Final = _Scale.of(GLOBALS)


@dataclass(frozen=True)
class Settings:
    """All parameter values of one console: one mapping per strip, and the buses and master."""

    strips: tuple[dict[str, float], ...]
    reverb: dict[str, float]
    delay: dict[str, float]
    master: dict[str, float]

    @classmethod
    def default(cls, strip_count: int) -> Self:
        """The neutral console: everything flat, nothing compressed, nothing sent."""
        return cls.from_json({"version": SETTINGS_VERSION, "strips": [{}] * strip_count})

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data that ``from_json`` reads back to equal settings."""
        return {
            "version": SETTINGS_VERSION,
            "strips": [dict(strip) for strip in self.strips],
            "reverb": dict(self.reverb),
            "delay": dict(self.delay),
            "master": dict(self.master),
        }

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Read settings strictly; only missing parameters are allowed and take their default.

        Raises:
            SettingsInvalid: wrong version or shape, unknown names, values that are not finite
                numbers inside the parameter's range.
        """
        if not isinstance(data, Mapping):
            raise SettingsInvalid("Settings must be an object.")
        unknown = set(data) - {"version", "strips", "reverb", "delay", "master"}
        if unknown:
            raise SettingsInvalid(f"Settings have no section {_names(unknown)}.")
        version = data.get("version")
        if type(version) is not int or version != SETTINGS_VERSION:
            raise SettingsInvalid(f"Settings version must be {SETTINGS_VERSION}.")
        strips = data.get("strips")
        if not isinstance(strips, list | tuple) or not 1 <= len(strips) <= MAX_STRIPS:
            raise SettingsInvalid(f"Settings need a list of 1 to {MAX_STRIPS} strips.")
        return cls(
            strips=tuple(_read(s, STRIP, f"strips[{i}]") for i, s in enumerate(strips)),
            reverb=_read(data.get("reverb", {}), REVERB, "reverb"),
            delay=_read(data.get("delay", {}), DELAY, "delay"),
            master=_read(data.get("master", {}), MASTER, "master"),
        )

    def normalised(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Positions in 0..1: strips (n, len(STRIP)) and globals (len(GLOBALS),)."""
        strips = np.array([[strip[p.name] for p in STRIP] for strip in self.strips])
        shared = np.array(
            [self.reverb[p.name] for p in REVERB]
            + [self.delay[p.name] for p in DELAY]
            + [self.master[p.name] for p in MASTER]
        )
        return _STRIP_SCALE.positions(strips), _GLOBAL_SCALE.positions(shared)

    @classmethod
    def from_normalised(cls, strips: ArrayLike, shared: ArrayLike) -> Self:
        """Settings at positions as ``normalised`` gives them; positions are clamped to 0..1.

        Raises:
            SettingsInvalid: wrong shapes, non-finite positions, or not 1 to 32 strips.
        """
        count = len(np.asarray(strips))
        if not 1 <= count <= MAX_STRIPS:
            raise SettingsInvalid(f"Settings need 1 to {MAX_STRIPS} strips.")
        rows = _STRIP_SCALE.values(strips, (count, len(STRIP))).tolist()
        row = iter(_GLOBAL_SCALE.values(shared, (len(GLOBALS),)).tolist())
        return cls(
            strips=tuple({p.name: v for p, v in zip(STRIP, r, strict=True)} for r in rows),
            reverb={p.name: next(row) for p in REVERB},
            delay={p.name: next(row) for p in DELAY},
            master={p.name: next(row) for p in MASTER},
        )


def _names(names: set[Any]) -> str:
    return ", ".join(sorted(repr(name)[:60] for name in names))


def _read(values: object, parameters: Sequence[Parameter], place: str) -> dict[str, float]:
    if not isinstance(values, Mapping):
        raise SettingsInvalid(f"{place} must be an object.")
    unknown = set(values) - {p.name for p in parameters}
    if unknown:
        raise SettingsInvalid(f"{place} has no parameter {_names(unknown)}.")
    return {
        p.name: _number(values[p.name], p, place) if p.name in values else p.default
        for p in parameters
    }


def _number(value: object, parameter: Parameter, place: str) -> float:
    where = f"{place}.{parameter.name}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SettingsInvalid(f"{where} must be a number.")
    if not parameter.minimum <= value <= parameter.maximum:  # also refuses NaN
        low, high = parameter.minimum, parameter.maximum
        raise SettingsInvalid(f"{where} must be between {low:g} and {high:g} {parameter.unit}.")
    return float(value)


def learned_indices(parameters: Sequence[Parameter]) -> NDArray[np.intp]:
    """Where in ``parameters`` the learned ones stand, ascending."""
    return np.flatnonzero([p.learned for p in parameters])


def table() -> list[dict[str, Any]]:
    """The whole table as JSON data, one object per parameter with its section first."""
    return [
        {"section": section, **asdict(parameter)}
        for section, parameters in SECTIONS.items()
        for parameter in parameters
    ]
