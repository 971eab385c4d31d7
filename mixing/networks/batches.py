"""Batches for training: songs drawn, spoiled by a random console, labelled with what repairs them.

Every batch is a fresh draw, because spoiling is only arithmetic on pooled statistics. Besides the
spoiling, which the label undoes, each stem gets a random smooth colour that stays: real
instruments differ from synthesised ones, and a mixer must not "repair" everything unusual.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.parameters import MAX_STRIPS, Parameter
from mixing.audio.roles import ROLES
from mixing.networks.augmentation import (
    COLOUR_DB,
    GAIN_DB,
    colour_curves,
    frequency_masked,
    gains_db,
    some_stems,
)
from mixing.networks.corpus import Corpus
from mixing.networks.equaliser import GAINS, eq_curve_db, loudness_db
from mixing.networks.pooling import FLOOR_DB, Pooled, power_sum_db
from mixing.networks.shapes import (
    ANCHOR_LUFS,
    GLOBAL_PARAMETERS,
    LEVEL_SPAN_DB,
    STRIP_COLUMN,
    STRIP_PARAMETERS,
    level_channel,
    span,
)
from mixing.networks.styles import BALANCED, HouseStyle
from mixing.networks.targets import Facts, Label, Spoiling, shared_labels, strip_labels, wanted_lufs

Array = NDArray[np.float32]

SPOIL_GAIN_DB: Final = GAIN_DB
SPOIL_EQ_DB: Final = 9.0
LARGE_SHARE: Final = 0.08
_CROWD: Final = 12


@dataclass(frozen=True)
class Draw:
    """Which stems play together: row numbers of the corpus (songs, stems), -1 where none."""

    rows: NDArray[np.intp]

    @property
    def present(self) -> NDArray[np.bool_]:
        return self.rows >= 0


@dataclass(frozen=True)
class Batch:
    """What the networks get and should answer; S is the largest number of stems.

    features: (songs, S, features); measured: (songs, S, 4), side 0; roles: (songs, S);
    spoiling: what was done. Labels by style, as the head's *wishes*: strips (songs, S, 16) and
    shared (songs, 14).
    """

    features: Array
    measured: Array
    roles: NDArray[np.intp]
    facts: Facts
    spoiling: Spoiling
    strips: tuple[Array, ...]
    shared: tuple[Array, ...]
    reference_db: Array


@dataclass(frozen=True)
class Severity:
    """How hard a draw is: spoiling as a share of the limits, colour, chance that a role is hidden.

    ``miscast`` is the chance that a stem is told, and wanted, to play another role than it sounds
    like: a person's word counts more than the sound. ``noise`` blurs the statistics of movement,
    by which a network would otherwise know a training stem again and recall its clean sound.
    ``drop_stems`` leaves some out of half of the songs, ``mask_bands`` is the widest frequency
    mask, ``mask_time`` hears time-masked versions where the corpus has some.
    """

    least: float = 0.2
    most: float = 1.0
    colour_db: float = COLOUR_DB
    hide_role: float = 0.5
    miscast: float = 0.0
    noise: float = 0.0
    gain_db: float = SPOIL_GAIN_DB
    drop_stems: bool = True
    mask_bands: int = 0
    mask_time: bool = False


TRAINING: Final = Severity(miscast=0.1, noise=0.3)
FULL: Final = Severity(least=1.0, most=1.0, colour_db=0.0)


def whole_songs(corpus: Corpus, songs: Sequence[int]) -> Draw:
    """These songs as they are."""
    return _padded([np.arange(*corpus.songs[song]) for song in songs])


def random_songs(
    corpus: Corpus, count: int, rng: np.random.Generator, *, drop_stems: bool = True
) -> Draw:
    """Songs by their chances as they are, some with stems left out; now and then several songs'
    stems at once."""
    if rng.random() < LARGE_SHARE:
        return _padded([_crowd(corpus, rng) for _ in range(max(1, count // 4))])
    songs = [_at_most_a_crowd(corpus, song, rng) for song in _drawn(corpus, count, rng)]
    return _padded([some_stems(song, rng) if drop_stems else song for song in songs])


def spoil(
    corpus: Corpus,
    draw: Draw,
    styles: Sequence[HouseStyle],
    rng: np.random.Generator,
    *,
    severity: Severity = Severity(),
    reference_db: Array,
    conv: bool = False,
) -> Batch:
    """The drawn stems behind a random console, with labels for each style."""
    rows, present = np.maximum(draw.rows, 0), draw.present
    pooled = _at(corpus.pooled, rows)
    coloured = pooled.shift(colour := colour_curves(rows.shape, severity.colour_db, rng))
    hidden = rng.random(rows.shape) < severity.hide_role
    role = _cast(corpus.role[rows], ~hidden, severity.miscast, rng)
    facts = facts_of(coloured, role, corpus.width[rows], present)
    spoiling = _random_console(facts, severity, rng)
    curve = eq_curve_db(spoiling.eq_db)
    lufs = spoiling.clean_lufs + loudness_db(facts.energy + curve) - loudness_db(facts.energy)
    level = np.where(present, level_channel(lufs), 0.0).astype(np.float32)
    heard = coloured.shift(curve)
    if severity.mask_time and corpus.views is not None:
        heard = _some_view(corpus.views, pooled, rows, rng).shift(colour + curve)
    heard = frequency_masked(heard, severity.mask_bands, rng)
    told = np.eye(len(ROLES), dtype=np.float32)[role] * ~hidden[..., None]
    extras = np.concatenate([told, facts.width[..., None]], axis=-1)
    if conv:
        shift = (heard.levels - pooled.levels)[..., 0, :]
        sound = _spectra(corpus, rows, shift, heard)
    else:
        sound = heard.blurred(severity.noise, rng).features()
    measured = np.stack([level, present, np.zeros_like(level), facts.width], axis=-1)
    labels = [
        (strip_labels(s, facts, spoiling), shared_labels(s, facts, reference_db)) for s in styles
    ]
    return Batch(
        np.concatenate([sound, extras], axis=-1).astype(np.float32) * present[..., None],
        (measured * present[..., None]).astype(np.float32),
        np.where(present, facts.role, -1),
        facts,
        spoiling,
        tuple(as_wishes(strips, level) for strips, _ in labels),
        tuple(positions(shared, GLOBAL_PARAMETERS) for _, shared in labels),
        reference_db,
    )


def facts_of(
    pooled: Pooled, role: NDArray[np.intp], width: Array, present: NDArray[np.bool_]
) -> Facts:
    """What the targets look at, from a stem's statistics."""
    return Facts(
        role=role,
        present=present,
        energy=pooled.levels[..., 0, :],
        dynamics=pooled.scalars[..., 0],
        onset_rate=pooled.scalars[..., 3],
        frame_levels=pooled.frame_levels,
        width=width,
    )


