"""All channel strips in one pass: equaliser, compressor, width, pan, sends and fader.

Everything after the compressor is linear, so make-up, width, pan, fader and sends of a strip are
one matrix from its channels to the buses.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio import compressor, equaliser
from mixing.audio.compiled import compiled
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
    placed = placement(channels, strip["pan"], strip["width"])
    mixed = placed * gain(strip["fader_db"]) * amplitude(strip["comp_makeup_db"])
    sends = (strip["reverb_send_db"], strip["delay_send_db"])
    return np.concatenate([mixed, *(mixed * gain(send) for send in sends)])


class StripBank:
    """Channel strips with their running state; feed it a song from start to end in chunks.

    Args:
        strips: ``STRIP`` parameters by name.
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


@compiled
def _load(planar: NDArray[np.float32], start: int, count: int, block: NDArray[np.float32]) -> None:
    """Interleave the lanes, and make silence of NaN and denormals, and a level of infinity."""
    for t in range(count):
        for lane in range(LANES):
            block[t * LANES + lane] = planar[lane, start + t]
    for i in range(count * LANES):
        x = block[i] if abs(block[i]) > _SMALLEST_INPUT else _ZERO
        block[i] = min(max(x, -LARGEST_INPUT), LARGEST_INPUT)


@compiled
def _unload(block: NDArray[np.float32], rows: NDArray[np.float32]) -> None:
    """Lay each lane's samples side by side again: sample t of a lane at lane * BLOCK + t."""
    for lane in range(LANES):
        for t in range(BLOCK):
            rows[lane * BLOCK + t] = block[t * LANES + lane]


@compiled
def _sum(
    rows: NDArray[np.float32],
    routes: NDArray[np.float32],
    bus: int,
    out: NDArray[np.float32],
) -> None:
    """Add all lanes by their share into ``out`` (at least BLOCK,), four at a time."""
    share = bus * LANES
    for lane in range(0, LANES, 4):
        a, b, c, d = routes[share + lane : share + lane + 4]
        at = lane * BLOCK
        for t in range(BLOCK):
            out[t] += (a * rows[at + t] + b * rows[at + BLOCK + t]) + (
                c * rows[at + 2 * BLOCK + t] + d * rows[at + 3 * BLOCK + t]
            )


@compiled
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
    block = np.zeros(BLOCK * LANES, np.float32)
    scratch = np.zeros_like(block)
    out = np.empty(BLOCK, np.float32)
    for start in range(0, planar.shape[1], BLOCK):
        count = min(BLOCK, planar.shape[1] - start)
        _load(planar, start, count, block)
        equalise(block, count, eq, eq_state)
        if compresses:
            compress(block, count, comp, comp_state, scratch)
        _unload(block, scratch)
        for bus in range(BUSES if sends else 2):
            out[:] = _ZERO
            _sum(scratch, routes, bus, out)
            for t in range(count):
                buses[bus, start + t] += out[t]
