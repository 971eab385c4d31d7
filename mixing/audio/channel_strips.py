"""All channel strips in one pass: equaliser, compressor, width, pan, sends and fader.

Everything after the compressor is linear, so make-up, width, pan, fader and sends of a strip are
one matrix from its channels to the buses. The master bus is one more strip of the same kind.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio import compressor, equaliser
from mixing.audio.compiled import SUMS, compiled
from mixing.audio.compressor import compress
from mixing.audio.decibels import amplitude
from mixing.audio.equaliser import equalise
from mixing.audio.lanes import BLOCK, LANES, assign
from mixing.audio.panning import placement
from mixing.audio.parameters import OFF_DB

BUSES: Final = 6
"""Rows of a bus block: mix left and right, reverb left and right, delay left and right."""
LARGEST_INPUT: Final = np.float32(1000.0)
"""Samples are held within +-60 dBFS; the limiter deals with whatever is over full scale."""
_SMALLEST_INPUT: Final = np.float32(1e-15)
_ZERO: Final = np.float32(0.0)


def gain(level_db: float) -> float:
    """Amplitude of a fader, send or return, which is silent at the bottom of its range."""
    return amplitude(level_db) if level_db > OFF_DB else 0.0


def routing(strip: Mapping[str, float], channels: int) -> NDArray[np.float64]:
    """(BUSES, channels): how much of each channel, after the compressor, reaches each bus."""
    placed = placement(channels, strip.get("pan", 0.0), strip["width"])
    mixed = placed * gain(strip.get("fader_db", 0.0)) * amplitude(strip["comp_makeup_db"])
    sends = (strip.get("reverb_send_db", OFF_DB), strip.get("delay_send_db", OFF_DB))
    return np.concatenate([mixed, *(mixed * gain(send) for send in sends)])


class StripBank:
    """Channel strips with their running state; feed it a song from start to end in chunks.

    Args:
        strips: parameters by name; the master's section works too (it has no pan and no sends).
        channels: 1 or 2 for every strip.
        sample_rate: frames per second.
    """

    def __init__(
        self, strips: Sequence[Mapping[str, float]], channels: Sequence[int], sample_rate: int
    ) -> None:
        self._lanes = assign(channels)
        groups = 1 + max(lane.group for lane in self._lanes)
        eq = np.zeros((groups, equaliser.KNOB_ROWS, LANES), np.float32)
        comp = np.zeros((groups, compressor.KNOB_ROWS, LANES), np.float32)
        routes = np.zeros((groups, BUSES, LANES), np.float32)
        eq_of = [equaliser.knobs(strip, sample_rate) for strip in strips]
        route_of = [routing(s, count) for s, count in zip(strips, channels, strict=True)]
        for at in self._lanes:
            strip = strips[at.strip]
            eq[at.group, :, at.lane] = eq_of[at.strip]
            comp[at.group, :, at.lane] = compressor.knobs(strip, sample_rate, linked=at.linked)
            routes[at.group, :, at.lane] = route_of[at.strip][:, at.channel]
        self._eq, self._comp, self._routes = (x.reshape(groups, -1) for x in (eq, comp, routes))
        self._eq_state = np.zeros((groups, equaliser.STATE_ROWS * LANES), np.float32)
        self._comp_state = np.zeros((groups, LANES), np.float32)
        self._compresses = [
            any(strips[at.strip]["comp_ratio"] > 1 for at in self._lanes if at.group == group)
            for group in range(groups)
        ]
        self._sends = [bool(routes[group, 2:].any()) for group in range(groups)]

    def process(
        self, stems: Sequence[NDArray[np.float32]], start: int, stop: int
    ) -> NDArray[np.float32]:
        """Samples ``start`` to ``stop`` of the stems (channels, samples) as (BUSES, samples)."""
        count = stop - start
        buses = np.zeros((BUSES, count), np.float32)
        for group in range(len(self._eq)):
            planar = np.zeros((LANES, count), np.float32)
            for at in self._lanes:
                if at.group == group:
                    planar[at.lane] = stems[at.strip][at.channel, start:stop]
            _run(
                planar,
                self._eq[group],
                self._eq_state[group],
                self._comp[group],
                self._comp_state[group],
                self._compresses[group],
                self._routes[group],
                self._sends[group],
                buses,
            )
        return buses


@compiled()
def _load(planar: NDArray[np.float32], start: int, count: int, block: NDArray[np.float32]) -> None:
    """Interleave the lanes, and make silence of NaN and denormals, and a level of infinity."""
    for lane in range(LANES):
        for t in range(count):
            x = planar[lane, start + t]
            x = min(max(x, -LARGEST_INPUT), LARGEST_INPUT)
            block[t * LANES + lane] = x if abs(x) > _SMALLEST_INPUT else _ZERO


@compiled(SUMS)
def _mix(block: NDArray[np.float32], start: int, count: int, routes: NDArray[np.float32],
         buses: NDArray[np.float32]) -> None:  # fmt: skip
    for t in range(count):
        left = _ZERO
        right = _ZERO
        for lane in range(LANES):
            x = block[t * LANES + lane]
            left += routes[lane] * x
            right += routes[LANES + lane] * x
        buses[0, start + t] += left
        buses[1, start + t] += right


@compiled(SUMS)
def _send(block: NDArray[np.float32], start: int, count: int, routes: NDArray[np.float32],
          buses: NDArray[np.float32]) -> None:  # fmt: skip
    for t in range(count):
        reverb_left = reverb_right = delay_left = delay_right = _ZERO
        for lane in range(LANES):
            x = block[t * LANES + lane]
            reverb_left += routes[2 * LANES + lane] * x
            reverb_right += routes[3 * LANES + lane] * x
            delay_left += routes[4 * LANES + lane] * x
            delay_right += routes[5 * LANES + lane] * x
        buses[2, start + t] += reverb_left
        buses[3, start + t] += reverb_right
        buses[4, start + t] += delay_left
        buses[5, start + t] += delay_right


@compiled()
def _run(
    planar: NDArray[np.float32],
    eq: NDArray[np.float32],
    eq_state: NDArray[np.float32],
    comp: NDArray[np.float32],
    comp_state: NDArray[np.float32],
    compresses: bool,
    routes: NDArray[np.float32],
    sends: bool,
    buses: NDArray[np.float32],
) -> None:
    block = np.empty(BLOCK * LANES, np.float32)
    reduction = np.empty_like(block)
    for start in range(0, planar.shape[1], BLOCK):
        count = min(BLOCK, planar.shape[1] - start)
        _load(planar, start, count, block)
        equalise(block, count, eq, eq_state)
        if compresses:
            compress(block, count, comp, comp_state, reduction)
        _mix(block, start, count, routes, buses)
        if sends:
            _send(block, start, count, routes, buses)
