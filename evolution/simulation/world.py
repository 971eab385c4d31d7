"""A world: songs to vote on, songs held out, listeners, and how much noise is in their choices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evolution.simulation.ceilings import best_positions
from evolution.simulation.listeners import QUALITIES, Ideals, Kind, Listeners, choice_chances
from evolution.simulation.songs import SimulatedSong
from evolution.simulation.sound import Sound, Stage, listen
from mixing.networks.genome import Genome
from mixing.networks.population import positions

Floats = NDArray[np.float64]

OPTIMUM_WINS: Final = 0.80
"""Share of held-out battles that a listener's own optimum, song by song, wins against the base."""
_SHARPEST: Final = 100.0


@dataclass(frozen=True)
class Scene:
    """Songs with everything the listeners know of them."""

    songs: tuple[SimulatedSong, ...]
    stage: Stage
    ideals: Ideals

    @classmethod
    def of(cls, songs: Sequence[SimulatedSong], reference: Genome, offset: Floats) -> "Scene":
        stage = Stage.of(songs)
        strips, shared = positions_on(reference[None], songs, stage)
        usual = _first(listen(strips, shared, stage))
        tensor = torch.from_numpy(offset.astype(np.float32))
        return cls(tuple(songs), stage, Ideals(stage, usual, tensor))

    def only(self, song: int) -> "Scene":
        """One song as a scene of its own."""
        pick = slice(song, song + 1)
        fields = Sound.__annotations__
        reference = Sound(*(getattr(self.ideals.reference, name)[pick] for name in fields))
        stage = self.stage.only(song)
        ideals = Ideals(stage, reference, self.ideals.offset[pick])
        return Scene(self.songs[pick], stage, ideals)

    def utility(self, genomes: NDArray[np.float32], tastes: Floats, care: Floats) -> Floats:
        """True utilities (mixers, songs) of genomes (mixers, size) to listeners (mixers, ...)."""
        strips, shared = positions_on(genomes, self.songs, self.stage)
        with torch.no_grad():
            sound = listen(strips, shared, self.stage)
            utility = self.ideals.utility(sound, as_tensor(tastes), as_tensor(care))
        return utility.double().numpy()


@dataclass(frozen=True)
class World:
    """Everything of one simulation. ``sharpness`` turns utilities into logits: it is set so that
    a listener's own optimum wins ``OPTIMUM_WINS`` of held-out battles against the base."""

    kind: Kind
    base: Genome
    listeners: Listeners
    public: Scene
    held_out: Scene
    sharpness: float

    @classmethod
    def draw(
        cls,
        kind: Kind,
        *,
        base: Genome,
        songs: Sequence[SimulatedSong],
        held_out: int,
        listeners: int,
        seed: int,
        steps: int = 120,
    ) -> "World":
        """A world of this kind; the last ``held_out`` songs are never voted on.

        ``steps`` of gradient ascent look for the optimum that sets the noise.
        """
        rng = np.random.default_rng(seed)
        people = Listeners.draw(kind, listeners, rng)
        offsets = _shared_ideal(kind, songs, rng)
        split = len(songs) - held_out
        public = Scene.of(songs[:split], base, offsets[:split])
        kept_back = Scene.of(songs[split:], base, offsets[split:])
        gain = _best_gain(kept_back, base, people, steps)
        return cls(kind, base, people, public, kept_back, _sharpness(gain, kind))

    def chance(self, gains: Floats) -> Floats:
        """Expected share of a battle won for utility gains over the rival, ties counting half."""
        chances = choice_chances(self.sharpness * gains, ties=self.kind.ties, lapse=self.kind.lapse)
        return np.asarray(chances[..., 0] + 0.5 * chances[..., 1])

    def share_won(
        self, who: Sequence[int], genomes: NDArray[np.float32], rival: Genome, *, votes: int = 0
    ) -> Floats:
        """Expected share of held-out battles that each listener's mixer wins against a rival.

        Args:
            who: listeners. genomes: (who, size) their mixers.
            votes: how long these listeners have voted: the date of drifting tastes.
        """
        index = list(who)
        taste = self.listeners.tastes(votes)[index], self.listeners.care[index]
        rivals = np.repeat(rival[None], len(index), axis=0)
        gain = self.held_out.utility(genomes, *taste) - self.held_out.utility(rivals, *taste)
        return np.asarray(self.chance(gain).mean(axis=1))

    def battle(
        self, listener: int, song: int, a: Genome, b: Genome, *, votes: int, first: int,
        rng: np.random.Generator,
    ) -> tuple[float, tuple[float, float]]:  # fmt: skip
        """A vote for A (1), tie (0.5) or B (0), and what each side would win against the base."""
        who = np.repeat(listener, 3)
        tastes = self.listeners.tastes(votes)[who]
        scene = self.public.only(song)
        utility = scene.utility(np.stack([a, b, self.base]), tastes, self.listeners.care[who])[:, 0]
        sharp = self.sharpness * self.listeners.sharpness[listener]
        chances = choice_chances(
            np.asarray(sharp * (utility[0] - utility[1])),
            ties=self.kind.ties,
            lapse=self.listeners.lapse[listener],
            first_heard=first * self.kind.first_heard,
        )
        against = self.chance(utility[:2] - utility[2])
        score = (1.0, 0.5, 0.0)[int(rng.choice(3, p=chances))]
        return score, (float(against[0]), float(against[1]))


