"""What no taste excuses: faults of a mix that cost a candidate, whatever a listener seems to like.

Every penalty is 0 for ordinary mixes, grows with the square of the excess over a limit, and is
counted in units of utility (logits of a preference), where 1 already loses three battles of four.
They keep the breeding inside what people have judged: beyond it the preference model guesses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evolution.descriptors import SongSound, describe_powers, desk
from evolution.descriptors.bands import loudness_weights
from mixing.audio.parameters import MASTER
from mixing.networks.distance import step_positions
from mixing.networks.equaliser import GAINS
from mixing.networks.genome import Genome
from mixing.networks.population import positions
from mixing.networks.shapes import GLOBAL_PARAMETERS, STRIP_COLUMN, STRIP_PARAMETERS

Array = NDArray[np.float32]

HARMS: Final = ("levels", "masking", "extremes", "peaks", "straying")
"""Columns of ``penalties``."""

FURTHEST_STEPS: Final = 6.0
"""Descriptors further than this from the reference mix are out of range."""
DEEPEST_MASK_DB: Final = 12.0
"""The rest of the mix may be this much stronger than the voice where words are understood."""
WIDEST_GAIN: Final = 0.75
"""Equaliser gains beyond this share of their range are extreme."""
HARDEST_RATIO: Final = 0.8
"""Compressor ratios beyond this position (6.3 : 1 on a strip) are extreme."""
HARDEST_DRIVE_DB: Final = 16.0
"""Mean level this much under full scale needs a limiter for every beat; see ``_peaks``."""
FREE_STEPS: Final = 0.2
"""Root mean square of the knobs' movement from the base, in audible steps, that costs nothing:
about one step of one descriptor by the shortest way (``genome.Basis``). Of longer ways more is
heard than the descriptors tell."""
_PRICES: Final = np.array([0.1, 0.05, 40.0, 0.2, 0.4], np.float32)
_INTELLIGIBLE: Final = slice(7, 11)  # 1.25 to 6 kHz
_STRIP_STEPS: Final = step_positions(STRIP_PARAMETERS)
_SHARED_STEPS: Final = step_positions(GLOBAL_PARAMETERS)
_MAKEUP_DB: Final = next(p.maximum for p in MASTER if p.name == "comp_makeup_db")
_TARGET_LUFS: Final = next(p.default for p in MASTER if p.name == "target_lufs")
_EQ: Final = [STRIP_COLUMN[name] for name in GAINS]
_RATIO: Final = STRIP_COLUMN["comp_ratio"]


@dataclass(frozen=True)
class Stage:
    """A song to try candidates on, with the base mixer's console beside which they are judged."""

    song: SongSound
    base: Genome

    def try_out(self, genomes: Array) -> tuple[Array, Array]:
        """Descriptors (heads, D) and penalties (heads, len(HARMS)) of heads on this song."""
        strips, shared = positions(genomes, self.song.embeddings)
        powers = desk.mix(strips, shared, self.song)
        rows = describe_powers(powers, shared, self.song)
        return rows, self._penalties(rows, powers, strips, shared)

    @cached_property
    def _standard(self) -> tuple[Array, Array, Array]:
        """The base's own strips, shared knobs and excesses, which are nobody's fault."""
        strips, shared = positions(self.base[None], self.song.embeddings)
        powers = desk.mix(strips, shared, self.song)
        rows = describe_powers(powers, shared, self.song)
        return strips, shared, _excesses(rows, powers, strips, self.song)

    def _penalties(self, rows: Array, powers: desk.Powers, strips: Array, shared: Array) -> Array:
        base_strips, base_shared, allowed = self._standard
        excess = np.maximum(_excesses(rows, powers, strips, self.song) - allowed, 0.0)
        own = np.square((strips - base_strips) / _STRIP_STEPS).mean(axis=(1, 2))
        common = np.square((shared - base_shared) / _SHARED_STEPS).mean(axis=1)
        strayed = np.maximum(np.sqrt((own + common) / 2) - FREE_STEPS, 0.0)
        return np.asarray(np.square(np.column_stack([excess, strayed])) * _PRICES, np.float32)


def _excesses(rows: Array, powers: desk.Powers, strips: Array, song: SongSound) -> Array:
    """(m, 4): how far over their limits levels, masking, extremes and peaks are."""
    over = np.maximum(np.abs(rows) - FURTHEST_STEPS, 0.0)
    return np.column_stack(
        [
            np.sqrt(np.square(over).sum(axis=1)),
            _masking(powers, song),
            _extremes(strips, song),
            _peaks(powers),
        ]
    )


def _masking(powers: desk.Powers, song: SongSound) -> Array:
    """dB by which the rest drowns the voice in the bands that carry words."""
    if not song.stands_out[0]:
        return np.zeros(len(powers.mid), np.float32)
    voice = powers.groups[:, 0, _INTELLIGIBLE].sum(axis=1)
    rest = powers.total[:, _INTELLIGIBLE].sum(axis=1) - voice
    mask_db = 10.0 * np.log10(np.maximum(rest, 1e-12) / np.maximum(voice, 1e-12))
    return np.asarray(np.maximum(mask_db - DEEPEST_MASK_DB, 0.0))


def _extremes(strips: Array, song: SongSound) -> Array:
    """Root mean square over the sounding strips of equaliser and ratio positions past limits."""
    heard = strips[:, song.present]
    gains = np.maximum(np.abs(2.0 * heard[..., _EQ] - 1.0) - WIDEST_GAIN, 0.0)
    ratios = np.maximum(heard[..., _RATIO] - HARDEST_RATIO, 0.0)
    return np.asarray(
        np.sqrt(np.square(gains).sum(axis=-1).mean(axis=1) + np.square(ratios).mean(axis=1))
    )


def _peaks(powers: desk.Powers) -> Array:
    """dB by which the mean level at the target loudness exceeds what leaves room for peaks.

    Loudness hears bass little, so a mix heavy in bass needs more level for the same loudness.
    """
    weighted = 10.0 * np.log10(np.maximum(powers.total @ loudness_weights(), 1e-12)) - 0.691
    level = 10.0 * np.log10(np.maximum(powers.total.sum(axis=1), 1e-12)) - 3.01
    return np.asarray(np.maximum(_TARGET_LUFS + level - weighted + HARDEST_DRIVE_DB, 0.0))


def audition(genomes: Array, songs: Sequence[SongSound], base: Genome) -> tuple[Array, Array]:
    """Descriptors (heads, songs, D), and harm (heads,): the mean over the songs of all penalties
    together."""
    tried = [Stage(song, base).try_out(genomes) for song in songs]
    rows = np.stack([descriptors for descriptors, _ in tried], axis=1)
    return rows, np.mean([faults.sum(axis=1) for _, faults in tried], axis=0)


def penalties(genomes: Array, songs: Sequence[SongSound], base: Genome) -> Array:
    """(heads, songs, len(HARMS)) in units of utility."""
    return np.stack([Stage(song, base).try_out(genomes)[1] for song in songs], axis=1)
