"""Console settings as a picture: curves, faders and pans ready for a template's SVG.

One or two consoles are drawn into the same strips, so that two mixers' decisions for a stem can be
seen against each other. Coordinates are those of the template's view boxes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mixing.audio.biquad import HIGHPASS_OFF_HZ, eq_response_db
from mixing.audio.parameters import MASTER, OFF_DB, STRIP, Settings

CURVE_WIDTH: Final = 160
CURVE_HEIGHT: Final = 64
CURVE_RANGE_DB: Final = 15.0
_FREQUENCIES: Final = np.geomspace(20.0, 20_000.0, 81)
_X: Final = np.linspace(0.0, CURVE_WIDTH, len(_FREQUENCIES))
_FADER: Final = next(parameter for parameter in STRIP if parameter.name == "fader_db")
_AUDIBLE_RATIO: Final = 1.05


@dataclass(frozen=True)
class StripSetting:
    """One console's knobs for one strip; positions are 0–1, curve is an SVG path."""

    curve: str
    fader_db: float
    fader_position: float
    pan: float
    pan_position: float
    pan_text: str
    compressor: str
    reverb_send_db: float | None
    delay_send_db: float | None
    width: float


@dataclass(frozen=True)
class StripDrawing:
    name: str
    role: str
    settings: tuple[StripSetting, ...]


@dataclass(frozen=True)
class MasterSetting:
    """One console's buses and master; ``extras`` are words for what most consoles leave off."""

    curve: str
    compressor: str
    width: float
    target_lufs: float
    ceiling_dbtp: float
    reverb_decay_s: float
    reverb_return_db: float
    delay_time_ms: float
    delay_return_db: float
    extras: tuple[str, ...]


@dataclass(frozen=True)
class ConsoleDrawing:
    strips: tuple[StripDrawing, ...]
    masters: tuple[MasterSetting, ...]


def draw_consoles(
    consoles: Sequence[Settings], strips: Sequence[tuple[str, str]]
) -> ConsoleDrawing:
    """Drawing of one or two consoles over the same stems; `strips` are (name, role label)."""
    return ConsoleDrawing(
        strips=tuple(
            StripDrawing(name, role, tuple(_strip(console.strips[i]) for console in consoles))
            for i, (name, role) in enumerate(strips)
            if all(i < len(console.strips) for console in consoles)
        ),
        masters=tuple(_master(console) for console in consoles),
    )


def _strip(values: Mapping[str, float]) -> StripSetting:
    return StripSetting(
        curve=_curve(values),
        fader_db=values["fader_db"],
        fader_position=_FADER.normalise(values["fader_db"]),
        pan=values["pan"],
        pan_position=(values["pan"] + 1.0) / 2.0,
        pan_text=_pan_text(values["pan"]),
        compressor=_compressor(values),
        reverb_send_db=_audible(values["reverb_send_db"]),
        delay_send_db=_audible(values["delay_send_db"]),
        width=values["width"],
    )


def _master(console: Settings) -> MasterSetting:
    values = console.master
    return MasterSetting(
        curve=_curve({parameter.name: values[parameter.name] for parameter in MASTER}),
        compressor=_compressor(values),
        width=values["width"],
        target_lufs=values["target_lufs"],
        ceiling_dbtp=values["ceiling_dbtp"],
        reverb_decay_s=console.reverb["decay_s"],
        reverb_return_db=console.reverb["return_db"],
        delay_time_ms=console.delay["time_ms"],
        delay_return_db=console.delay["return_db"],
        extras=tuple(_extras(console)),
    )


def _extras(console: Settings) -> Iterator[str]:
    """What is not neutral of the processors that no mixer moves on its own."""
    master, delay = console.master, console.delay
    if master["mid_peak_gain_db"]:
        yield f"middle {_signed(master['mid_peak_gain_db'])} at {_hertz(master['mid_peak_hz'])}"
    if master["side_lowcut_hz"] > HIGHPASS_OFF_HZ:
        yield f"sides from {_hertz(master['side_lowcut_hz'])}"
    if master["side_shelf_gain_db"]:
        shelf = _signed(master["side_shelf_gain_db"])
        yield f"sides {shelf} above {_hertz(master['side_shelf_hz'])}"
    if any(master[f"{b}_ratio"] > 1 or master[f"{b}_gain_db"] for b in ("low", "mid", "high")):
        yield "three bands"
    if master["comp_mix"] < 1:
        yield f"{master['comp_mix']:.0%} compressed in parallel".replace("%", " %")
    if master["comp_sidechain_hz"] > HIGHPASS_OFF_HZ:
        yield f"side chain from {_hertz(master['comp_sidechain_hz'])}"
    if master["saturation_drive_db"]:
        yield f"saturation {master['saturation_drive_db']:.0f} dB"
    if delay["note_beats"]:
        yield f"an echo every {delay['note_beats']:g} beats"
    if delay["ping_pong"] < 1:
        yield f"ping-pong {delay['ping_pong']:.0%}".replace("%", " %")


def _signed(level_db: float) -> str:
    return f"{level_db:+.1f} dB".replace("-", "\N{MINUS SIGN}")


def _hertz(hz: float) -> str:
    return f"{hz / 1000:.3g} kHz" if hz >= 1000 else f"{hz:.0f} Hz"


def _curve(values: Mapping[str, float]) -> str:
    response = eq_response_db(values, _FREQUENCIES)
    level = np.clip(response, -CURVE_RANGE_DB, CURVE_RANGE_DB)
    y = CURVE_HEIGHT / 2 * (1.0 - level / CURVE_RANGE_DB)
    points = " ".join(f"{px:.1f},{py:.1f}" for px, py in zip(_X, y, strict=True))
    return f"M{points}"


def _pan_text(pan: float) -> str:
    percent = round(abs(pan) * 100)
    if percent < 2:
        return "centre"
    return f"{percent} % {'left' if pan < 0 else 'right'}"


def _compressor(values: Mapping[str, float]) -> str:
    if values["comp_ratio"] < _AUDIBLE_RATIO:
        return "off"
    threshold = f"{values['comp_threshold_db']:.0f}".replace("-", "\N{MINUS SIGN}")
    return f"{values['comp_ratio']:.1f}:1 over {threshold} dB"


def _audible(level_db: float) -> float | None:
    return None if level_db <= OFF_DB else level_db
