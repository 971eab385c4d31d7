"""The built-in presets: valid, described, and each with a sound of its own.

The probe is a song of ten roles that plays everything the console can change: hits, held notes,
sung syllables, something on either side. Each preset is applied to the flat console and rendered.
"""

from collections.abc import Mapping
from itertools import combinations, pairwise
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray

from mixing.audio.console import render
from mixing.audio.parameters import Settings
from mixing.presets import content
from mixing.presets.built_in import BUILT_IN
from mixing.presets.writing import BuiltInPreset

RATE: Final = 22_050
SECONDS: Final = 1.0
ROLES: Final = (
    "drums", "bass", "vocal", "backing_vocal", "guitar", "keys", "synth", "strings", "brass",
    "percussion",
)  # fmt: skip
# Sound and pause of each role's notes in seconds, its lowest note in Hz, its level.
NOTES: Final = {
    "drums": (0.15, 0.35, 60.0, 0.6), "bass": (0.4, 0.1, 55.0, 0.25),
    "vocal": (0.35, 0.65, 220.0, 0.3), "backing_vocal": (0.5, 0.5, 330.0, 0.1),
    "guitar": (0.15, 0.1, 165.0, 0.12), "keys": (0.7, 0.3, 262.0, 0.1),
    "synth": (0.9, 0.1, 130.0, 0.08), "strings": (1.5, 0.1, 196.0, 0.1),
    "brass": (0.2, 0.8, 233.0, 0.12), "percussion": (0.03, 0.22, 400.0, 0.2),
}  # fmt: skip
EDGES: Final = (40.0, 80.0, 160.0, 320.0, 640.0, 1250.0, 2500.0, 5000.0, 10000.0)
JUST_HEARD_DB: Final = 1.5
"""A level difference that listeners notice in an octave of music."""


def stem(number: int, role: str) -> NDArray[np.float32]:
    """(2, samples): notes rich in overtones with noise at their start, nearer to one side."""
    sounds, pauses, hz, level = NOTES[role]
    time = np.arange(round(SECONDS * RATE)) / RATE
    into = time % (sounds + pauses)
    shape = (into < sounds) * np.exp(-3 * into / sounds)
    rng = np.random.default_rng(number)
    tone = sum(np.sin(2 * np.pi * hz * k * time) / k for k in range(1, 9))
    noise = rng.standard_normal((2, len(time))) * np.exp(-into / 0.01)
    side = 0.5 + 0.4 * np.sin(2.0 * number)
    sound = level * shape * (np.stack([side * tone, (1 - side) * tone]) + 0.7 * noise)
    return sound.astype(np.float32)


@pytest.fixture(scope="module")
def probe() -> list[NDArray[np.float32]]:
    return [stem(number, role) for number, role in enumerate(ROLES)]


def described(audio: NDArray[np.float32]) -> NDArray[np.float64]:
    """Levels in dB (2 channels, bands, moments) of sum and difference in every eighth of a second.

    What is 50 dB below the loudest band of its moment counts as that: the ear would not know.
    """
    frames = np.stack([audio[0] + audio[1], audio[0] - audio[1]])
    length = RATE // 8
    frames = frames[:, : frames.shape[1] // length * length].reshape(2, -1, length)
    power = np.abs(np.fft.rfft(frames * np.hanning(length))) ** 2
    freqs = np.fft.rfftfreq(length, 1 / RATE)
    bands = np.stack(
        [power[..., (freqs >= low) & (freqs < high)].sum(axis=-1) for low, high in pairwise(EDGES)],
        axis=1,
    )
    floor = bands.max(axis=(0, 1)) * 1e-5
    return np.asarray(10 * np.log10(np.maximum(np.maximum(bands, floor), 1e-9)))


@pytest.fixture(scope="module")
def sounds(probe: list[NDArray[np.float32]]) -> Mapping[str, NDArray[np.float64]]:
    flat = Settings.default(len(ROLES))
    changed = {p.slug: content.apply(p.content, flat, ROLES) for p in BUILT_IN} | {"flat": flat}
    return {
        slug: described(render(probe, s, sample_rate=RATE).audio) for slug, s in changed.items()
    }


def test_there_are_fifty_and_more_each_with_a_name_of_its_own() -> None:
    assert len(BUILT_IN) >= 50
    assert len({preset.slug for preset in BUILT_IN}) == len(BUILT_IN)
    assert len({preset.name.casefold() for preset in BUILT_IN}) == len(BUILT_IN)
    assert len({preset.description for preset in BUILT_IN}) == len(BUILT_IN)


@pytest.mark.parametrize("preset", BUILT_IN, ids=lambda preset: preset.slug)
def test_a_preset_is_valid_and_says_what_it_does(preset: BuiltInPreset) -> None:
    content.check(preset.content)
    assert preset.intention
    assert 25 <= len(preset.description) <= 120
    assert preset.description.endswith(".")


def test_no_two_presets_sound_alike(sounds: Mapping[str, NDArray[np.float64]]) -> None:
    """Neither does any sound like no preset at all."""
    alike = {
        (a, b): round(float(np.abs(sounds[a] - sounds[b]).max()), 2)
        for a, b in combinations(sounds, 2)
        if np.abs(sounds[a] - sounds[b]).max() < JUST_HEARD_DB
    }
    assert alike == {}


def test_the_distance_of_a_preset_to_itself_is_nothing(
    probe: list[NDArray[np.float32]], sounds: Mapping[str, NDArray[np.float64]]
) -> None:
    """So what the test above measures is the presets and not chance."""
    preset = BUILT_IN[0]
    again = content.apply(preset.content, Settings.default(len(ROLES)), ROLES)
    distance = np.abs(
        described(render(probe, again, sample_rate=RATE).audio) - sounds[preset.slug]
    ).max()
    assert distance < 1e-6
