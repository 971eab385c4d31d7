"""A person's own mix of a song, made ready to compete unnamed.

Decoded in the confined child like every file from outside, made as long as the song (cut, or padded
with silence), and its section measured; a battle then brings it to the loudness of its opponent by
one gain, like any mixer's mix.
"""

import hashlib
import tempfile
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from accounts.models import User
from accounts.services import require_account
from mixing import storage
from mixing.audio import SAMPLE_RATE
from mixing.audio.decoding import Limits, decode, load
from mixing.audio.encoding import write_flac
from mixing.audio.errors import AudioRejected
from mixing.models import Song
from mixing.refusals import NotYourSong, SongNotReady
from tournaments.models import Recording
from tournaments.refusals import HumanMixRefused, TooManyRecordings

MOST_BYTES: Final = 200 * (1 << 20)
MOST_RECORDINGS: Final = 40
"""Of one person: they go with their songs."""
_LIMITS: Final = Limits(max_bytes=MOST_BYTES)
_MOST_DIFFERENCE_S: Final = 5.0
"""A file that is so much longer or shorter is another song, or another edit of it."""
_BLOCK: Final = 1 << 20


def bring_human_mix(*, owner: User, song: Song, file: BinaryIO) -> Recording:
    """The recording of this file for this song; the same file again is the same recording.

    Raises NotYourSong, AccountNeeded, SongNotReady, TooManyRecordings, HumanMixRefused (with the
    decoder's `reason`).
    """
    if not song.is_mixable_by(owner):
        raise NotYourSong
    require_account(owner)
    if not song.is_ready() or song.section_start is None or song.section_stop is None:
        raise SongNotReady
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "upload"
        digest = _keep(file, source)
        known = Recording.objects.filter(owner=owner, song=song, source_sha256=digest).first()
        if known is not None:
            return known
        if owner.recordings.count() >= MOST_RECORDINGS:
            raise TooManyRecordings
        audio = _decoded(source, Path(folder) / "decoded.flac", song)
    return _store(owner, song, digest, audio)


def discard_files(recording: Recording) -> None:
    """Remove a recording's files once its row is gone for good."""
    storage.discard_on_commit(recording.audio_file, recording.full_file)


def _keep(file: BinaryIO, path: Path) -> str:
    """Write the upload down, counting; returns its sha256."""
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as kept:
        while block := file.read(_BLOCK):
            size += len(block)
            if size > MOST_BYTES:
                raise HumanMixRefused("The file is larger than 200 MiB.", reason="too_large")
            digest.update(block)
            kept.write(block)
    return digest.hexdigest()


def _decoded(source: Path, flac: Path, song: Song) -> NDArray[np.float32]:
    """The song's length of stereo, (2, frames)."""
    try:
        decoded = decode(source, flac, limits=_LIMITS)
    except AudioRejected as error:
        raise HumanMixRefused(error.message, reason=error.code) from error
    if decoded.is_silent:
        raise HumanMixRefused("The file is silent.", reason="silent")
    if abs(decoded.frames - song.frames) > _MOST_DIFFERENCE_S * SAMPLE_RATE:
        raise HumanMixRefused(
            f"The mix lasts {decoded.duration_s:.1f} s, the song {song.frames / SAMPLE_RATE:.1f} s."
            " They may differ by 5 s.",
            reason="wrong_length",
        )
    audio = load(flac, scale_db=decoded.scale_db)
    if audio.shape[0] == 1:
        audio = np.repeat(audio, 2, axis=0)
    missing = max(0, song.frames - audio.shape[1])
    return np.pad(audio[:, : song.frames], ((0, 0), (0, missing)))


def _store(owner: User, song: Song, digest: str, audio: NDArray[np.float32]) -> Recording:
    # Compiled code: loaded by the process that is brought a mix, not by every one that serves.
    from mixing.audio.loudness import integrated_lufs
    from mixing.audio.true_peak import true_peak_dbtp

    peak = float(np.abs(audio).max())
    if peak > 1.0:  # A float file over full scale: one gain for all of it.
        audio = (audio / peak).astype(np.float32)
    section = np.ascontiguousarray(audio[:, song.section_start : song.section_stop])
    recording = Recording(
        owner=owner,
        song=song,
        kind=Recording.Kind.HUMAN,
        source_sha256=digest,
        frames=section.shape[1],
        full_frames=audio.shape[1],
        lufs=_measured(integrated_lufs(section, SAMPLE_RATE)),
        true_peak_dbtp=true_peak_dbtp(section, SAMPLE_RATE),
    )
    if recording.lufs is None:
        raise HumanMixRefused("The mix is silent in the part that battles play.", reason="silent")
    folder = f"recordings/{recording.pk}"
    with storage.scratch() as scratch:
        names = []
        for name, samples in (("preview", section), ("full", audio)):
            path = scratch / f"{name}.flac"
            write_flac(samples, path)
            names.append(storage.publish_file(path, folder=folder)[0])
    recording.audio_file, recording.full_file = names
    return _saved(recording)


@transaction.atomic
def _saved(recording: Recording) -> Recording:
    """The row, or the one that the same file got meanwhile."""
    kept, is_new = Recording.objects.get_or_create(
        owner=recording.owner,
        song=recording.song,
        source_sha256=recording.source_sha256,
        kind=recording.kind,
        defaults={
            name: getattr(recording, name)
            for name in (
                "id",
                "audio_file",
                "full_file",
                "frames",
                "full_frames",
                "lufs",
                "true_peak_dbtp",
            )
        },
    )
    if not is_new:
        transaction.on_commit(partial(storage.discard, recording.audio_file, recording.full_file))
    return kept


def _measured(lufs: float | None) -> float | None:
    """Silence has no loudness."""
    return lufs if lufs is not None and np.isfinite(lufs) else None
