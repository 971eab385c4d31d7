"""Which side of the stereo image each stem leans to, so that like parts part symmetrically.

A network that treats stems as a set must give two equal guitars equal pans. The side is therefore
measured before it: stems that leave the centre are sorted by role and brightness and dealt to
left and right so that both sides weigh alike. How far a stem leans is the head's choice.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.measurements import stereo_image
from mixing.audio.roles import ROLES

CENTRED: Final = frozenset({"bass", "vocal"})
_DEPTHS: Final = (1.0, 0.65, 0.85, 0.5)
"""How far the first, second... pair of stems goes, as a share of its spread."""


def stereo_width(audio: NDArray[np.float32]) -> float:
    """Width of (channels, samples) audio: 0 mono, 1 as wide as noise of two channels, or wider."""
    return min(1.0, stereo_image(audio)[0])


def sides(
    roles: Sequence[str], centroids: NDArray[np.floating], present: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Side of each stem -1 (left)..1 (right); 0 for centred roles and silent stems.

    ``centroids`` order stems of one role by brightness; only exact ties fall back on their order.
    """
    result = np.zeros(len(roles), np.float32)
    placed = [i for i, role in enumerate(roles) if present[i] and role not in CENTRED]
    placed.sort(key=lambda i: (ROLES.index(roles[i]), float(centroids[i])))
    lean = 0.0
    for rank, stem in enumerate(placed):
        depth = _DEPTHS[min(rank // 2, len(_DEPTHS) - 1)]
        result[stem] = -depth if lean >= 0.0 else depth
        lean += float(result[stem])
    return result
