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
from mixing.audio.compressor import compress, compress_linked
from mixing.audio.decibels import amplitude
from mixing.audio.equaliser import equalise
from mixing.audio.lanes import BLOCK, LANES, assign
from mixing.audio.panning import placement
from mixing.audio.parameters import OFF_DB
from mixing.audio.vectors import gather, load, splat, store, transpose

BUSES: Final = 6
"""Rows of a bus block: mix left and right, reverb left and right, delay left and right."""
_BYPASS, _LINKED, _SINGLE = range(3)
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
    """Channel strips with their running state; run it through a song from start to end in chunks.

    Args:
        stems: (1 or 2, samples) each, of one length; they are read where they lie.
        strips: ``STRIP`` parameters by name, one mapping per stem.
        sample_rate: frames per second.
    """

    def __init__(
        self,
        stems: Sequence[NDArray[np.float32]],
        strips: Sequence[Mapping[str, float]],
        sample_rate: int,
    ) -> None:
        self._stems = [_readable(stem) for stem in stems]
        channels = [len(stem) for stem in stems]
        lanes = assign(channels)
        eq_of = [equaliser.knobs(strip, sample_rate) for strip in strips]
        route_of = [routing(s, count) for s, count in zip(strips, channels, strict=True)]
        self._groups = [_Group() for _ in range(1 + max(at.group for at in lanes))]
        for at in lanes:
            strip = strips[at.strip]
            group = self._groups[at.group]
            group.rows[at.lane] = self._stems[at.strip][at.channel]
            group.eq[:, at.lane] = eq_of[at.strip]
            group.comp[:, at.lane] = compressor.knobs(strip, sample_rate, linked=at.linked)
            group.routes[:, at.lane] = route_of[at.strip][:, at.channel]
            if strip["comp_ratio"] > 1:
                group.compression = max(group.compression, _LINKED if at.linked else _SINGLE)
        for group in self._groups:
            group.settle()

    @property
    def groups(self) -> int:
        """Sixteen lanes each; groups share nothing and may run on threads of their own."""
        return len(self._groups)

    def process(self, start: int, stop: int) -> NDArray[np.float32]:
        """Samples ``start`` to ``stop`` of the song as (BUSES, samples)."""
        return self._sum(self._groups, start, stop)

    def process_group(self, group: int, start: int, stop: int) -> NDArray[np.float32]:
        """What one group adds to ``process``."""
        return self._sum([self._groups[group]], start, stop)

    def _sum(self, groups: Sequence["_Group"], start: int, stop: int) -> NDArray[np.float32]:
        count = stop - start
        buses = np.zeros((BUSES, -(-count // LANES) * LANES), np.float32)
        for group in groups:
            group.run(start, count, buses)
        return buses if buses.shape[1] == count else np.ascontiguousarray(buses[:, :count])


class _Group:
    """Sixteen lanes: what they read, their knobs, and their running state.

    Attributes:
        rows: the samples of each lane; None is a lane that nobody uses.
        eq, comp, routes: (rows, LANES) knobs of the equaliser, the compressor and to the buses.
        compression: whether the lanes need the compressor, and which.
    """

    def __init__(self) -> None:
        self.rows: list[NDArray[np.float32] | None] = [None] * LANES
        self.eq = np.zeros((equaliser.KNOB_ROWS, LANES), np.float32)
        self.comp = np.zeros((compressor.KNOB_ROWS, LANES), np.float32)
        self.routes = np.zeros((BUSES, LANES), np.float32)
        self.compression = _BYPASS
        self._eq_state = np.zeros(equaliser.STATE_ROWS * LANES, np.float32)
        self._comp_state = np.zeros(LANES, np.float32)
        self._silence = np.zeros(LANES, np.float32)
        self._places = np.zeros(2 * LANES, np.int64)
        self._heard = np.zeros((BUSES, 2), np.int64)

    def settle(self) -> None:
        """Note where the rows lie, and which lanes each bus hears, from the first to the last."""
        self._places[:] = self._located(self.rows)
        for bus, route in enumerate(self.routes):
            heard = np.flatnonzero(route)
            if heard.size:
                self._heard[bus] = heard[0], heard[-1] + 1

    def run(self, start: int, count: int, buses: NDArray[np.float32]) -> None:
        """Add ``count`` samples to ``buses``, whose rows are padded to whole Vectors."""
        whole = count // LANES * LANES
        self._run(self._places, start, whole, buses, 0)
        if whole < count:  # Vectors must not be read beyond a row's end
            at = start + whole
            ends = [None if row is None else _ending(row[at : start + count]) for row in self.rows]
            self._run(self._located(ends), 0, count - whole, buses, whole)

    def _located(self, rows: Sequence[NDArray[np.float32] | None]) -> NDArray[np.int64]:
        """Address of each row's first sample, and bytes from one sample to the next."""
        at = [self._silence.ctypes.data if row is None else row.ctypes.data for row in rows]
        return np.array(at + [0 if row is None else row.itemsize for row in rows], np.int64)

    def _run(
        self,
        places: NDArray[np.int64],
        start: int,
        count: int,
        buses: NDArray[np.float32],
        written: int,
    ) -> None:
        _run(
            places,
            start,
            count,
            self.eq.reshape(-1),
            self._eq_state,
            self.comp.reshape(-1),
            self._comp_state,
            self.compression,
            self.routes,
            self._heard,
            buses,
            written,
        )


def _readable(stem: NDArray[np.float32]) -> NDArray[np.float32]:
    """The stem with the samples of a row side by side: itself, if they are."""
    return stem if stem.strides[1] == stem.itemsize else np.ascontiguousarray(stem)


def _ending(row: NDArray[np.float32]) -> NDArray[np.float32]:
    """Less than a Vector of samples, filled up with silence."""
    return np.pad(row, (0, LANES - row.size))


@compiled
def _send(
    rows: NDArray[np.float32],
    routes: NDArray[np.float32],
    first: int,
    last: int,
    bus: NDArray[np.float32],
    at: int,
    count: int,
) -> None:
    """Add the lanes from ``first`` to ``last`` by their shares to a bus from ``at`` on.

    ``rows`` holds sample t of a lane at lane * BLOCK + t; four sums at a time hide each other's
    waiting.
    """
    for t in range(0, count, 4 * LANES):
        a = b = c = d = splat(_ZERO)
        for lane in range(first, last):
            share = splat(routes[lane])
            sample = lane * BLOCK + t
            a = a + share * load(rows, sample)
            b = b + share * load(rows, sample + LANES)
            c = c + share * load(rows, sample + 2 * LANES)
            d = d + share * load(rows, sample + 3 * LANES)
        for part, more in enumerate((a, b, c, d)):
            if t + part * LANES < count:
                place = at + t + part * LANES
                store(bus, place, load(bus, place) + more)


@compiled
def _run(
    places: NDArray[np.int64],
    start: int,
    count: int,
    eq: NDArray[np.float32],
    eq_state: NDArray[np.float32],
    comp: NDArray[np.float32],
    comp_state: NDArray[np.float32],
    compression: int,
    routes: NDArray[np.float32],
    heard: NDArray[np.int64],
    buses: NDArray[np.float32],
    written: int,
) -> None:
    """Samples ``start`` and on of the lanes at ``places`` into ``buses`` from ``written`` on.

    What is read and written is rounded up to whole Vectors.
    """
    block = np.zeros(BLOCK * LANES, np.float32)
    rows = np.zeros_like(block)
    for done in range(0, count, BLOCK):
        part = min(BLOCK, count - done)
        for t in range(0, part, LANES):
            gather(places, start + done + t, block, t * LANES)
        equalise(block, part, eq, eq_state)
        if compression == _LINKED:
            compress_linked(block, part, comp, comp_state, rows)
        elif compression == _SINGLE:
            compress(block, part, comp, comp_state, rows)
        for t in range(0, part, LANES):
            transpose(block, t * LANES, LANES, rows, t, BLOCK)
        for bus in range(BUSES):
            first, last = heard[bus]
            _send(rows, routes[bus], first, last, buses[bus], written + done, part)
