"""What pages of taste draw, as numbers of an SVG's user space."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from evolution.lineage import Trait
from evolution.preference.claims import FURTHEST
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

    @property
    def amount(self) -> str:
        """In the descriptor's unit; beyond the scale's end nobody knows how much is enough."""
        amount = self.claim.amount
        return f"{amount} or more" if abs(self.claim.steps) >= FURTHEST else amount

    @property
    def chance(self) -> str:
        """The direction's probability."""
        return chance(self.claim.probability)


@dataclass(frozen=True, slots=True)
class DrawnTaste:
    """Claims on one scale, so that they compare."""

    sure: tuple[DrawnClaim, ...]
    guesses: tuple[DrawnClaim, ...]
    reach: float
    """Steps from the middle to the edge."""


def chance(probability: float) -> str:
    """A belief in percent; votes never make anything certain."""
    percent = round(100 * probability)
    return "over 99 %" if percent > 99 else f"{percent} %"


def draw_taste(claims: Sequence[TasteClaim]) -> DrawnTaste:
    """What is sure apart from what is guessed, the order kept."""
    farthest = max((abs(claim.steps) for claim in claims), default=0.0)
    reach = min(MOST_REACH, max(LEAST_REACH, 1.5 * farthest))
    return DrawnTaste(
        sure=tuple(_drawn(claim, reach) for claim in claims if claim.is_sure),
        guesses=tuple(_drawn(claim, reach) for claim in claims if not claim.is_sure),
        reach=reach,
    )


def _drawn(claim: TasteClaim, reach: float) -> DrawnClaim:
    return DrawnClaim(
        claim=claim,
        low=_place(claim.low, reach),
        high=_place(claim.high, reach),
        mean=_place(claim.steps, reach),
        crowd=_place(claim.crowd_steps, reach),
        text=(
            f"{claim.descriptor.label}: best at {_signed(claim.steps)} steps, between "
            f"{_signed(claim.low)} and {_signed(claim.high)}; everybody's best is "
            f"{_signed(claim.crowd_steps)}."
        ),
    )


def _place(steps: float, reach: float) -> float:
    """Where it is on the scale, 0 to WIDTH; what lies beyond is at its end."""
    share = (min(reach, max(-reach, steps)) + reach) / (2 * reach)
    return round(share * WIDTH, 1)


def _signed(steps: float) -> str:
    return f"{steps:+.1f}".replace("-", "−")


@dataclass(frozen=True, slots=True)
class DrawnTrait:
    """In what winners differ, on a scale from less to more; the middle is no difference."""

    trait: Trait
    low: float
    high: float
    mean: float
    words: str
    amount: str


def draw_traits(traits: Sequence[Trait]) -> tuple[DrawnTrait, ...]:
    """All traits on one scale."""
    reach = max((abs(end) for trait in traits for end in (trait.low, trait.high)), default=1.0)
    return tuple(
        DrawnTrait(
            trait,
            _place(trait.low, reach),
            _place(trait.high, reach),
            _place(trait.amount, reach),
            trait.descriptor.more if trait.amount > 0 else trait.descriptor.less,
            trait.descriptor.amount(trait.amount),
        )
        for trait in traits
    )
