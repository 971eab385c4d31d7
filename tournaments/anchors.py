"""Hidden anchors: a mix made bad on purpose, so that a listener who hears can be told from one who
does not.

The low anchor of ITU-R BS.1534-3 (section 5.1): the signal low-passed at 3.5 kHz. Made from one of
the tournament's own previews, matched in loudness like any side of a battle.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final
from uuid import UUID

import numpy as np
import soundfile
from django.db import transaction
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from mixing import outbox, storage
from mixing.models import Mix, Song
from tournaments.clips import is_playable
from tournaments.models import Entry, EntryMix, Recording, Tournament

CUTOFF_HZ: Final = 3500.0
_ORDER: Final = 4  # Applied forwards and backwards: 48 dB per octave.
LABEL: Final = "Hidden anchor"
PREPARE: Final = "tournaments.tasks.prepare_anchors"


def enter(tournament: Tournament, songs: Sequence[Song], *, number: int) -> None:
    """Add the anchor; its sound is made by a worker once a preview is there to make it from."""
    entry = Entry.objects.create(
        tournament=tournament, number=number, kind=Entry.Kind.ANCHOR, label=LABEL
    )
    for song in songs:
        recording = Recording.objects.create(song=song, kind=Recording.Kind.ANCHOR)
        EntryMix.objects.create(entry=entry, song=song, recording=recording)
    outbox.enqueue(PREPARE, str(tournament.pk))


def prepare(tournament: Tournament) -> int:
    """Make the anchors that can be made and are not there yet; how many were made."""
    missing = EntryMix.objects.filter(
        entry__tournament=tournament, entry__kind=Entry.Kind.ANCHOR, recording__audio_file=""
    ).select_related("recording")
    return sum(_prepare(tournament, mix) for mix in missing)


def degraded(audio: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """The audio (channels, frames) without what is above 3.5 kHz, in phase."""
    sections = butter(_ORDER, CUTOFF_HZ, fs=sample_rate, output="sos")
    return np.asarray(sosfiltfilt(sections, audio, axis=1), dtype=np.float32)


def _prepare(tournament: Tournament, mix: EntryMix) -> int:
    source = _source(tournament, mix.song_id)
    if source is None or mix.recording is None:
        return 0
    # Compiled code, which only workers need.
    from mixing.audio.encoding import write_flac
    from mixing.audio.loudness import integrated_lufs
    from mixing.audio.true_peak import true_peak_dbtp

    samples, rate = soundfile.read(
        str(storage.media_path(source.audio_file)), dtype="float32", always_2d=True
    )
    audio = np.clip(degraded(samples.T, rate), -1.0, 1.0)
    with storage.scratch() as folder:
        flac = folder / "anchor.flac"
        write_flac(audio, flac)
        name, _ = storage.publish_file(flac, folder=f"recordings/{mix.recording.pk}")
    columns = {
        "audio_file": name,
        "frames": audio.shape[1],
        "lufs": integrated_lufs(audio, rate),
        "true_peak_dbtp": true_peak_dbtp(audio, rate),
    }
    with transaction.atomic():
        # A second worker at the same anchor finds it made, and throws its own away.
        made = Recording.objects.filter(pk=mix.recording.pk, audio_file="").update(**columns)
        if not made:
            transaction.on_commit(partial(storage.discard, name))
    return made


def _source(tournament: Tournament, song_id: UUID) -> Mix | None:
    previews = (
        EntryMix.objects.filter(entry__tournament=tournament, song=song_id, preview__isnull=False)
        .select_related("preview")
        .order_by("entry__number")
    )
    found = (mix.preview for mix in previews if mix.preview and is_playable(mix.preview))
    return next(found, None)
