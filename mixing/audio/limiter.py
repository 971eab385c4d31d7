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
from mixing.audio.true_peak import STEP, TAPS, between, fetch, interpolator, true_peak

OVERSAMPLING: Final = 8
LOOKAHEAD_MS: Final = 4.0
RELEASE_MS: Final = 90.0
AIM_DB: Final = -0.25
"""Aimed below the ceiling, because a moving gain makes slightly other peaks."""
MARGIN_DB: Final = -0.2
"""Kept below the ceiling, because other meters' filters see other peaks: 0.15 dB in white noise."""


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
        return audio

    def keep_ceiling(self, audio: NDArray[np.float32]) -> None:
        """Turn ``audio`` down in place by the little it may be over the ceiling's margin."""
        highest = true_peak(audio, OVERSAMPLING)
        allowed = self._ceiling * amplitude(MARGIN_DB)
        if highest > allowed:
            audio *= np.float32(allowed / highest)

    @property
    def _aim(self) -> float:
        return self._ceiling * amplitude(AIM_DB)


@compiled
def _peaks(
    mix: NDArray[np.float32], weights: NDArray[np.float32], peaks: NDArray[np.float32]
) -> None:
    """Highest point of both channels from each sample to the next, into peaks[1:]."""
    row = np.empty(STEP + 2 * TAPS, np.float32)
    for channel in range(mix.shape[0]):
        for start in range(0, mix.shape[1], STEP):
            fetch(mix, channel, start - TAPS, row)
            count = min(STEP, mix.shape[1] - start)
            between(row, TAPS, count, weights, peaks[1 + start : 1 + start + count])


@compiled
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
    either average ``reach`` samples after that. The hold is a queue of falling gains.
    """
    count = mix.shape[1]
    hold = 4 * reach + 1
    width = 2 * reach + 1
    size = 1
    while size <= hold:
        size *= 2
    mask = size - 1
    queue_gain = np.ones(size)
    queue_time = np.zeros(size, np.int64)
    head = tail = 0
    first = np.ones(size)
    second = np.ones(size)
    first_sum = second_sum = float(width)
    recovered = 1.0
    threshold = aim / gain
    for n in range(count + 4 * reach):
        allowed = 1.0
        if n < count:
            peak = max(peaks[n], peaks[n + 1])
            if peak > threshold:
                allowed = threshold / peak
        while tail > head and queue_gain[(tail - 1) & mask] >= allowed:
            tail -= 1
        queue_gain[tail & mask] = allowed
        queue_time[tail & mask] = n
        tail += 1
        if queue_time[head & mask] <= n - hold:
            head += 1
        recovered = min(queue_gain[head & mask], 1.0 - release * (1.0 - recovered))
        first_sum += recovered - first[(n - width) & mask]
        first[n & mask] = recovered
        mean = first_sum / width
        second_sum += mean - second[(n - width) & mask]
        second[n & mask] = mean
        t = n - 4 * reach
        if t >= 0:
            factor = np.float32(gain * min(second_sum / width, 1.0))
            out[0, t] = mix[0, t] * factor
            out[1, t] = mix[1, t] * factor
