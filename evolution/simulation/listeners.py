"""Listeners with hidden tastes: what they like, how they choose, and how sure they are of it.

Utility falls with the distance between a mix and the listener's ideal for that song, and with
faults that nobody likes. The ideal is the shared one (which follows the song, and differs from any
mixer's) plus the listener's own offset in ``QUALITIES``. All scales are in audible steps.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evolution.simulation.sound import PARTS, Sound, Stage, band_centres, octave_shares, sum_db

Floats = NDArray[np.float64]

QUALITIES: Final = (
    "voice", "rhythm", "bass", "harmony", "tilt", "boom", "body", "presence", "sparkle",
    "wet", "voice_wet", "echo", "squash", "punch", "glue", "wide", "decay",
)  # fmt: skip
"""In what a listener's ideal can differ from others'."""

_Q: Final = {name: column for column, name in enumerate(QUALITIES)}
_SUREST: Final = 60.0
"""Logits beyond which nothing is surer."""
_LEVEL_STEP: Final = 1.5
_TONE_STEP: Final = 1.5
_STEPS: Final[Mapping[str, float]] = {
    "level": 2.0, "tone": 2.0, "wet": 0.12, "echo": 0.15, "squashed": 1.5, "punch": 1.0,
    "glue": 0.7, "wide": 0.15, "decay": 0.6,
}  # fmt: skip
"""One clearly audible difference in each figure of ``Sound``."""
TRAITS: Final = tuple(_STEPS)
_TRAIT_WEIGHTS: Final = torch.tensor([1.0, 3.0, 1.5, 0.2, 1.5, 0.3, 0.2, 2.5, 2.0])
"""How much each trait matters. Width, compression and room weigh more than levels here: with these
weights a preference model on the learner's descriptors that knew every vote there could ever be
would breed mixers that win 60 to 65 % against the base, as in the worlds the targets come from."""


@dataclass(frozen=True)
class Kind:
    """A sort of world. Spreads are standard deviations in steps over the qualities.

    Attributes:
        taste: how far ideals of listeners lie apart. community: how far the shared ideal lies
            from what mixers do. song: how far it moves with what the song is like, and
            ``whim``: from song to song without any reason a mixer could hear.
        drift: part of a turn (radians) that taste makes in 80 votes.
        lapse: share of votes cast at random. careless: share of listeners who lapse in a third
            of their votes and hear half as sharply.
        ties: Davidson's weight of "no difference". first_heard: advantage in logits.
    """

    name: str
    taste: float = 0.8
    community: float = 1.4
    song: float = 0.3
    whim: float = 0.15
    drift: float = 0.0
    lapse: float = 0.05
    careless: float = 0.0
    ties: float = 0.25
    first_heard: float = 0.0


KINDS: Final = {
    kind.name: kind
    for kind in (
        Kind("normal"),
        Kind("careless", careless=0.4),
        Kind("alike", taste=0.0),
        Kind("strong", taste=1.4, community=1.1),
        Kind("drifting", drift=1.2),
        Kind("first_heard", first_heard=0.7),
        Kind("ties", ties=2.0),
    )
}


@dataclass(frozen=True)
class Listeners:
    """Everybody of a world, as arrays over listeners.

    Attributes:
        offset, later: (listeners, QUALITIES) own ideal at the start, and where drift leads.
        care: (listeners, TRAITS) how much each trait matters to them, around 1.
        lapse, sharpness: (listeners,).
    """

    kind: Kind
    offset: Floats
    later: Floats
    care: Floats
    lapse: Floats
    sharpness: Floats

    @classmethod
    def draw(cls, kind: Kind, count: int, rng: np.random.Generator) -> "Listeners":
        """Half of a taste comes from a few camps that listeners belong to, half is their own."""
        camps = rng.normal(0.0, 1.0, (4, len(QUALITIES)))

        def tastes() -> Floats:
            own = rng.normal(0.0, 1.0, (count, len(QUALITIES)))
            camp = camps[rng.integers(len(camps), size=count)]
            return np.asarray(kind.taste * np.sqrt(0.5) * (own + camp))

        careless = rng.random(count) < kind.careless
        offset, later = tastes(), tastes()
        care = np.exp(rng.normal(0.0, 0.4 * min(kind.taste, 1.0), (count, len(TRAITS))))
        return cls(
            kind, offset, later, care,
            np.where(careless, 0.33, kind.lapse), np.where(careless, 0.5, 1.0),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.offset)

    def tastes(self, votes: int = 0) -> Floats:
        """Own ideals (listeners, QUALITIES) after so many votes each."""
        turn = self.kind.drift * votes / 80.0
        return np.asarray(np.cos(turn) * self.offset + np.sin(turn) * self.later)


@dataclass(frozen=True)
class Ideals:
    """The shared ideal on each song of a stage: a reference sound and offsets in QUALITIES.

    reference: by trait, as the fields of ``Sound`` without leading axes. offset: (songs,
    QUALITIES).
    """

    stage: Stage
    reference: Sound
    offset: Tensor

    def utility(self, sound: Sound, tastes: Tensor, care: Tensor) -> Tensor:
        """How much listeners like mixes: (..., songs), 0 at the very best.

        Args:
            sound: leading axes (...).
            tastes: (..., QUALITIES) own ideals. care: (..., TRAITS).
        """
        wish = self.offset + tastes[..., None, :]
        present = self.stage.present
        count = present.sum(-1)
        own = wish[..., : len(PARTS)]
        index = self.stage.part.expand(*own.shape[:-1], -1)
        ideal, steps = self.reference, _STEPS
        voice = (self.stage.part == 0).float()
        wet = wish[..., _Q["wet"], None] + voice * wish[..., _Q["voice_wet"], None]

        def over_stems(error: Tensor, step: float) -> Tensor:
            return (_dislike(error / step) * present).sum(-1) / count

        def over_bands(error: Tensor, step: float) -> Tensor:
            return _dislike(error / step) @ octave_shares()

        def among_stems(error: Tensor) -> Tensor:
            mean = (error * present).sum(-1, keepdim=True) / count[:, None]
            return error - mean

        def own_amount(trait: str, quality: str) -> Tensor:
            wanted = getattr(ideal, trait) + steps[trait] * wish[..., _Q[quality], None]
            return over_stems(getattr(sound, trait) - wanted, steps[trait])

        louder = _LEVEL_STEP * own.gather(-1, index)
        levels = ideal.level + louder
        # Levels colour the sum: a listener who wants more bass does not want it filtered out again.
        balanced = ideal.tone + _tone(ideal.stems + louder[..., None]) - _tone(ideal.stems)
        tone = balanced + _TONE_STEP * wish[..., _Q["tilt"] : _Q["sparkle"] + 1] @ _tone_shapes()
        terms = [
            over_stems(among_stems(sound.level - levels), steps["level"]),
            over_bands(sound.tone - tone, steps["tone"]),
            over_stems(sound.wet - ideal.wet - steps["wet"] * wet, steps["wet"]),
            own_amount("echo", "echo"),
            own_amount("squashed", "squash"),
            own_amount("punch", "punch"),
            _dislike((sound.glue - ideal.glue) / steps["glue"] - wish[..., _Q["glue"]]),
            _dislike((sound.wide - ideal.wide) / steps["wide"] - wish[..., _Q["wide"]]),
            _dislike((sound.decay - ideal.decay) / steps["decay"] - wish[..., _Q["decay"]]),
        ]  # fmt: skip
        weighed = torch.stack(terms, -1) * (_TRAIT_WEIGHTS * care)[..., None, :]
        return -weighed.sum(-1) - faults(sound, self.stage)


def faults(sound: Sound, stage: Stage) -> Tensor:
    """What nobody likes, (..., songs): a covered voice, buried stems, crushed or drowned mixes."""
    softplus = torch.nn.functional.softplus
    count = stage.present.sum(-1)
    buried = (softplus((-26.0 - sound.level) / 2.0) * stage.present).sum(-1) / count
    crushed = (softplus((sound.squashed - 8.0) / 1.5) * stage.present).sum(-1) / count
    drowned = (softplus((sound.wet - 0.75) * 12.0) * stage.present).sum(-1) / count
    return sound.masked + buried + crushed + drowned + softplus((sound.glue - 5.0) / 1.0)


def choice_chances(
    difference: Floats, *, ties: float, lapse: Floats | float, first_heard: Floats | float = 0.0
) -> Floats:
    """Chances (..., 3) of A, tie, B for utility differences A - B in logits (Davidson 1970)."""
    logit = np.clip(difference + first_heard, -_SUREST, _SUREST)
    parts = np.stack([np.exp(logit / 2), np.full_like(logit, ties), np.exp(-logit / 2)], -1)
    blind = np.array([0.5, ties / 2.0, 0.5]) / (1.0 + ties / 2.0)
    share = np.asarray(lapse)[..., None]
    return np.asarray((1 - share) * parts / parts.sum(-1, keepdims=True) + share * blind)


def _dislike(error: Tensor) -> Tensor:
    """Quadratic near the ideal, linear far from it (pseudo-Huber with its bend at 2 steps)."""
    return 4.0 * (torch.sqrt(1.0 + torch.square(error) / 4.0) - 1.0)


def _tone(stems: Tensor) -> Tensor:
    """Band levels (..., 32) of the sum re the whole, of stems (..., stems, 32)."""
    mix = sum_db(stems.transpose(-1, -2))
    return mix - sum_db(mix)[..., None]


@cache
def _tone_shapes() -> Tensor:
    """(5, 32): a tilt of one per four octaves, and bumps at 80, 300, 3,000 and 10,000 Hz."""
    octaves = torch.log2(band_centres() / 1000.0)
    bumps = [
        torch.exp(-0.5 * torch.square((octaves - math.log2(hz / 1000.0)) / 0.8))
        for hz in (80.0, 300.0, 3000.0, 10_000.0)
    ]
    return torch.stack([octaves / 4.0, *bumps])
