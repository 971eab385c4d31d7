"""From a song and a mixer to a mix: settings, audio, measurements, in a worker.

The most urgent mix is made first (previews before full mixes), whichever message woke the worker.
"""

import resource
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from mixing import choices, listening, live, overrides, storage
from mixing.audio import waveform
from mixing.audio.console import Rendered
from mixing.audio.delay import in_time
from mixing.audio.encoding import write_flac
from mixing.audio.masking import Covered
from mixing.audio.parameters import Settings
from mixing.hot_audio import BUDGET_BYTES, HotAudio, paged_reader
from mixing.identity import multitrack_sha256
from mixing.jobs import JobState
from mixing.models import Mix, Stem
from mixing.multitrack import Multitrack, mix_preview, mix_song
from mixing.refusals import SongChanged
from mixing.work import Craft, LeaseLost, Stage, Work, perform

_hot = HotAudio()


def render_next() -> None:
    """Make the mix that is wanted most, if any waits; it ends ready, or failed with a reason."""
    mix = Mix.objects.claim_most_urgent()
    if mix is None:
        return
    live.announce_line(mix.song_id)
    perform(mix, CRAFT)


def choose_settings(mix: Mix, stems: list[Stem]) -> Settings:
    """What the mixer makes of the song, with what a person changed of it, in the song's tempo."""
    chosen = choices.settings_of(mix.song, stems, mix.mixer)
    changed = overrides.apply(chosen, mix.overrides)
    return replace(changed, delay=in_time(changed.delay, mix.song.tempo_bpm))


def _render(work: Work[Mix]) -> None:
    mix = work.job
    cpu_before = time.process_time()
    stems = list(mix.song.stems.ready())
    if multitrack_sha256(stems) != mix.multitrack_sha256:
        raise SongChanged
    work.enter("listening")
    settings = choose_settings(mix, stems)
    multitrack = listening.multitrack_of(mix.song, stems)
    with storage.scratch() as folder:
        rendered = _mixdown(work, multitrack, settings, folder)
        work.enter("saving")
        flac = folder / "mix.flac"
        write_flac(rendered.audio, flac)
        peaks = waveform.to_integers(waveform.peaks(rendered.audio))
        name, sha256 = storage.publish_file(
            flac, folder=f"{storage.song_folder(mix.song_id)}/mixes"
        )
    timings = work.finished() | _cost(cpu_before)
    columns = {
        "settings": settings.to_json(),
        "audio_file": name,
        "audio_sha256": sha256,
        "frames": rendered.audio.shape[1],
        "peaks": peaks,
        "timings": timings,
        **_figures(rendered, multitrack.masking(settings, preview=mix.is_preview())),
    }
    try:
        _store(mix, columns)
    except BaseException:
        storage.discard(name)
        raise


def _mixdown(
    work: Work[Mix], multitrack: Multitrack, settings: Settings, scratch: Path
) -> Rendered:
    """The stems stay in memory for the next mix of the song where they fit."""
    read = _hot if multitrack.decoded_bytes <= BUDGET_BYTES else paged_reader(scratch)
    work.enter("loading")

    def loading(share: float) -> None:
        work.report(share)
        if share == 1.0:
            work.enter("mixing")

    mix = mix_preview if work.job.is_preview() else mix_song
    return mix(multitrack, settings, read=read, loading=loading, mixing=work.report)


@transaction.atomic
def _store(mix: Mix, columns: dict[str, Any]) -> None:
    """The result in one transaction, if the mix is still ours to make. Raises LeaseLost."""
    if not mix.finish(JobState.READY, **columns):
        raise LeaseLost
    live.announce_song(mix.song)
    live.announce_line(mix.song_id)


@transaction.atomic
def _fail(mix: Mix, code: str, message: str) -> None:
    if mix.fail(code, message):
        live.announce_song(mix.song)


def _tell(mix: Mix) -> None:
    live.announce_mixes([mix])


def _figures(rendered: Rendered, masking: tuple[Covered, ...]) -> dict[str, Any]:
    measured = rendered.measurements.to_json()
    return {
        "lufs": measured["lufs"],
        "lra": measured["lra"],
        "true_peak_dbtp": measured["true_peak_dbtp"],
        "measurements": {
            **measured,
            "gain_db": rendered.gain_db,
            "masking": [covered.to_json() for covered in masking],
        },
    }


def _cost(cpu_before: float) -> dict[str, float]:
    """What the mix cost: CPU seconds of this attempt and the process' peak memory."""
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "cpu_s": round(time.process_time() - cpu_before, 4),
        "peak_rss_mib": round(peak_kib / 1024, 1),
    }


CRAFT: Final[Craft[Mix]] = Craft(
    stages=(
        Stage("listening", "Choosing the settings", 0.05),
        Stage("loading", "Loading the stems", 0.3),
        Stage("mixing", "Mixing", 0.5),
        Stage("saving", "Saving", 0.15),
    ),
    do=_render,
    tell=_tell,
    fail=_fail,
)
