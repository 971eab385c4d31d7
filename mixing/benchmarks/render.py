"""The console against pedalboard: full mix, 30 s preview, first mix of a process, memory.

Ours does more than the peer: it also pans, brings the mix to its loudness target, keeps the true
peak and measures the result. It uses up to two cores, the peer one; ``ratio`` compares what a
listener waits for, ``ratio_cpu`` the work.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mixing.audio import SAMPLE_RATE
from mixing.audio.console import lead_in_s, render, render_section
from mixing.benchmarks import pedalboard_console
from mixing.benchmarks.material import Audio, busy_settings, multitrack
from mixing.benchmarks.measuring import (
    Figures,
    Progress,
    Timing,
    conditions,
    confine,
    in_fresh_process,
    median,
    once,
    peak_rss_mib,
)

PREVIEW_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Job:
    """What is rendered and how often. ``threads`` are cores to work on; None means all."""

    stems: int = 8
    seconds: float = 180.0
    runs: int = 3
    threads: int | None = None

    @property
    def section(self) -> tuple[int, int]:
        """The preview's stretch in the middle of the song, (start, stop) in samples."""
        samples = round(self.seconds * SAMPLE_RATE)
        length = min(samples, round(PREVIEW_S * SAMPLE_RATE))
        start = (samples - length) // 2
        return start, start + length


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one process found: seconds to start and import, timings, memory, cores."""

    start_s: float
    first: Timing
    full: Timing
    preview: Timing
    peak_rss_mib: float
    cores: int

    def figures(self, job: Job) -> Figures:
        start, stop = job.section
        return {
            "threads": self.cores,
            "process_start_s": round(self.start_s, 3),
            "first_render_s": round(self.first.seconds, 4),
            "full": self.full.against(job.seconds),
            "preview": self.preview.against((stop - start) / SAMPLE_RATE),
            "peak_rss_mib": round(self.peak_rss_mib, 1),
        }


def measure(job: Job, progress: Progress) -> Figures:
    """Render the job in a fresh process with each of the two consoles."""
    found: Figures = {
        "benchmark": "render",
        "stems": job.stems,
        "seconds": job.seconds,
        "runs": job.runs,
        **conditions(),
    }
    progress("Rendering with the console …")
    own = in_fresh_process(render_own, job, time.monotonic())
    version = pedalboard_console.installed_version()
    peer: Figures = {"name": pedalboard_console.NAME, "version": version}
    if version is None:
        progress("pedalboard is not installed: no ratio. It comes with the dev extra.")
        peer["missing"] = "not installed; it comes with the dev extra"
        return {**found, **own.figures(job), "peer": peer, **_ratios(own, None)}
    progress("Rendering with pedalboard …")
    other = in_fresh_process(render_peer, job, time.monotonic())
    peer |= other.figures(job)
    return {**found, **own.figures(job), "peer": peer, **_ratios(own, other)}


def render_own(job: Job, called_at: float) -> Outcome:
    """The console's outcome; runs in a process of its own, called at that monotonic time."""
    start_s = time.monotonic() - called_at
    cores = confine(job.threads)
    stems, settings = multitrack(job.stems, job.seconds), busy_settings(job.stems)
    start, stop = job.section
    return _outcome(
        job,
        start_s,
        cores,
        lambda: render(stems, settings),
        lambda: render_section(stems, settings, start=start, stop=stop),
    )


def render_peer(job: Job, called_at: float) -> Outcome:
    """The peer's outcome on one core. Its preview gets the lead-in that the console's has."""
    console = pedalboard_console.PedalboardConsole(busy_settings(job.stems))
    start_s = time.monotonic() - called_at
    cores = confine(1)
    stems = multitrack(job.stems, job.seconds)
    start, stop = job.section
    heard_from = max(0, start - round(lead_in_s(busy_settings(job.stems)) * SAMPLE_RATE))

    def preview() -> Audio:
        return console.render([stem[:, heard_from:stop] for stem in stems])[:, start - heard_from :]

    return _outcome(job, start_s, cores, lambda: console.render(stems), preview)


def _outcome(
    job: Job,
    start_s: float,
    cores: int,
    full: Callable[[], object],
    preview: Callable[[], object],
) -> Outcome:
    first = once(full)
    preview()
    return Outcome(
        start_s, first, median(full, job.runs), median(preview, job.runs), peak_rss_mib(), cores
    )


def _ratios(own: Outcome, peer: Outcome | None) -> Figures:
    """How many times longer the peer takes; None without one."""
    if peer is None:
        return dict.fromkeys(("ratio", "ratio_preview", "ratio_cpu"))
    return {
        "ratio": round(peer.full.seconds / own.full.seconds, 2),
        "ratio_preview": round(peer.preview.seconds / own.preview.seconds, 2),
        "ratio_cpu": round(peer.full.cpu_seconds / own.full.cpu_seconds, 2),
    }
