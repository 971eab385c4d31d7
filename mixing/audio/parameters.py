"""Settings of a whole console, read strictly, written as JSON, and mapped to positions.

The mixers predict normalised positions through the table of parameters, the renderer and the
browser read units from it, the API documents it, and the evolution measures distances in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixing.audio.parameter_table import (
    DELAY,
    GLOBALS,
    MASTER,
    OFF_DB,
    REVERB,
    SECTIONS,
    STRIP,
    Curve,
    Parameter,
    SectionName,
    learned_indices,
    table,
)

__all__ = [
    "DELAY",
    "GLOBALS",
    "MASTER",
    "MAX_STRIPS",
    "OFF_DB",
    "REVERB",
    "SECTIONS",
    "SETTINGS_VERSION",
    "STRIP",
    "Curve",
    "Parameter",
    "SectionName",
    "Settings",
    "SettingsInvalid",
    "learned_indices",
    "table",
]

SETTINGS_VERSION: Final = 1
MAX_STRIPS: Final = 32


class SettingsInvalid(Exception):
    """Console settings that break the table; ``message`` is a sentence that names the place."""

    code = "settings_invalid"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


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
