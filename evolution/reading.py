"""Reading a song for the descriptors: its spectrograms, and the encoder if nobody heard it yet."""

from collections.abc import Iterable, Sequence

import numpy as np
from django.db import IntegrityError, transaction

from evolution.descriptors import DESCRIPTOR_VERSION, SongSound
from evolution.models import StoredSound
from evolution.packing import pack
from mixing import listening
from mixing.audio import spectrogram
from mixing.identity import multitrack_sha256
from mixing.models import Mixer, Song, Stem
from mixing.storage import media_path


def sound_of(song: Song, mixer: Mixer) -> StoredSound:
    """The row of the song as it is now, for this mixer's encoder.

    Raises ModelUnavailable or ModelInvalid (the encoder), FileNotFoundError (a spectrogram).
    """
    stems = list(song.stems.ready())
    key = {
        "song": song,
        "multitrack_sha256": multitrack_sha256(stems),
        "encoder_sha256": mixer.encoder_onnx_sha256,
        "descriptor_version": DESCRIPTOR_VERSION,
    }
    known = StoredSound.objects.filter(**key).first()
    if known is not None:
        return known
    sound = _read(song, stems, mixer)
    try:
        with transaction.atomic():
            return StoredSound.objects.create(**key, arrays=pack(sound.to_arrays()))
    except IntegrityError:  # Another worker read it at the same time.
        return StoredSound.objects.get(**key)


def sounds_of(songs: Iterable[Song], mixer: Mixer) -> list[StoredSound]:
    """The rows of these songs; a song that cannot be read now is left out."""
    rows = []
    for song in songs:
        try:
            rows.append(sound_of(song, mixer))
        except FileNotFoundError:
            continue  # It is being deleted, or its stems are being replaced.
    return rows


def _read(song: Song, stems: Sequence[Stem], mixer: Mixer) -> SongSound:
    return SongSound.from_stems(
        mels=[spectrogram.load(media_path(stem.spectrogram_file)) for stem in stems],
        lufs=[-np.inf if stem.lufs is None else stem.lufs for stem in stems],
        roles=[stem.role for stem in stems],
        widths=[stem.stereo_width for stem in stems],
        embeddings=listening.hear(song, list(stems), mixer),
    )
