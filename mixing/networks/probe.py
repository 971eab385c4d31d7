"""Songs on which networks are compared: what the encoder hears of synthesised music.

They come with the code, so that a worker can tell in milliseconds how far a smaller network is off.
``write_probe`` makes the file: same seeds, same songs. None of them is ever trained on.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from mixing.audio.spectrogram import log_mel
from mixing.networks.errors import ModelInvalid, ModelUnavailable
from mixing.networks.inference import hear
from mixing.networks.placement import stereo_width
from mixing.networks.pooling import pool
from mixing.networks.shapes import FEATURE_SIZE, MEASURED

Array = NDArray[np.float32]

PROBE: Final = Path(__file__).parent / "probe_songs.safetensors"
SEEDS: Final = range(1_500_000, 1_500_008)
SECONDS: Final = 8.0
_QUIETEST_LUFS: Final = -38.0
_LOUDEST_LUFS: Final = -14.0


@dataclass(frozen=True, slots=True)
class ProbeSong:
    """The encoder's inputs: features (stems, FEATURE_SIZE) and measured (stems, 4)."""

    features: Array
    measured: Array


@cache
def probe_songs(path: Path = PROBE) -> tuple[ProbeSong, ...]:
    """The songs, then the first one's first stem alone, and the first two songs as one.

    Raises:
        ModelUnavailable: the file is missing. ModelInvalid: made for another front end.
    """
    try:
        held = load_file(path)
    except OSError as error:
        raise ModelUnavailable(f"The probe songs {path.name} are missing.") from error
    except SafetensorError as error:
        raise ModelInvalid(f"{path.name} is not a safetensors file.") from error
    features, measured = held["features"].astype(np.float32), held["measured"]
    if features.shape[1:] != (FEATURE_SIZE,) or measured.shape[1:] != (len(MEASURED),):
        raise ModelInvalid(f"{path.name} was made for another front end: make it anew.")
    songs = [
        ProbeSong(features[first:stop], measured[first:stop])
        for first, stop in held["songs"].tolist()
    ]
    alone = ProbeSong(songs[0].features[:1], songs[0].measured[:1])
    return (*songs, alone, _together(songs[0], songs[1]))


def write_probe(path: Path) -> None:
    """Compose the songs of ``SEEDS`` (about a second each) and write what is heard of them."""
    songs = [_heard(number, seed) for number, seed in enumerate(SEEDS)]
    stops = np.cumsum([len(song.features) for song in songs])
    starts = np.concatenate([[0], stops[:-1]])
    save_file(
        {
            "features": np.concatenate([song.features for song in songs]).astype(np.float16),
            "measured": np.concatenate([song.measured for song in songs]),
            "songs": np.stack([starts, stops], axis=1).astype(np.int64),
        },
        path,
    )


def _heard(number: int, seed: int) -> ProbeSong:
    """A song at recording levels drawn by chance; every other one has its roles told."""
    # The synthesiser is needed only here, and workers read the file.
    from mixing.synthesis.song import compose

    stems = compose(seed=seed, seconds=SECONDS).stems
    levels = np.random.default_rng(seed).uniform(_QUIETEST_LUFS, _LOUDEST_LUFS, len(stems))
    features, measured = hear(
        [pool(log_mel(stem.audio)) for stem in stems],
        levels.tolist(),
        roles=[stem.role for stem in stems] if number % 2 else None,
        widths=[stereo_width(stem.audio) for stem in stems],
    )
    return ProbeSong(features, measured)


def _together(first: ProbeSong, second: ProbeSong) -> ProbeSong:
    return ProbeSong(
        np.concatenate([first.features, second.features]),
        np.concatenate([first.measured, second.measured]),
    )
