"""Changes a person makes to what a mixer chose: parameter values that replace the mixer's own.

Written as JSON like settings, with only what changes: ``{"strips": {"2": {"fader_db": -3.0}},
"master": {"high_shelf_gain_db": 1.5}}``. Strips are numbered from 0 in the order of the stems.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from mixing.audio.parameters import Settings, SettingsInvalid

Overrides = dict[str, Any]

_SHARED: Final = ("reverb", "delay", "master")


def apply(settings: Settings, overrides: Mapping[str, Any]) -> Settings:
    """The settings with these values in place of the mixer's.

    Raises:
        SettingsInvalid: unknown sections, strips or parameters, or values outside their range.
    """
    _check_shape(overrides)
    whole = settings.to_json()
    for place, values in overrides.get("strips", {}).items():
        if not (place.isascii() and place.isdigit()) or int(place) >= len(settings.strips):
            raise SettingsInvalid(f"There is no strip {place!r:.20}.")
        whole["strips"][int(place)] |= _values(values, f"strips[{place}]")
    for section in _SHARED:
        whole[section] |= _values(overrides.get(section, {}), section)
    return Settings.from_json(whole)


def check(overrides: Mapping[str, Any], *, strips: int) -> None:
    """Raises SettingsInvalid unless the overrides fit a song of so many stems."""
    apply(Settings.default(strips), overrides)


def digest(overrides: Mapping[str, Any]) -> str:
    """One hash for one set of changes; empty for none."""
    if not any(overrides.values()):
        return ""
    return hashlib.sha256(json.dumps(overrides, sort_keys=True).encode()).hexdigest()


def _check_shape(overrides: object) -> None:
    if not isinstance(overrides, Mapping):
        raise SettingsInvalid("Changes must be an object.")
    unknown = set(overrides) - {"strips", *_SHARED}
    if unknown:
        raise SettingsInvalid(f"A console has no section {sorted(map(str, unknown))[0]!r:.60}.")
    if not isinstance(overrides.get("strips", {}), Mapping):
        raise SettingsInvalid("Changes of strips must be an object by the strip's number.")


def _values(values: object, place: str) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise SettingsInvalid(f"{place} must be an object.")
    return dict(values)
