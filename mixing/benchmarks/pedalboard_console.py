"""The peer of the renderer: the same kind of console built from Spotify's pedalboard (JUCE).

It lacks pan, width, a measured loudness target and the true-peak search, and its filters,
compressor, reverb and limiter are its own, so the two mixes sound alike and are not equal.
pedalboard is GPL-3.0: it is compared with, in development, and never shipped or needed.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
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
    """The console set up once, which mixes stems (2, samples).

    With more than one of ``threads``, strips run side by side; pedalboard lets go of Python's lock.
    """

    def __init__(self, settings: Settings, threads: int = 1) -> None:
        pedalboard = _pedalboard()
        self._threads = threads
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
        self._sends = [
            (np.float32(amplitude(s["reverb_send_db"])), np.float32(amplitude(s["delay_send_db"])))
            for s in settings.strips
        ]
        self._reverb = pedalboard.Reverb(room_size=0.6, wet_level=0.33, dry_level=0.0)
        self._delay = pedalboard.Delay(
            settings.delay["time_ms"] / 1000, settings.delay["feedback"], mix=1.0
        )
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
        bus, to_reverb, to_delay = (np.zeros_like(stems[0]) for _ in range(3))
        for processed, (reverb, delay) in zip(self._processed(stems), self._sends, strict=True):
            bus += processed
            to_reverb += processed * reverb
            to_delay += processed * delay
        bus += self._reverb(to_reverb, SAMPLE_RATE)
        bus += self._delay(to_delay, SAMPLE_RATE)
        mix: NDArray[np.float32] = self._master(bus, SAMPLE_RATE)
        return mix

    def _processed(self, stems: Sequence[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        """The strips' outputs, each made when it is wanted, or by threads ahead of that."""
        if self._threads == 1:
            yield from map(self._strip, self._strips, stems)
            return
        with ThreadPoolExecutor(self._threads) as pool:
            yield from pool.map(self._strip, self._strips, stems)

    @staticmethod
    def _strip(strip: Any, stem: NDArray[np.float32]) -> NDArray[np.float32]:
        processed: NDArray[np.float32] = strip(stem, SAMPLE_RATE)
        return processed


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
