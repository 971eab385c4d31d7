"""How long mixes take here, measured on the last ones: for "about 12 seconds left"."""

from dataclasses import dataclass
from typing import Self

from django.conf import settings
from django.utils import timezone

from mixing.jobs import JobState
from mixing.models import Mix

SAMPLE_SIZE = 20
# Before this share of the work is done, its own speed says less than that of earlier mixes.
TRUSTED_PROGRESS = 0.1


@dataclass(frozen=True, slots=True)
class Pace:
    """Mean seconds a mix takes, by section; None while no mix of that kind was ever made."""

    preview_s: float | None
    full_s: float | None

    @classmethod
    def unknown(cls) -> Self:
        return cls(None, None)

    @classmethod
    def measured(cls) -> Self:
        """The mean of the last mixes of each section."""
        return cls(_mean_seconds(Mix.Section.PREVIEW), _mean_seconds(Mix.Section.FULL))

    def seconds(self, mix: Mix) -> float | None:
        return self.preview_s if mix.is_preview() else self.full_s


def seconds_left(mix: Mix, pace: Pace, position: int | None) -> float | None:
    """Seconds until the mix is ready, None while that is anybody's guess."""
    expected = pace.seconds(mix)
    if mix.state == JobState.QUEUED and position is not None and expected is not None:
        # Those before it are taken by all workers side by side.
        turns = (position - 1) // max(1, settings.WORKER_CONCURRENCY) + 1
        return round(turns * expected, 1)
    if mix.state != JobState.RUNNING or mix.started_at is None:
        return None
    elapsed = (timezone.now() - mix.started_at).total_seconds()
    if mix.progress >= TRUSTED_PROGRESS:
        expected = elapsed / mix.progress
    return None if expected is None else round(max(0.0, expected - elapsed), 1)


def _mean_seconds(section: Mix.Section) -> float | None:
    spans = (
        Mix.objects.filter(state=JobState.READY, section=section)
        .order_by("-finished_at")
        .values_list("started_at", "finished_at")[:SAMPLE_SIZE]
    )
    seconds = [(end - start).total_seconds() for start, end in spans if start and end]
    return sum(seconds) / len(seconds) if seconds else None
