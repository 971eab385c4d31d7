"""The console's parameters, declared once: every knob's unit, range, default and meaning.

A *position* is a value mapped onto 0..1 along the parameter's curve. A parameter that is not
``learned`` keeps its default in every mixer's settings; those of the newer processors default to
a place where the processor does nothing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

Curve = Literal["linear", "log"]
SectionName = Literal["strip", "reverb", "delay", "master"]

OFF_DB: Final = -48.0
"""Faders, sends and returns are silent at this value, the bottom of their range."""


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


def _bus_compressor() -> tuple[Parameter, ...]:
    """What the master's compressor has beyond a strip's; off by default."""
    return (
        Parameter(
            "comp_mix", "Parallel mix", "", 0.0, 1.0, 1.0, "linear", "Compressor",
            "How much of the compressed sound: below 1 the uncompressed one stays beside it.",
            False,
        ),
        Parameter(
            "comp_sidechain_hz", "Side-chain high-pass", "Hz", 20.0, 400.0, 20.0, "log",
            "Compressor", "Bass below this does not make it react. Off at the lowest value.", False,
        ),
    )  # fmt: skip


def _mid_side() -> tuple[Parameter, ...]:
    group = "Mid and side"
    return (
        Parameter(
            "mid_peak_hz", "Mid frequency", "Hz", 200.0, 8000.0, 2500.0, "log", group,
            "Where on the spectrum the bell in the middle of the image works.", False,
        ),
        Parameter(
            "mid_peak_gain_db", "Mid gain", "dB", -6.0, 6.0, 0.0, "linear", group,
            "Brings what stands in the middle forward, such as a voice, or makes room.", False,
        ),
        Parameter(
            "side_lowcut_hz", "Side low cut", "Hz", 20.0, 400.0, 20.0, "log", group,
            "Bass below this goes to the middle. Off at the lowest value.", False,
        ),
        Parameter(
            "side_shelf_hz", "Side shelf frequency", "Hz", 1000.0, 16000.0, 6000.0, "log", group,
            "The shelf works on what lies above this at the edges of the image.", False,
        ),
        Parameter(
            "side_shelf_gain_db", "Side shelf gain", "dB", -6.0, 6.0, 0.0, "linear", group,
            "Air at the edges: more is wider and brighter, less is narrower and darker.", False,
        ),
    )  # fmt: skip


def _multiband_band(name: str, label: str) -> tuple[Parameter, ...]:
    group = "Multiband"
    return (
        Parameter(
            f"{name}_threshold_db", f"{label} threshold", "dB", -60.0, 0.0, -18.0, "linear", group,
            "Peaks of this band above this level are turned down.", False,
        ),
        Parameter(
            f"{name}_ratio", f"{label} ratio", ":1", 1.0, 8.0, 1.0, "log", group,
            "How strongly this band is compressed. 1 is off.", False,
        ),
        Parameter(
            f"{name}_gain_db", f"{label} gain", "dB", -6.0, 6.0, 0.0, "linear", group,
            "Level of this band after its compressor.", False,
        ),
    )  # fmt: skip


def _multiband() -> tuple[Parameter, ...]:
    """Three compressors; out of circuit, crossovers and all, with every ratio 1 and gain 0."""
    group = "Multiband"
    return (
        Parameter(
            "low_crossover_hz", "Low crossover", "Hz", 60.0, 600.0, 180.0, "log", group,
            "Where the low band ends and the middle one begins.", False,
        ),
        Parameter(
            "high_crossover_hz", "High crossover", "Hz", 1000.0, 8000.0, 3000.0, "log", group,
            "Where the middle band ends and the high one begins.", False,
        ),
        *_multiband_band("low", "Low band"),
        *_multiband_band("mid", "Middle band"),
        *_multiband_band("high", "High band"),
        Parameter(
            "multiband_attack_ms", "Band attack", "ms", 0.5, 100.0, 15.0, "log", group,
            "How fast the three bands react.", False,
        ),
        Parameter(
            "multiband_release_ms", "Band release", "ms", 20.0, 1000.0, 150.0, "log", group,
            "How fast the three bands let go.", False,
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
        "note_beats", "Note", "beats", 0.0, 4.0, 0.0, "linear", "Echo",
        "Time in beats, where the song's tempo is known: 0.5 is an eighth, 0.75 a dotted eighth. "
        "At 0 the time in ms holds.", False,
    ),
    Parameter(
        "feedback", "Feedback", "", 0.0, 0.75, 0.3, "linear", "Echo",
        "How many echoes follow: 0 is a single one.", False,
    ),
    Parameter(
        "ping_pong", "Ping-pong", "", 0.0, 1.0, 1.0, "linear", "Stereo",
        "How much of an echo comes back on the other side: 1 swaps sides, 0 keeps them.", False,
    ),
    _damping(4000.0),
    _level("return_db", "Delay return", 6.0, 0.0, "Level", "How loud the echoes come back."),
)  # fmt: skip

MASTER: Final[tuple[Parameter, ...]] = (
    *_equaliser(6.0),
    *_compressor(threshold_db=-12.0, ratio=4.0, attack_ms=30.0, release_ms=200.0, makeup_db=6.0),
    *_bus_compressor(),
    *_mid_side(),
    *_multiband(),
    Parameter(
        "saturation_drive_db", "Saturation", "dB", 0.0, 24.0, 0.0, "linear", "Saturation",
        "How far peaks are driven into a soft curve: warmth first, then grit. 0 is off.", False,
    ),
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
