"""What mixers hear of a song: embeddings, computed once per encoder, read by every head."""

import numpy as np
from django.db import IntegrityError, transaction

from mixing import counting, sessions, storage
from mixing.identity import multitrack_sha256, told_role
from mixing.models import Embedding, Mixer, Song, Stem
from mixing.multitrack import Audio, Multitrack, Track


def multitrack_of(song: Song, stems: list[Stem]) -> Multitrack:
    """The stored stems of a prepared song."""
    return Multitrack(
        tracks=tuple(_track(stem) for stem in stems),
        section=(song.section_start or 0, song.section_stop or song.frames),
    )


def hear(song: Song, stems: list[Stem], mixer: Mixer) -> Audio:
    """The song's embeddings (stems, D) by the mixer's encoder, remembered in the database.

    Raises ModelUnavailable or ModelInvalid.
    """
    key = {
        "song_id": song.pk,
        "multitrack_sha256": multitrack_sha256(stems),
        "encoder_sha256": mixer.encoder_onnx_sha256,
    }
    known = Embedding.objects.filter(**key).values_list("vectors", flat=True).first()
    counting.count(counting.EMBEDDINGS, hits=int(known is not None), misses=int(known is None))
    if known is not None:
        return np.frombuffer(known, np.float32).reshape(len(stems), -1)
    vectors = multitrack_of(song, stems).hear(sessions.embedder(mixer)).astype(np.float32)
    try:
        with transaction.atomic():
            Embedding.objects.create(**key, vectors=vectors.tobytes())
    except IntegrityError:
        pass  # Another worker heard the song at the same time, or it was deleted.
    return vectors


def _track(stem: Stem) -> Track:
    # Every ready stem has them.
    assert stem.channels is not None
    assert stem.frames is not None
    assert stem.lufs is not None
    return Track(
        audio=storage.media_path(stem.audio_file),
        mel=storage.media_path(stem.spectrogram_file),
        channels=stem.channels,
        frames=stem.frames,
        scale_db=stem.scale_db,
        lufs=stem.lufs,
        stereo_width=stem.stereo_width,
        role=told_role(stem),
    )
