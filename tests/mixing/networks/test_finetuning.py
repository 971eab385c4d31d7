"""Fine-tuning: towards the lessons, not away from the rest, the same each time."""

import numpy as np
import pytest

from mixing.audio.parameters import Settings
from mixing.networks.checkpoints import shipped_genome
from mixing.networks.finetuning import Lesson, Refinement, finetune
from mixing.networks.inference import Embedder
from mixing.networks.population import positions
from mixing.networks.shapes import STRIP_COLUMN, STRIP_LEARNED

from .conftest import noise_mel

WARM = shipped_genome("warm")


@pytest.fixture(scope="module")
def songs(embedder: Embedder) -> list[np.ndarray]:
    return [
        embedder.embed(
            [noise_mel(seed=10 * song + stem) for stem in range(2 + song % 4)],
            [-24.0 - stem for stem in range(2 + song % 4)],
        )
        for song in range(8)
    ]


def lesson(song: np.ndarray, genome: np.ndarray = WARM, *, brighter: float = 0.0) -> Lesson:
    strips, shared = positions(genome[None], song)
    strips[0, :, STRIP_COLUMN["high_shelf_gain_db"]] += brighter
    return Lesson(song, np.clip(strips[0], 0.0, 1.0), shared[0])


def shelf(genome: np.ndarray, song: np.ndarray) -> float:
    strips, _ = positions(genome[None], song)
    return float(strips[0, :, STRIP_COLUMN["high_shelf_gain_db"]].mean())


def moved(genome: np.ndarray, songs: list[np.ndarray]) -> float:
    """Mean change of positions against the head before."""
    pairs = [(positions(genome[None], s)[0], positions(WARM[None], s)[0]) for s in songs]
    return float(np.mean([np.abs(new - old).mean() for new, old in pairs]))


def test_it_moves_towards_the_lessons(songs: list[np.ndarray]) -> None:
    genome = finetune(WARM, [lesson(song, brighter=0.1) for song in songs[:4]])
    for song in songs[:4]:
        assert shelf(genome, song) - shelf(WARM, song) == pytest.approx(0.1, abs=0.04)


def test_other_songs_stay_as_they_were(songs: list[np.ndarray]) -> None:
    lessons = [lesson(song, shipped_genome("bright")) for song in songs[:2]]
    free = finetune(WARM, lessons)
    held = finetune(WARM, lessons, songs[2:], Refinement(hold=3.0))
    assert moved(held, songs[2:]) < 0.6 * moved(free, songs[2:])
    assert moved(held, songs[:2]) > 0.0


def test_what_it_knows_already_changes_nothing(songs: list[np.ndarray]) -> None:
    genome = finetune(WARM, [lesson(song) for song in songs], recipe=Refinement(steps=20))
    assert moved(genome, songs) < 1e-3


def test_the_same_lessons_give_the_same_weights(songs: list[np.ndarray]) -> None:
    lessons = [lesson(songs[0], brighter=0.1), lesson(songs[3], brighter=-0.1)]
    recipe = Refinement(steps=10)
    first, again = (finetune(WARM, lessons, songs[4:], recipe) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_weights_say_which_lesson_counts(songs: list[np.ndarray]) -> None:
    up, down = lesson(songs[0], brighter=0.1), lesson(songs[0], brighter=-0.1)
    sure = Lesson(up.embeddings, up.strips, up.shared, weight=5.0)
    assert shelf(finetune(WARM, [sure, down]), songs[0]) > shelf(WARM, songs[0]) + 0.02


def test_a_lesson_from_settings_takes_what_heads_learn(songs: list[np.ndarray]) -> None:
    settings = Settings.default(len(songs[0]))
    taken = Lesson.of(songs[0], settings, 2.0)
    np.testing.assert_array_equal(taken.strips, settings.normalised()[0][:, STRIP_LEARNED])
    assert (taken.shared.shape, taken.weight) == ((14,), 2.0)


def test_without_lessons_there_is_nothing_to_learn() -> None:
    with pytest.raises(ValueError, match="lesson"):
        finetune(WARM, [])
