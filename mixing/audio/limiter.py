"""Look-ahead true-peak limiter with a smooth gain that is never above what the peaks allow.

The allowed gain of every few samples (a group) is ceiling / true peak around them, eight times
oversampled. The lowest allowed gain over the look-ahead is held, recovers exponentially, and is
smoothed by two moving averages whose joint length is the look-ahead: each average is over values
that already know the peak, so the smoothed gain reaches the peak in time and exceeds no allowed
gain. From group to group it is drawn straight. The song is all there, so the look-ahead costs no
delay.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.compiled import compiled
from mixing.audio.decibels import amplitude
from mixing.audio.true_peak import (
    STEP,
    TAPS,
    all_weights,
    between,
    fetch,
    highest_possible,
    true_peak,
)

OVERSAMPLING: Final = 8
GROUP: Final = 8
"""Samples that share one allowed gain, about 0.2 ms."""
LOOKAHEAD_MS: Final = 4.0
RELEASE_MS: Final = 90.0
AIM_DB: Final = -0.3
"""Aimed below the ceiling, because a moving gain makes slightly other peaks."""
MARGIN_DB: Final = -0.25
"""Kept below the ceiling, because other meters' filters see other peaks: up to 0.25 dB in noise."""
_HALF_GROUP: Final = np.float32((GROUP - 1) / 2)


class Limiter:
    """Peaks of one mix, found where they matter; several gains may be tried on it.

    Args:
        mix: (2, samples), not changed.
        ceiling_dbtp: true peak that the output keeps.
    """

    def __init__(self, mix: NDArray[np.float32], ceiling_dbtp: float, sample_rate: int) -> None:
        self._mix = mix
        self._ceiling = amplitude(ceiling_dbtp)
        self._reach = max(1, round(LOOKAHEAD_MS * sample_rate / (4000 * GROUP)))
        self._release = float(np.exp(-1000.0 * GROUP / (RELEASE_MS * sample_rate)))
        self._possible = highest_possible(mix, OVERSAMPLING)
        self._peaks = np.zeros((self._possible.size, STEP // GROUP), np.float32)

    def reduces(self, gain: float) -> bool:
        """Whether the limiter has anything to do on the mix turned up by ``gain``."""
        self._find_peaks(self._aim / gain)
        return bool(gain * self._peaks.max(initial=0.0) > self._aim)

    def gains(self, gain: float) -> NDArray[np.float64]:
        """What the limiter would multiply each group of the mix by, ``gain`` included."""
        threshold = self._aim / gain
        self._find_peaks(threshold)
        smooth = np.empty(self._peaks.size)
        _smooth_gains(self._peaks.reshape(-1), threshold, self._reach, self._release, smooth)
        return np.asarray(gain * smooth)

    def apply(self, gain: float) -> NDArray[np.float32]:
        """The mix times ``gain``, limited: a new (2, samples)."""
        if not self.reduces(gain):
            return self._mix * np.float32(gain)
        audio = np.empty_like(self._mix)
        _multiply(self._mix, np.asarray(self.gains(gain), np.float32), audio)
        return audio

    def keep_ceiling(self, audio: NDArray[np.float32]) -> float:
        """Turn ``audio`` down in place by the little it may be over the ceiling's margin.

        Returns the factor.
        """
        highest = true_peak(audio, OVERSAMPLING)
        allowed = self._ceiling * amplitude(MARGIN_DB)
        if highest <= allowed:
            return 1.0
        audio *= np.float32(allowed / highest)
        return allowed / highest

    def _find_peaks(self, threshold: float) -> None:
        """See to it that all peaks above ``threshold`` are known; others may stay 0."""
        _find(self._mix, all_weights(OVERSAMPLING), threshold, self._possible, self._peaks)

    @property
    def _aim(self) -> float:
        return self._ceiling * amplitude(AIM_DB)


@compiled
def _find(
    mix: NDArray[np.float32],
    weights: NDArray[np.float32],
    threshold: float,
    possible: NDArray[np.float32],
    peaks: NDArray[np.float32],
) -> None:
    """Highest point of both channels in each group of the blocks that may be over the threshold.

    Looked into, a block has no more ``possible`` peaks, and is not looked into again.
    """
    row = np.empty(STEP + 2 * TAPS, np.float32)
    points = np.empty(STEP, np.float32)
    for block in range(possible.size):
        if possible[block] > threshold:
            points[:] = np.float32(0.0)
            for channel in range(mix.shape[0]):
                fetch(mix, channel, block * STEP - TAPS, row)
                between(row, TAPS, weights, points)
            for i in range(STEP):
                peaks[block, i // GROUP] = max(peaks[block, i // GROUP], points[i])
            possible[block] = np.float32(0.0)


@compiled
def _smooth_gains(
    peaks: NDArray[np.float32],
    threshold: float,
    reach: int,
    release: float,
    smooth: NDArray[np.float64],
) -> None:
    """Hold (2 reach + 2 groups each side), release, and average twice (reach each side).

    Two groups more than the averages need: a sample's gain is drawn between two groups' gains,
    and a group's last point lies before the next group. The stages run in step: the held value is
    known that much after its group, and either average ``reach`` groups after that. The hold is a
    queue of falling gains.
    """
    held = 2 * reach + 2
    late = held + 2 * reach
    width = 2 * reach + 1
    size = 1
    while size <= 2 * held + 1:
        size *= 2
    mask = size - 1
    queue_gain = np.ones(size)
    queue_time = np.zeros(size, np.int64)
    head = tail = 0
    first = np.ones(size)
    second = np.ones(size)
    first_sum = second_sum = float(width)
    recovered = 1.0
    for n in range(peaks.size + late):
        allowed = 1.0
        if n < peaks.size and peaks[n] > threshold:
            allowed = threshold / peaks[n]
        while tail > head and queue_gain[(tail - 1) & mask] >= allowed:
            tail -= 1
        queue_gain[tail & mask] = allowed
        queue_time[tail & mask] = n
        tail += 1
        if queue_time[head & mask] < n - 2 * held:
            head += 1
        recovered = min(queue_gain[head & mask], 1.0 - release * (1.0 - recovered))
        first_sum += recovered - first[(n - width) & mask]
        first[n & mask] = recovered
        mean = first_sum / width
        second_sum += mean - second[(n - width) & mask]
        second[n & mask] = mean
        if n >= late:
            smooth[n - late] = min(second_sum / width, 1.0)


@compiled
def _multiply(
    mix: NDArray[np.float32], gains: NDArray[np.float32], out: NDArray[np.float32]
) -> None:
    """Multiply by the groups' gains, which hold in the middle of each and run straight between."""
    count = mix.shape[1]
    factors = np.empty(GROUP, np.float32)
    for group in range(gains.size):
        here = gains[group]
        before = gains[max(group - 1, 0)]
        after = gains[min(group + 1, gains.size - 1)]
        for i in range(GROUP):
            away = np.float32(i) - _HALF_GROUP
            step = (after - here) if away > 0 else (here - before)
            factors[i] = here + step * away / np.float32(GROUP)
        start = group * GROUP
        for channel in range(2):
            for i in range(min(GROUP, count - start)):
                out[channel, start + i] = mix[channel, start + i] * factors[i]
