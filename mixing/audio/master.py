"""The master strip: equaliser, compressor and width of the mix bus.

One stereo signal fills two of sixteen lanes, so a chunk is cut into eight pieces that run side by
side. A piece needs the filters' state at its start, which is where the piece before it ends. The
filters are linear: the state after a piece is what silence would leave of the state before it (one
matrix, found by running the filters on silence) plus what the piece alone leaves. So the pieces
run once from rest to learn the latter, and once more from the true states.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mixing.audio import compressor, equaliser
from mixing.audio.compressor import compress_stereo
from mixing.audio.decibels import amplitude
from mixing.audio.equaliser import STATE_ROWS, equalise
from mixing.audio.lanes import HALF, LANES
from mixing.audio.panning import width_matrix


class MasterStrip:
    """The master section with its running state; feed it the mix bus from start to end."""

    def __init__(self, section: Mapping[str, float], sample_rate: int) -> None:
        self._eq = np.repeat(equaliser.knobs(section, sample_rate), LANES)
        self._eq_state = np.zeros((STATE_ROWS, 2))
        self._decays: dict[int, NDArray[np.float64]] = {}
        self._compresses = section["comp_ratio"] > 1
        self._comp = compressor.knobs(section, sample_rate, linked=True)
        self._reduction = np.float32(0.0)
        self._matrix = width_matrix(section["width"]) * amplitude(section["comp_makeup_db"])

    def process(self, bus: NDArray[np.float32]) -> NDArray[np.float32]:
        """The next samples of the mix bus (2, samples) after the strip: a new array."""
        out = np.empty_like(bus)
        whole = bus.shape[1] // HALF * HALF
        for start, stop, pieces in ((0, whole, HALF), (whole, bus.shape[1], 1)):
            if stop > start:
                self._equalise(bus[:, start:stop], pieces, out[:, start:stop])
        if self._compresses:
            self._reduction = np.float32(compress_stereo(out, self._comp, self._reduction))
        left, right = out
        (same, other), _ = self._matrix.astype(np.float32)
        return np.stack([same * left + other * right, same * right + other * left])

    def _equalise(self, bus: NDArray[np.float32], pieces: int, out: NDArray[np.float32]) -> None:
        length = bus.shape[1] // pieces
        block = np.zeros((length, 2, HALF), np.float32)
        block[:, :, :pieces] = bus.reshape(2, pieces, length).transpose(2, 0, 1)
        states = self._states(block, pieces).astype(np.float32).reshape(-1)
        equalise(block.reshape(-1), length, self._eq, states)
        out[:] = block[:, :, :pieces].transpose(1, 2, 0).reshape(2, -1)
        self._eq_state = states.reshape(STATE_ROWS, 2, HALF)[:, :, pieces - 1].astype(np.float64)

    def _states(self, block: NDArray[np.float32], pieces: int) -> NDArray[np.float64]:
        """State of the filters at the start of every piece, (STATE_ROWS, 2, HALF)."""
        starts = np.zeros((STATE_ROWS, 2, HALF))
        starts[:, :, 0] = self._eq_state
        if pieces > 1:
            alone = np.zeros(STATE_ROWS * LANES, np.float32)
            equalise(block.reshape(-1).copy(), len(block), self._eq, alone)
            left_alone = alone.reshape(starts.shape)
            decay = self._decay(len(block))
            for piece in range(1, pieces):
                starts[:, :, piece] = decay @ starts[:, :, piece - 1] + left_alone[:, :, piece - 1]
        return starts

    def _decay(self, length: int) -> NDArray[np.float64]:
        """What ``length`` samples of silence leave of each state, (STATE_ROWS, STATE_ROWS)."""
        if length not in self._decays:
            states = np.eye(STATE_ROWS, LANES, dtype=np.float32).reshape(-1)
            equalise(np.zeros(length * LANES, np.float32), length, self._eq, states)
            self._decays[length] = states.reshape(STATE_ROWS, LANES)[:, :STATE_ROWS].astype(float)
        return self._decays[length]
