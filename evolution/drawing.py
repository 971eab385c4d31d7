"""What pages of taste draw, as numbers of an SVG's user space."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from evolution.tastes import TasteClaim

WIDTH: Final = 200.0
LEAST_REACH: Final = 2.0
MOST_REACH: Final = 6.0
"""Steps from the middle to the edge of a scale."""


@dataclass(frozen=True, slots=True)
class DrawnClaim:
    """A claim on a scale from less (left) to more (right); the middle is the mixer all have."""

    claim: TasteClaim
    low: float
    high: float
    mean: float
    crowd: float
    text: str
    """The picture in words."""


@dataclass(frozen=True, slots=True)
class DrawnTaste:
    claims: tuple[DrawnClaim, ...]
    reach: float
    """Steps from the middle to the edge."""


def draw_taste(claims: Sequence[TasteClaim]) -> DrawnTaste:
    """All claims on one scale, so that they compare."""
    farthest = max((abs(claim.steps) for claim in claims), default=0.0)
    reach = min(MOST_REACH, max(LEAST_REACH, 1.5 * farthest))
    return DrawnTaste(tuple(_drawn(claim, reach) for claim in claims), reach)


def _drawn(claim: TasteClaim, reach: float) -> DrawnClaim:
    def place(steps: float) -> float:
        share = (min(reach, max(-reach, steps)) + reach) / (2 * reach)
        return round(share * WIDTH, 1)

    return DrawnClaim(
        claim=claim,
        low=place(claim.low),
        high=place(claim.high),
        mean=place(claim.steps),
        crowd=place(claim.crowd_steps),
        text=(
            f"{claim.descriptor.label}: best at {_signed(claim.steps)} steps, between "
            f"{_signed(claim.low)} and {_signed(claim.high)}; everybody's best is "
            f"{_signed(claim.crowd_steps)}."
        ),
    )


def _signed(steps: float) -> str:
    return f"{steps:+.1f}".replace("-", "−")
