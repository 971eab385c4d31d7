"""A stem's part in the song's preview section, small enough to be sent to a browser.

FLAC of 16 bits with dither. The stem is first turned up so that its highest peak is just below full
scale, and the console is told how much to turn it down again: the noise of 16 bits stays 96 dB
below the stem's own peak however softly it was recorded. Two equal channels are sent as one.
"""

from typing import Final

import numpy as np

from mixing import storage
from mixing.audio import SAMPLE_RATE, decoding
from mixing.audio.encoding import write_flac
from mixing.models import Song, Stem

PEAK_DBFS: Final = -0.1
SILENT_DBFS: Final = -100.0
SHORTEST_S: Final = 5.0
LONGEST_S: Final = 30.0


def restoring_gain_db(stem: Stem) -> float:
    """How much the console turns the sent audio up (mostly: down) to have the stem's own level."""
    peak = stem.peak_dbfs if stem.peak_dbfs is not None else SILENT_DBFS
    return peak - PEAK_DBFS if peak > SILENT_DBFS else 0.0


def section_of(song: Song) -> tuple[int, int]:
    """First and last sample (exclusive) of what previews play."""
    start = song.section_start or 0
    return start, song.section_stop or song.frames


def flac_of(song: Song, stem: Stem, seconds: float = LONGEST_S) -> bytes:
    """The stem's audio in the first ``seconds`` of the song's section, silence where it ended."""
    start, stop = section_of(song)
    stop = min(stop, start + round(min(max(seconds, SHORTEST_S), LONGEST_S) * SAMPLE_RATE))
    path = storage.media_path(stem.audio_file)
    audio = decoding.load(path, scale_db=stem.scale_db, start=start, stop=stop)
    audio = audio * np.float32(10 ** (-restoring_gain_db(stem) / 20))
    audio = np.pad(audio, ((0, 0), (0, stop - start - audio.shape[1])))
    if len(audio) == 2 and np.array_equal(audio[0], audio[1]):
        audio = audio[:1]
    with storage.scratch() as folder:
        target = folder / "section.flac"
        write_flac(audio, target, bits=16)
        return target.read_bytes()
