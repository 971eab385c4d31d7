"""The worker's side of tournaments."""

from celery import shared_task

from tournaments import clips


@shared_task
def prune_clips() -> None:
    """Remove clips that nobody will ask for soon; run it about hourly."""
    clips.prune()