def as_wishes(label: Label, level: Array) -> Array:
    """Strip values as positions (..., 16) with the level rule taken out, as a head predicts them.

    The pan column holds the spread itself, see ``architecture.Head``.
    """
    wishes = positions(label, STRIP_PARAMETERS)
    for name, sign in (("fader_db", 1.0), ("comp_threshold_db", -1.0)):
        column = STRIP_COLUMN[name]
        wishes[..., column] += sign * level * LEVEL_SPAN_DB / span(STRIP_PARAMETERS[column])
    wishes[..., STRIP_COLUMN["pan"]] = label["pan"]
    return wishes


def positions(label: Label, parameters: Sequence[Parameter]) -> Array:
    """Values to unclipped positions, (..., parameters)."""
    columns = []
    for value, p in zip(label.values(), parameters, strict=True):
        if p.curve == "log":
            columns.append(np.log(value / p.minimum) / np.log(p.maximum / p.minimum))
        else:
            columns.append((value - p.minimum) / span(p))
    return np.stack(columns, axis=-1).astype(np.float32)


def _padded(songs: Sequence[NDArray[np.intp]]) -> Draw:
    rows = np.full((len(songs), max(len(song) for song in songs)), -1, np.intp)
    for row, song in zip(rows, songs, strict=True):
        row[: len(song)] = song
    return Draw(rows)


def _drawn(corpus: Corpus, count: int, rng: np.random.Generator) -> NDArray[np.intp]:
    return rng.choice(len(corpus.songs), size=count, p=corpus.chances)


def _at_most_a_crowd(corpus: Corpus, song: int, rng: np.random.Generator) -> NDArray[np.intp]:
    stems = np.arange(*corpus.songs[song])
    return stems if len(stems) <= _CROWD else np.sort(rng.permutation(stems)[:_CROWD])


def _at(pooled: Pooled, *index: NDArray[np.intp]) -> Pooled:
    return Pooled(
        pooled.levels[index],
        pooled.movements[index],
        pooled.scalars[index],
        pooled.frame_levels[index],
    )


def _some_view(
    views: Pooled, whole: Pooled, rows: NDArray[np.intp], rng: np.random.Generator
) -> Pooled:
    """Each stem whole or as one of its views, all equally likely."""
    view = rng.integers(-1, views.scalars.shape[1], size=rows.shape)
    masked = _at(views, rows, view)
    taken = view >= 0
    return Pooled(
        np.where(taken[..., None, None], masked.levels, whole.levels),
        np.where(taken[..., None, None], masked.movements, whole.movements),
        np.where(taken[..., None], masked.scalars, whole.scalars),
        np.where(taken[..., None], masked.frame_levels, whole.frame_levels),
    )


def _crowd(corpus: Corpus, rng: np.random.Generator) -> NDArray[np.intp]:
    """Two to four songs' stems together, at most 32."""
    songs = _drawn(corpus, int(rng.integers(2, 5)), rng)
    stems = np.concatenate([np.arange(*corpus.songs[song]) for song in songs])
    return rng.permutation(stems)[:MAX_STRIPS]


def _random_console(facts: Facts, severity: Severity, rng: np.random.Generator) -> Spoiling:
    shape = facts.role.shape
    hard = rng.uniform(severity.least, severity.most, (*shape, 1))
    eq = rng.uniform(-SPOIL_EQ_DB, SPOIL_EQ_DB, (*shape, len(GAINS))) * hard
    gain = gains_db(shape, severity.gain_db, rng)
    lufs = np.maximum(wanted_lufs(BALANCED, facts), ANCHOR_LUFS - 20.0) + gain
    return Spoiling(eq.astype(np.float32), lufs.astype(np.float32))


def _cast(
    role: NDArray[np.intp], told: NDArray[np.bool_], share: float, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Roles, some of the told ones drawn anew."""
    other = rng.integers(len(ROLES), size=role.shape)
    return np.where(told & (rng.random(role.shape) < share), other, role)


def _spectra(corpus: Corpus, rows: NDArray[np.intp], shift: Array, heard: Pooled) -> Array:
    """Level-free spectrograms (songs, S, 128 * frames) for the convolutional trunk."""
    reference = power_sum_db(heard.levels[..., 0, :])[..., None, None]
    mels = corpus.crops[rows].astype(np.float32) + shift[..., None, :] - reference
    scaled = np.maximum(mels, FLOOR_DB) / 20.0 + 2.0
    bands_first = np.swapaxes(scaled, -1, -2)
    return np.asarray(bands_first.reshape(*rows.shape, -1))
