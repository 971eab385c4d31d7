"""The peer of the renderer: the same kind of console built from Spotify's pedalboard (JUCE).

It lacks pan, width, a measured loudness target and the true-peak search, and its filters,
compressor, reverb and limiter are its own, so the two mixes sound alike and are not equal.
pedalboard is GPL-3.0: it is compared with, in development, and never shipped or needed.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio import SAMPLE_RATE
from mixing.audio.decibels import amplitude
from mixing.audio.parameters import Settings

NAME: Final = "pedalboard"
_PEAKS: Final = ("peak1", "peak2", "peak3")


def installed_version() -> str | None:
    """The version that can be imported, or None."""
    return version(NAME) if find_spec(NAME) else None


def _pedalboard() -> Any:
    """The module, imported only where it is installed and asked for."""
    return import_module(NAME)


class PedalboardConsole:
    """The console set up once; a call mixes stems (2, samples) on the calling thread."""

    def __init__(self, settings: Settings) -> None:
        pedalboard = _pedalboard()
        self._strips = [
            pedalboard.Pedalboard(
                [
                    pedalboard.HighpassFilter(strip["highpass_hz"]),
                    *_equaliser(strip),
                    _compressor(strip),
                    pedalboard.Gain(strip["comp_makeup_db"] + strip["fader_db"]),
                ]
            )
            for strip in settings.strips
        ]
        self._sends = [np.float32(amplitude(strip["reverb_send_db"])) for strip in settings.strips]
        self._reverb = pedalboard.Reverb(room_size=0.6, wet_level=0.33, dry_level=0.0)
        master = settings.master
        self._master = pedalboard.Pedalboard(
            [
                *_equaliser(master),
                _compressor(master),
                pedalboard.Limiter(threshold_db=master["ceiling_dbtp"]),
            ]
        )

    def render(self, stems: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """The mix (2, samples)."""
        bus, sent = np.zeros_like(stems[0]), np.zeros_like(stems[0])
        for stem, strip, send in zip(stems, self._strips, self._sends, strict=True):
            processed = strip(stem, SAMPLE_RATE)
            bus += processed
            sent += processed * send
        bus += self._reverb(sent, SAMPLE_RATE)
        mix: NDArray[np.float32] = self._master(bus, SAMPLE_RATE)
        return mix


def _equaliser(section: Mapping[str, float]) -> list[Any]:
    pedalboard = _pedalboard()
    low, *peaks, high = (
        (section[f"{band}_hz"], section[f"{band}_gain_db"])
        for band in ("low_shelf", *_PEAKS, "high_shelf")
    )
    return [
        pedalboard.LowShelfFilter(*low),
        *(
            pedalboard.PeakFilter(*peak, q=section[f"{band}_q"])
            for band, peak in zip(_PEAKS, peaks, strict=True)
        ),
        pedalboard.HighShelfFilter(*high),
    ]


def _compressor(section: Mapping[str, float]) -> Any:
    pedalboard = _pedalboard()
    return pedalboard.Compressor(
        threshold_db=section["comp_threshold_db"],
        ratio=section["comp_ratio"],
        attack_ms=section["comp_attack_ms"],
        release_ms=section["comp_release_ms"],
    )
