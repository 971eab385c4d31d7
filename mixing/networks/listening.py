"""Held-out songs really spoiled, really mixed and measured: what the console makes of a mixer.

Stems pass through the console's own filters and a gain; the mixer hears the result and its mix is
rendered. The reference is the clean song under the style's own settings. The rival is the plain
sum of the spoiled stems. Roles are told, as file names usually do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import sosfilt
from tqdm import tqdm

from mixing.audio import SAMPLE_RATE
from mixing.audio.biquad import equaliser
from mixing.audio.console import process_stems, render
from mixing.audio.loudness import integrated_lufs
from mixing.audio.parameters import STRIP, Settings
from mixing.audio.roles import ROLES
from mixing.audio.spectrogram import log_mel
from mixing.networks.architecture import Encoder, Head
from mixing.networks.batches import SPOIL_EQ_DB, SPOIL_GAIN_DB, as_wishes, facts_of, positions
from mixing.networks.equaliser import GAINS
from mixing.networks.inference import hear, settings_of
from mixing.networks.placement import stereo_width
from mixing.networks.pooling import Pooled, pool
from mixing.networks.population import console_positions
from mixing.networks.shapes import GLOBAL_PARAMETERS
from mixing.networks.styles import HouseStyle
from mixing.networks.targets import Spoiling, shared_labels, strip_labels
from mixing.synthesis.song import compose

Array = NDArray[np.float32]
Audio = list[Array]

SECONDS: Final = 10.0
_GROUP: Final = 4
"""Neighbouring bands of the 128 that are compared together: about a third of an octave."""


@dataclass(frozen=True)
class Multitrack:
    """Stems (channels, samples) as a mixer gets them, with what was measured on each."""

    audio: Audio
    roles: list[str]
    pooled: list[Pooled]
    lufs: list[float]
    widths: list[float]

    @classmethod
    def of(cls, audio: Audio, roles: list[str]) -> "Multitrack":
        return cls(
            audio,
            roles,
            [pool(log_mel(stem)) for stem in audio],
            [integrated_lufs(stem, SAMPLE_RATE) for stem in audio],
            [stereo_width(stem) for stem in audio],
        )


@dataclass(frozen=True)
class Listened:
    """What was found over the songs: errors per style, and how far apart styles' mixes sound.

    errors: per style spectrum_db (mean difference of third-octave levels to the reference mix,
    loudness matched), level_db (mean difference of the stems' loudness, overall level apart), and
    the same two of the raw sum. distances: spectrum_db between the mixes of each pair of mixers.
    """

    errors: dict[str, dict[str, float]]
    distances: dict[str, float]


def listen(
    encoder: Encoder,
    heads: Mapping[str, Head],
    styles: Sequence[HouseStyle],
    reference_db: Array,
    *,
    seeds: Sequence[int],
    progress: bool = False,
) -> Listened:
    """Mix the songs of these seeds with every mixer and compare."""
    errors: dict[str, list[list[float]]] = {style.slug: [] for style in styles}
    distances: dict[str, list[float]] = {}
    for seed in tqdm(seeds, desc="mixes", disable=not progress):
        clean = _clean_song(seed)
        spoiled = _spoiled(clean, np.random.default_rng(seed))
        raw = _Heard.of(spoiled, Settings.default(len(spoiled.audio)))
        mixes = {}
        for style in styles:
            mix = _Heard.of(spoiled, mixer_settings(encoder, heads[style.slug], spoiled))
            wanted = _Heard.of(clean, wanted_settings(style, clean, reference_db))
            errors[style.slug].append([*mix.distance_db(wanted), *raw.distance_db(wanted)])
            mixes[style.slug] = mix
        for first, second in combinations(mixes, 2):
            apart = mixes[first].distance_db(mixes[second])[0]
            distances.setdefault(f"{first}-{second}", []).append(apart)
    names = ("spectrum_db", "level_db", "raw_spectrum_db", "raw_level_db")
    return Listened(
        {
            slug: dict(zip(names, np.mean(songs, axis=0).tolist(), strict=True))
            for slug, songs in errors.items()
        },
        {pair: float(np.mean(apart)) for pair, apart in distances.items()},
    )


def mixer_settings(encoder: Encoder, head: Head, song: Multitrack) -> Settings:
    """What a mixer chooses, in torch."""
    features, measured = hear(song.pooled, song.lufs, roles=song.roles, widths=song.widths)
    with torch.no_grad():
        embedding = encoder(torch.from_numpy(features), torch.from_numpy(measured))
        strips, shared = head(embedding)
    return settings_of(strips.numpy(), shared.numpy())


def wanted_settings(style: HouseStyle, clean: Multitrack, reference_db: Array) -> Settings:
    """The label itself: a style's settings for a song that nobody spoiled."""
    count = len(clean.audio)
    stacked = {
        name: np.stack([getattr(stem, name) for stem in clean.pooled])
        for name in ("levels", "movements", "scalars", "frame_levels")
    }
    roles = np.array([ROLES.index(role) for role in clean.roles])
    widths = np.array(clean.widths, np.float32)
    facts = facts_of(Pooled(**stacked), roles, widths, np.ones(count, bool))
    untouched = Spoiling(
        np.zeros((count, len(GAINS)), np.float32), np.array(clean.lufs, np.float32)
    )
    _, measured = hear(clean.pooled, clean.lufs, roles=clean.roles, widths=clean.widths)
    wishes = as_wishes(strip_labels(style, facts, untouched), measured[:, 0])
    shared = positions(shared_labels(style, facts, reference_db), GLOBAL_PARAMETERS)
    strips, whole = console_positions(wishes[None], shared[None], measured)
    return settings_of(strips[0], whole[0])


def _clean_song(seed: int) -> Multitrack:
    song = compose(seed=seed, seconds=SECONDS)
    heard = [stem for stem in song.stems if integrated_lufs(stem.audio, SAMPLE_RATE) > -60.0]
    return Multitrack.of([stem.audio for stem in heard], [stem.role for stem in heard])


def _spoiled(clean: Multitrack, rng: np.random.Generator) -> Multitrack:
    """Every stem through a random equaliser and gain, at full severity."""
    flat = {p.name: p.default for p in STRIP}
    audio = []
    for stem in clean.audio:
        gains = rng.uniform(-SPOIL_EQ_DB, SPOIL_EQ_DB, len(GAINS)).tolist()
        filters = equaliser(flat | dict(zip(GAINS, gains, strict=True)))
        gain = 10.0 ** (rng.uniform(-SPOIL_GAIN_DB, SPOIL_GAIN_DB) / 20.0)
        audio.append((gain * sosfilt(filters, stem, axis=1)).astype(np.float32))
    return Multitrack.of(audio, clean.roles)


@dataclass(frozen=True)
class _Heard:
    """A mix as measured: third-octave levels (32,) and the stems' loudness in it, dB."""

    spectrum_db: Array
    levels_db: NDArray[np.float64]

    @classmethod
    def of(cls, song: Multitrack, settings: Settings) -> "_Heard":
        power = np.power(10.0, log_mel(render(song.audio, settings).audio) / 10.0).mean(axis=0)
        thirds = power.reshape(-1, _GROUP).sum(axis=1)
        stems = process_stems(song.audio, settings)
        levels = np.array([integrated_lufs(stem, SAMPLE_RATE) for stem in stems])
        return cls(10.0 * np.log10(thirds + 1e-12), np.maximum(levels, -70.0))

    def distance_db(self, other: "_Heard") -> tuple[float, float]:
        """Mean difference of spectra and of levels, each with the overall level taken out."""
        apart = (self.spectrum_db - other.spectrum_db, self.levels_db - other.levels_db)
        spectrum, levels = (float(np.abs(d - np.median(d)).mean()) for d in apart)
        return spectrum, levels