def positions_on(
    genomes: NDArray[np.float32], songs: Sequence[SimulatedSong], stage: Stage
) -> tuple[Tensor, Tensor]:
    """What heads choose on every song: (heads, songs, stems, 16) padded, (heads, songs, 14)."""
    most = stage.present.shape[-1]
    strips, shared = [], []
    for song in songs:
        strip, whole = positions(np.ascontiguousarray(genomes), song.sound.embeddings)
        missing = most - strip.shape[1]
        strips.append(np.pad(strip, ((0, 0), (0, missing), (0, 0))))
        shared.append(whole)
    return torch.from_numpy(np.stack(strips, 1)), torch.from_numpy(np.stack(shared, 1))


def as_tensor(values: Floats) -> Tensor:
    return torch.from_numpy(np.asarray(values, np.float32))


def _best_gain(scene: Scene, base: Genome, people: Listeners, steps: int) -> Floats:
    """Utility of each listener's own optimum on each song over the base's (listeners, songs)."""
    tastes, care = people.tastes(), people.care
    start = positions_on(base[None], scene.songs, scene.stage)
    found = best_positions(scene.ideals, as_tensor(tastes), as_tensor(care), start, steps)
    rows = np.repeat(base[None], len(people), axis=0)
    return np.asarray(found.double().numpy() - scene.utility(rows, tastes, care))


def _sharpness(gain: Floats, kind: Kind) -> float:
    """Logits per utility at which these gains win OPTIMUM_WINS of their battles, by bisection."""
    low, high = 0.0, _SHARPEST
    for _ in range(50):
        middle = 0.5 * (low + high)
        chances = choice_chances(middle * gain, ties=kind.ties, lapse=kind.lapse)
        won = float((chances[..., 0] + 0.5 * chances[..., 1]).mean())
        low, high = (middle, high) if won < OPTIMUM_WINS else (low, middle)
    return 0.5 * (low + high)


def _shared_ideal(kind: Kind, songs: Sequence[SimulatedSong], rng: np.random.Generator) -> Floats:
    """Where everybody's ideal lies on each song (songs, QUALITIES): one direction for all songs,
    one that follows the sound of the song, and a whim."""
    count = len(QUALITIES)
    features = np.stack([_character(song) for song in songs])
    features = (features - features.mean(axis=0)) / (features.std(axis=0) + 1e-6)
    direction = rng.normal(0.0, 1.0, (features.shape[1], count)) / np.sqrt(features.shape[1])
    follows = kind.song * features @ direction
    whim = kind.whim * rng.normal(0.0, 1.0, (len(songs), count))
    return np.asarray(kind.community * rng.normal(0.0, 1.0, count) + follows + whim)


def _character(song: SimulatedSong) -> Floats:
    """What a song is like: brightness, fullness, liveliness, size, voice; (6,)."""
    power = np.power(10.0, song.energy / 10.0).sum(axis=0)
    share = power / power.sum()
    centre = float(share @ np.arange(len(share)))
    sung = float(any("vocal" in role for role in song.roles))
    dynamics, _, activity, onsets = song.scalars.mean(axis=0).tolist()
    return np.array([centre, dynamics, activity, onsets, len(song.roles), sung])


def _first(sound: Sound) -> Sound:
    return Sound(*(getattr(sound, name)[0] for name in Sound.__annotations__))
