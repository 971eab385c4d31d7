"""Look-ahead true-peak limiter with a smooth gain that is never above what the peaks allow.

Every sample's allowed gain is ceiling / true peak around it (eight times oversampled). The lowest
allowed gain over the look-ahead is held, recovers exponentially, and is smoothed by two moving
averages whose joint length is the look-ahead: each average is over values that already know the
peak, so the smoothed gain reaches the peak in time and exceeds no allowed gain. The song is all
there, so the look-ahead costs no delay.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.compiled import compiled
from mixing.audio.decibels import amplitude
from mixing.audio.true_peak import TAPS, between, interpolator, true_peak

OVERSAMPLING: Final = 8
LOOKAHEAD_MS: Final = 4.0
RELEASE_MS: Final = 90.0
SAFETY_DB: Final = 0.1
"""Aimed below the ceiling: a moving gain and other meters' filters see slightly other peaks."""
_STEP: Final = 512
_ZERO: Final = np.float32(0.0)


class Limiter:
    """Peaks of one mix, found once; ``apply`` may then be tried with several gains.

    Args:
        mix: (2, samples), not changed.
        ceiling_dbtp: true peak that the output keeps.
    """

    def __init__(self, mix: NDArray[np.float32], ceiling_dbtp: float, sample_rate: int) -> None:
        self._mix = mix
        self._ceiling = amplitude(ceiling_dbtp)
        self._reach = max(2, round(LOOKAHEAD_MS * sample_rate / 4000))
        self._release = float(np.exp(-1000.0 / (RELEASE_MS * sample_rate)))
        self._peaks = np.zeros(mix.shape[1] + 1, np.float32)
        _peaks(mix, interpolator(OVERSAMPLING), self._peaks)

    def reduces(self, gain: float) -> bool:
        """Whether the limiter has anything to do on the mix turned up by ``gain``."""
        return bool(gain * self._peaks.max(initial=0.0) > self._aim)

    def apply(self, gain: float) -> NDArray[np.float32]:
        """The mix times ``gain``, limited: a new (2, samples)."""
        if not self.reduces(gain):
            return self._mix * np.float32(gain)
        audio = np.empty_like(self._mix)
        _limit(self._mix, self._peaks, gain, self._aim, self._reach, self._release, audio)
        highest = true_peak(audio, OVERSAMPLING)
        if highest > self._ceiling:
            audio *= np.float32(self._ceiling / highest * (1 - 1e-6))
        return audio

    @property
    def _aim(self) -> float:
        return self._ceiling * amplitude(-SAFETY_DB)


@compiled()
def _peaks(
    mix: NDArray[np.float32], weights: NDArray[np.float32], peaks: NDArray[np.float32]
) -> None:
    """Highest point of both channels from each sample to the next, into peaks[1:]."""
    count = mix.shape[1]
    row = np.empty(_STEP + 2 * TAPS, np.float32)
    for channel in range(mix.shape[0]):
        for start in range(0, count, _STEP):
            for i in range(row.size):
                at = start - TAPS + i
                row[i] = mix[channel, at] if 0 <= at < count else _ZERO
            length = min(_STEP, count - start)
            between(row, TAPS, length, weights, peaks[1 + start : 1 + start + length])


@compiled()
def _limit(
    mix: NDArray[np.float32],
    peaks: NDArray[np.float32],
    gain: float,
    aim: float,
    reach: int,
    release: float,
    out: NDArray[np.float32],
) -> None:
    """Hold (2 reach each side), release, average twice (reach each side), and multiply.

    The stages run in step: the held value is known ``2 * reach`` samples after its centre, and
    either average ``reach`` samples after that.
    """
    count = mix.shape[1]
    hold = 4 * reach + 1
    width = 2 * reach + 1
    queue_gain = np.ones(hold + 1)
    queue_time = np.zeros(hold + 1, np.int64)
    head = tail = 0
    first = np.ones(width)
    second = np.ones(width)
    first_sum = second_sum = float(width)
    recovered = 1.0
    size = hold + 1
    for n in range(count + 4 * reach):
        allowed = 1.0
        if n < count:
            peak = gain * max(peaks[n], peaks[n + 1])
            if peak > aim:
                allowed = aim / peak
        while tail > head and queue_gain[(tail - 1) % size] >= allowed:
            tail -= 1
        queue_gain[tail % size] = allowed
        queue_time[tail % size] = n
        tail += 1
        if queue_time[head % size] <= n - hold:
            head += 1
        recovered = min(queue_gain[head % size], 1.0 - release * (1.0 - recovered))
        slot = n % width
        first_sum += recovered - first[slot]
        first[slot] = recovered
        mean = first_sum / width
        second_sum += mean - second[slot]
        second[slot] = mean
        t = n - 4 * reach
        if t >= 0:
            factor = np.float32(gain * min(second_sum / width, 1.0))
            out[0, t] = mix[0, t] * factor
            out[1, t] = mix[1, t] * factor
