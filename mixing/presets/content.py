"""What a preset holds, as JSON, and what becomes of settings under it.

``{"strips": {"*": {"highpass_hz": 60.0}, "drums": {"fader_db": {"by": 2.0}}},
"reverb": {"decay_s": 1.2}, "master": {"target_lufs": -11.0}}``: a number sets a knob, ``{"by": x}``
moves it from where it stands and stops at the ends of its range. ``"*"`` speaks to every strip, a
role to its strips after that. Faders are best moved, because stems come at any level.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mixing.audio.parameters import SECTIONS, Parameter, SectionName, Settings, SettingsInvalid
from mixing.audio.roles import ROLE_LABELS

Content = dict[str, Any]

EVERY: Final = "*"
"""Speaks to every strip, whatever it plays."""
BUSES: Final[tuple[SectionName, ...]] = ("reverb", "delay", "master")


def check(content: object) -> None:
    """Raises SettingsInvalid, with a sentence that names the place, unless this is a preset."""
    if not isinstance(content, Mapping):
        raise SettingsInvalid("A preset must be an object.")
    unknown = set(content) - {"strips", *BUSES}
    if unknown:
        raise SettingsInvalid(f"A preset has no section {_first(unknown)}.")
    strips = content.get("strips", {})
    if not isinstance(strips, Mapping):
        raise SettingsInvalid("The strips of a preset must be an object by role.")
    unknown = set(strips) - {EVERY, *ROLE_LABELS}
    if unknown:
        raise SettingsInvalid(f"There is no role {_first(unknown)}.")
    for role, moves in strips.items():
        _check_moves(moves, "strip", f"strips[{role}]")
    for section in BUSES:
        _check_moves(content.get(section, {}), section, section)
    if not any(strips.values()) and not any(content.get(section) for section in BUSES):
        raise SettingsInvalid("A preset must move at least one knob.")


def apply(
    content: Mapping[str, Any],
    settings: Settings,
    roles: Sequence[str],
    *,
    strip: int | None = None,
) -> Settings:
    """The settings after a preset's moves, all values inside their ranges.

    Args:
        content: as ``check`` accepts it.
        roles: what each strip plays, one per strip.
        strip: only this strip moves, and neither buses nor master.

    Raises:
        ValueError: not one role per strip.
    """
    whole = settings.to_json()
    for number, (values, role) in enumerate(zip(whole["strips"], roles, strict=True)):
        if strip is None or strip == number:
            for named in (EVERY, role):
                _move(values, content.get("strips", {}).get(named, {}), "strip")
    for section in BUSES if strip is None else ():
        _move(whole[section], content.get(section, {}), section)
    return Settings.from_json(whole)


def _move(values: dict[str, float], moves: Mapping[str, Any], section: SectionName) -> None:
    for name, move in moves.items():
        if isinstance(move, Mapping):
            knob = _KNOBS[section][name]
            values[name] = min(max(values[name] + move["by"], knob.minimum), knob.maximum)
        else:
            values[name] = float(move)


def _check_moves(moves: object, section: SectionName, place: str) -> None:
    if not isinstance(moves, Mapping):
        raise SettingsInvalid(f"{place} must be an object.")
    for name, move in moves.items():
        knob = _KNOBS[section].get(name)
        if knob is None:
            raise SettingsInvalid(f"{place} has no parameter {name!r:.60}.")
        where = f"{place}.{name}"
        if not isinstance(move, Mapping):
            _check_number(move, knob.minimum, knob.maximum, where)
        elif set(move) != {"by"}:
            raise SettingsInvalid(f"{where} must be a number or an object with only 'by'.")
        else:
            span = knob.maximum - knob.minimum
            _check_number(move["by"], -span, span, f"{where}.by")


def _check_number(value: object, low: float, high: float, where: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SettingsInvalid(f"{where} must be a number.")
    if not low <= value <= high:  # also refuses NaN
        raise SettingsInvalid(f"{where} must be between {low:g} and {high:g}.")


def _first(names: set[Any]) -> str:
    return f"{sorted(map(str, names))[0]!r:.60}"


_KNOBS: Final[Mapping[SectionName, Mapping[str, Parameter]]] = {
    section: {knob.name: knob for knob in knobs} for section, knobs in SECTIONS.items()
}
