"""A mix in a form to take away: audio files, stems, a session. Made by a worker on demand."""

import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from django.db import transaction

from mixing import live, storage
from mixing.audio import SAMPLE_RATE, decoding, ffmpeg
from mixing.audio.console import process_stems
from mixing.audio.dawproject import Session, SessionStem, metadata_xml, project_xml
from mixing.audio.encoding import WavBits, write_flac, write_mp3, write_wav
from mixing.audio.names import display_name
from mixing.audio.parameters import Settings
from mixing.downloads import FORMATS
from mixing.hot_audio import paged_reader
from mixing.identity import multitrack_sha256
from mixing.jobs import JobState
from mixing.listening import multitrack_of
from mixing.models import Export, Mix, Stem
from mixing.multitrack import Audio
from mixing.refusals import EncoderMissing, SongChanged
from mixing.work import Craft, LeaseLost, Stage, Work, perform

# The oldest date a zip can hold: the same stems give the same bytes.
_ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)


def make(export_id: str) -> None:
    """Make the file if it is waited for; the export ends ready, or failed with a reason."""
    export = Export.objects.claim(export_id)
    if export is not None:
        perform(export, CRAFT)


def _make(work: Work[Export]) -> None:
    export = work.job
    work.enter("writing")
    with storage.scratch() as folder:
        made = folder / f"export.{FORMATS[export.kind].suffix}"
        _WRITERS[export.kind](work, made)
        size = made.stat().st_size
        target = f"{storage.song_folder(export.mix.song_id)}/exports"
        name, _ = storage.publish_file(made, folder=target)
    if not export.finish(JobState.READY, file=name, bytes=size):
        storage.discard(name)
        raise LeaseLost


def _write_wav(work: Work[Export], path: Path, *, bits: WavBits) -> None:
    write_wav(_master(work.job.mix), path, bits=bits)


def _write_mp3(work: Work[Export], path: Path) -> None:
    write_mp3(_master(work.job.mix), path)


def _write_by_ffmpeg(work: Work[Export], path: Path, *, codec: ffmpeg.Codec) -> None:
    try:
        ffmpeg.write(_master(work.job.mix), path, codec)
    except ffmpeg.EncoderMissing:  # The web server may have one that this worker has not.
        raise EncoderMissing from None


def _copy_master(work: Work[Export], path: Path) -> None:
    """A FLAC of its own: services answer with the mix's file, so this serves rows made by hand."""
    write_flac(_master(work.job.mix), path)


def _write_settings(work: Work[Export], path: Path) -> None:
    path.write_text(json.dumps(work.job.mix.settings, indent=2) + "\n")


def _write_stems(work: Work[Export], path: Path) -> None:
    """A zip of FLACs, one per strip, after fader and pan, as long as the mix."""
    mix = work.job.mix
    stems = _stems_of(mix)
    strips = _strips(mix, stems, path.parent)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number, (stem, audio) in enumerate(zip(stems, strips, strict=True), 1):
            flac = path.with_name("strip.flac")
            write_flac(audio, flac)
            name = f"{number:02} {display_name(Path(stem.name).stem)}.flac"
            with archive.open(zipfile.ZipInfo(name, _ZIP_DATE), "w") as member:
                member.write(flac.read_bytes())
            work.report(number / len(stems))


def _write_session(work: Work[Export], path: Path) -> None:
    """The raw stems and what the console does to them, of the whole song (also for a preview)."""
    mix = work.job.mix
    stems = _stems_of(mix)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        tracks = []
        for number, stem in enumerate(stems, 1):
            audio = _session_audio(stem, path.with_name("stem.wav"))
            name = display_name(Path(stem.name).stem)
            file = f"audio/{number:02} {name}{audio.suffix}"
            entry = zipfile.ZipInfo(file, _ZIP_DATE)
            with audio.open("rb") as source, archive.open(entry, "w") as member:
                shutil.copyfileobj(source, member, 1 << 20)
            assert stem.frames is not None  # Every ready stem has them.
            assert stem.channels is not None
            tracks.append(SessionStem(name, file, stem.channels, stem.frames))
            work.report(number / len(stems))
        session = _session(mix, tracks)
        texts = {
            "project.xml": project_xml(session),
            "metadata.xml": metadata_xml(session),
            "mixarena/settings.json": json.dumps(mix.settings, indent=2).encode(),
        }
        for name, text in texts.items():
            archive.writestr(zipfile.ZipInfo(name, _ZIP_DATE), text, zipfile.ZIP_DEFLATED)


def _session(mix: Mix, tracks: list[SessionStem]) -> Session:
    song = mix.song
    return Session(
        title=song.title,
        artist=song.artist,
        genre=song.genre,
        comment=f"Mixed by {mix.mixer} of Mixarena. mixarena/settings.json has all its settings.",
        tempo_bpm=song.tempo_bpm,
        sample_rate=SAMPLE_RATE,
        stems=tracks,
        settings=Settings.from_json(mix.settings),
        gain_db=(mix.measurements or {}).get("gain_db") or 0.0,
    )


def _session_audio(stem: Stem, spare: Path) -> Path:
    """The stem's own FLAC, or a float WAV in ``spare`` if it was stored scaled down."""
    stored = storage.media_path(stem.audio_file)
    if not stem.scale_db:
        return stored
    write_wav(decoding.load(stored, scale_db=stem.scale_db), spare, bits="32f")
    return spare


def _stems_of(mix: Mix) -> list[Stem]:
    """The stems that were mixed. Raises SongChanged if the song has others by now."""
    stems = list(mix.song.stems.ready())
    if multitrack_sha256(stems) != mix.multitrack_sha256:
        raise SongChanged
    return stems


def _strips(mix: Mix, stems: list[Stem], scratch: Path) -> Iterator[Audio]:
    multitrack = multitrack_of(mix.song, stems)
    settings = Settings.from_json(mix.settings)
    whole = (0, multitrack.frames)
    start, stop = multitrack.section if mix.is_preview() else whole
    first, last = multitrack.surroundings if mix.is_preview() else whole
    read = paged_reader(scratch)
    for track, strip in zip(multitrack.tracks, settings.strips, strict=True):
        alone = Settings((strip,), settings.reverb, settings.delay, settings.master)
        processed = next(process_stems([read(track, first, last)], alone))
        yield processed[:, start - first : stop - first]


def _master(mix: Mix) -> Audio:
    return decoding.load(storage.media_path(mix.audio_file))


def _tell(export: Export) -> None:
    live.announce_song(export.mix.song)


@transaction.atomic
def _fail(export: Export, code: str, message: str) -> None:
    export.fail(code, message)


_WRITERS: Final[dict[str, Callable[[Work[Export], Path], None]]] = {
    Export.Kind.WAV: partial(_write_wav, bits=24),
    Export.Kind.WAV16: partial(_write_wav, bits=16),
    Export.Kind.WAV32F: partial(_write_wav, bits="32f"),
    Export.Kind.FLAC: _copy_master,
    Export.Kind.MP3: _write_mp3,
    Export.Kind.OPUS: partial(_write_by_ffmpeg, codec="opus"),
    Export.Kind.AAC: partial(_write_by_ffmpeg, codec="aac"),
    Export.Kind.STEMS: _write_stems,
    Export.Kind.DAWPROJECT: _write_session,
    Export.Kind.SETTINGS: _write_settings,
}
CRAFT: Final[Craft[Export]] = Craft(
    stages=(Stage("writing", "Writing the file", 1.0),), do=_make, tell=_tell, fail=_fail
)
