"""What was measured on a mix, drawn: loudness over time, spectrum, stereo image, masking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from mixing.audio.bands import BAND_EDGES_HZ, BANDS, THIRDS_HZ

WIDTH: Final = 320
HEIGHT: Final = 96
LOUDNESS_RANGE_LUFS: Final = (-40.0, -4.0)
SPECTRUM_RANGE_DB: Final = (-42.0, -4.0)
_MONO_LOSS_HEARD_DB: Final = 1.0
_MOSTLY: Final = (0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True)
class Figure:
    """One number in words for people, an en dash for what silence has none of."""

    name: str
    value: str
    unit: str
    text: str


@dataclass(frozen=True)
class BandRow:
    """One band: its level in the mix, and its stereo image; positions are 0-1."""

    name: str
    hz: str
    level_db: float
    level_position: float
    width: str
    correlation: str


@dataclass(frozen=True)
class Cover:
    """How much of a stem is covered in one band: percent, by whom, and a shade 0-4."""

    percent: int | None
    by: str
    shade: int


@dataclass(frozen=True)
class StemRow:
    name: str
    percent: int
    covers: tuple[Cover, ...]


@dataclass(frozen=True)
class MeasurementDrawing:
    """Paths are SVG in a box of WIDTH by HEIGHT; what an older measurement lacks is empty."""

    figures: tuple[Figure, ...]
    course: str
    average_y: float | None
    spectrum: str
    bands: tuple[BandRow, ...]
    low_end: str
    stems: tuple[StemRow, ...]
    is_complete: bool


def draw_measurements(measured: Mapping[str, Any], stems: Sequence[str] = ()) -> MeasurementDrawing:
    """Drawing of ``Mix.measurements``; ``stems`` are the strips' names, in order."""
    course = measured.get("loudness_course_lufs") or ()
    lufs = measured.get("lufs")
    return MeasurementDrawing(
        figures=_figures(measured),
        course=_path(course, LOUDNESS_RANGE_LUFS),
        average_y=_y(lufs, LOUDNESS_RANGE_LUFS) if course and lufs is not None else None,
        spectrum=spectrum_path(measured.get("third_octaves_db") or ()),
        bands=_bands(measured),
        low_end=_low_end(measured.get("low_end_mono_loss_db")),
        stems=_stems(measured.get("masking") or (), stems),
        is_complete="third_octaves_db" in measured,
    )


def _figures(measured: Mapping[str, Any]) -> tuple[Figure, ...]:
    rows = (
        ("Loudness", "lufs", "LUFS", "Of the whole, by ITU-R BS.1770"),
        ("Loudest 3 s", "short_term_max_lufs", "LUFS", "Highest short-term loudness"),
        ("Loudest 0.4 s", "momentary_max_lufs", "LUFS", "Highest momentary loudness"),
        ("Range", "lra", "LU", "From quiet to loud parts, by EBU Tech 3342"),
        ("True peak", "true_peak_dbtp", "dBTP", "Highest point, also between samples"),
        ("Peak to loudness", "plr_db", "dB", "True peak over loudness: dynamics that are left"),
        ("Crest", "crest_db", "dB", "Peak over average level"),
        ("Width", "width", "", "0 is mono, 1 as wide as noise"),
        ("Correlation", "correlation", "", "1 is mono, 0 unrelated sides, below 0 cancels"),
    )
    return tuple(
        Figure(name, _number(measured[key], 1 if unit else 2), unit, text)
        for name, key, unit, text in rows
        if key in measured
    )


def _number(value: float | None, digits: int) -> str:
    if value is None:
        return "\N{EN DASH}"
    return f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _bands(measured: Mapping[str, Any]) -> tuple[BandRow, ...]:
    levels = measured.get("band_balance_db") or ()
    none = (None,) * len(levels)
    widths = measured.get("band_width") or none
    correlations = measured.get("band_correlation") or none
    low, high = SPECTRUM_RANGE_DB[0], 0.0
    return tuple(
        BandRow(
            name=name,
            hz=_span(BAND_EDGES_HZ[i], BAND_EDGES_HZ[i + 1]),
            level_db=levels[i],
            level_position=float(np.clip((levels[i] - low) / (high - low), 0.0, 1.0)),
            width=_number(widths[i], 2),
            correlation=_number(correlations[i], 2),
        )
        for i, name in enumerate(BANDS[: len(levels)])
    )


def _span(low_hz: float, high_hz: float) -> str:
    def text(hz: float) -> str:
        return f"{hz / 1000:g} kHz" if hz >= 1000 else f"{hz:g} Hz"

    return f"{text(low_hz)}\N{EN DASH}{text(high_hz)}"


def _low_end(loss_db: float | None) -> str:
    if loss_db is None:
        return ""
    if loss_db < _MONO_LOSS_HEARD_DB:
        return f"The low end holds together on one speaker: it loses {loss_db:.1f} dB in mono."
    return f"The low end loses {loss_db:.1f} dB on one speaker: its sides partly cancel."


def _stems(masking: Sequence[Mapping[str, Any]], names: Sequence[str]) -> tuple[StemRow, ...]:
    known = [*names, *(f"Stem {i}" for i in range(len(names) + 1, len(masking) + 1))]
    return tuple(
        StemRow(
            name=known[i],
            percent=round(100 * row["share"]),
            covers=tuple(
                Cover(
                    percent=None if share is None else round(100 * share),
                    by="" if by is None or not share else known[by],
                    shade=0 if share is None else sum(share >= limit for limit in _MOSTLY),
                )
                for share, by in zip(row["bands"], row["by"], strict=True)
            ),
        )
        for i, row in enumerate(masking)
    )


def spectrum_path(levels_db: Sequence[float]) -> str:
    """Third octaves on a logarithmic axis from 20 Hz to 20 kHz, as an SVG path."""
    at = np.log10(np.array(THIRDS_HZ[: len(levels_db)]) / 20.0) / 3.0
    return _path(levels_db, SPECTRUM_RANGE_DB, at)


def _path(
    values: Sequence[float], ends: tuple[float, float], at: np.ndarray[Any, Any] | None = None
) -> str:
    if len(values) < 2:
        return ""
    x = WIDTH * (np.linspace(0.0, 1.0, len(values)) if at is None else np.clip(at, 0.0, 1.0))
    points = " ".join(f"{px:.1f},{_y(v, ends):.1f}" for px, v in zip(x, values, strict=True))
    return f"M{points}"


def _y(value: float, ends: tuple[float, float]) -> float:
    low, high = ends
    return float(HEIGHT * (1.0 - np.clip((value - low) / (high - low), 0.0, 1.0)))
