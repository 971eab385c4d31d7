"""Where a strip stands between the speakers: pan, balance and width as small matrices.

A mono strip is panned at constant power: both sides are 3.01 dB down in the centre. A stereo
strip is balanced: untouched in the centre, and towards one side only the other side fades, along
a quarter of a cosine. Width scales the difference of the sides (side = (left - right) / 2) and
leaves their sum alone.
"""

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def pan_gains(pan: float) -> tuple[float, float]:
    """Amplitude left and right of a mono signal at ``pan`` in -1..1; their power sums to 1."""
    angle = (pan + 1.0) * np.pi / 4.0
    return float(np.cos(angle)), float(np.sin(angle))


def balance_gains(pan: float) -> tuple[float, float]:
    """Amplitude of the left and right channel of a stereo signal at ``pan`` in -1..1."""
    angle = pan * np.pi / 2.0
    return float(np.cos(max(angle, 0.0))), float(np.cos(min(angle, 0.0)))


def width_matrix(width: float) -> Matrix:
    """(2, 2) from left and right to left and right: 0 is mono, 1 unchanged, 2 twice the side."""
    same, other = (1.0 + width) / 2.0, (1.0 - width) / 2.0
    return np.array([[same, other], [other, same]])


def placement(channels: int, pan: float, width: float) -> Matrix:
    """(2, channels) from a strip's channels to left and right; width does nothing to mono."""
    if channels == 1:
        return np.array(pan_gains(pan))[:, None]
    return np.diag(balance_gains(pan)) @ width_matrix(width)
