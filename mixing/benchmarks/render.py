"""The console against pedalboard: full mix, 30 s preview, first mix of a process, memory.

Every number of stems is mixed on every number of cores by both consoles, each in a process of its
own, and the peer spreads its strips over the cores it gets. Ours does more than the peer: it also
pans, brings the mix to its loudness target, keeps the true peak and measures the result. ``ratio``
compares what a listener waits for, ``ratio_cpu`` the work.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from mixing.audio import SAMPLE_RATE
from mixing.audio.console import cores, lead_in_s, render, render_section
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
USUAL_STEMS: Final = 8
STEMS: Final = (4, USUAL_STEMS, 32)
THREADS: Final = (1, 2)
PRICE: Final = 0.04
"""Of one core for one hour, about what clouds ask for one in US dollars."""
_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Job:
    """One size that is rendered, on so many cores, and how often."""

    stems: int = USUAL_STEMS
    seconds: float = 180.0
    runs: int = 3
    threads: int = 1

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


@dataclass(frozen=True, slots=True)
class Plan:
    """All sizes. The first of ``threads`` and the usual number of stems make the headline."""

    stems: Sequence[int] = STEMS
    threads: Sequence[int] = THREADS
    seconds: float = 180.0
    runs: int = 3
    price: float = PRICE

    @property
    def headline(self) -> Job:
        stems = USUAL_STEMS if USUAL_STEMS in self.stems else self.stems[0]
        return Job(stems, self.seconds, self.runs, self.threads[0])

    @property
    def jobs(self) -> list[Job]:
        """The headline first; threads that there are no cores for are left out."""
        possible = [count for count in self.threads if count <= cores()] or [1]
        rest = [replace(self.headline, stems=s, threads=t) for t in possible for s in self.stems]
        return [self.headline, *(job for job in rest if job != self.headline)]


def measure(plan: Plan, progress: Progress) -> Figures:
    """Render every size in a fresh process with each of the two consoles."""
    headline = plan.headline
    version = pedalboard_console.installed_version()
    found: Figures = {
        "benchmark": "render",
        "stems": headline.stems,
        "seconds": headline.seconds,
        "runs": headline.runs,
        **conditions(),
    }
    if version is None:
        progress("pedalboard is not installed: no ratio. It comes with the dev extra.")
    outcomes = [(job, *_both(job, version, progress)) for job in plan.jobs]
    _, own, other = outcomes[0]
    peer: Figures = {"name": pedalboard_console.NAME, "version": version}
    if other is None:
        peer["missing"] = "not installed; it comes with the dev extra"
    else:
        peer |= other.figures(headline)
    return {
        **found,
        **own.figures(headline),
        "peer": peer,
        **_ratios(own, other),
        "sizes": [_size(*outcome) for outcome in outcomes],
        "growth": _growth([(job, own) for job, own, _ in outcomes]),
        "economy": economy(own.full, plan.price),
    }


def economy(full: Timing, price: float) -> Figures:
    """What a core makes in a day, and what that costs at a price per core and hour."""
    return {
        "mixes_per_core_and_day": round(_DAY_S / full.cpu_seconds),
        "price_per_core_hour": price,
        "cost_per_thousand_mixes": round(1000 * full.cpu_seconds / 3600 * price, 5),
    }


def _both(job: Job, version: str | None, progress: Progress) -> tuple[Outcome, Outcome | None]:
    size = f"{job.stems} stems on {job.threads} core(s)"
    progress(f"Rendering {size} …")
    own = in_fresh_process(render_own, job, time.monotonic())
    if version is None:
        return own, None
    progress(f"Rendering {size} with pedalboard …")
    return own, in_fresh_process(render_peer, job, time.monotonic())


def _size(job: Job, own: Outcome, peer: Outcome | None) -> Figures:
    """One size's row: what the stems alone take in memory, then both consoles' figures."""
    stems_mib = job.stems * 2 * 4 * round(job.seconds * SAMPLE_RATE) / 2**20
    peers = None if peer is None else peer.figures(job)
    row = {"stems": job.stems, "stems_mib": round(stems_mib, 1), **own.figures(job)}
    return {**row, "peer": peers, **_ratios(own, peer)}


def _growth(outcomes: Sequence[tuple[Job, Outcome]]) -> Figures | None:
    """CPU seconds of a full mix as a straight line over the stems, on the fewest cores.

    ``largest_deviation`` is the worst miss of that line as a share of the measured time.
    """
    fewest = min(own.cores for _, own in outcomes)
    points = {job.stems: own.full.cpu_seconds for job, own in outcomes if own.cores == fewest}
    if len(points) < 3:
        return None
    stems, measured = np.array(list(points)), np.array(list(points.values()))
    slope, start = np.polyfit(stems, measured, 1)
    deviation = np.abs(slope * stems + start - measured) / measured
    minutes = outcomes[0][0].seconds / 60
    return {
        "cpu_s_per_stem_minute": round(float(slope) / minutes, 5),
        "cpu_s_per_minute": round(float(start) / minutes, 5),
        "largest_deviation": round(float(deviation.max()), 3),
    }


def render_own(job: Job, called_at: float) -> Outcome:
    """The console's outcome; runs in a process of its own, called at that monotonic time."""
    start_s = time.monotonic() - called_at
    got = confine(job.threads)
    stems, settings = multitrack(job.stems, job.seconds), busy_settings(job.stems)
    start, stop = job.section
    return _outcome(
        job,
        start_s,
        got,
        lambda: render(stems, settings),
        lambda: render_section(stems, settings, start=start, stop=stop),
    )


def render_peer(job: Job, called_at: float) -> Outcome:
    """The peer's outcome. Its preview gets the lead-in that the console's has."""
    console = pedalboard_console.PedalboardConsole(busy_settings(job.stems), job.threads)
    start_s = time.monotonic() - called_at
    got = confine(job.threads)
    stems = multitrack(job.stems, job.seconds)
    start, stop = job.section
    heard_from = max(0, start - round(lead_in_s(busy_settings(job.stems)) * SAMPLE_RATE))

    def preview() -> Audio:
        return console.render([stem[:, heard_from:stop] for stem in stems])[:, start - heard_from :]

    return _outcome(job, start_s, got, lambda: console.render(stems), preview)


def _outcome(
    job: Job,
    start_s: float,
    got: int,
    full: Callable[[], object],
    preview: Callable[[], object],
) -> Outcome:
    first = once(full)
    preview()
    return Outcome(
        start_s, first, median(full, job.runs), median(preview, job.runs), peak_rss_mib(), got
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
