"""The worker's interface: ids in, one function called. Every task may run twice without harm."""

from typing import Any

from celery import shared_task
from celery.signals import worker_process_init

from mixing import (
    analysis,
    exports,
    preparation,
    rendering,
    sweeper,
    unpacking,
    variants,
    warm_up,
)


@shared_task
def unpack_archive(upload_id: str) -> None:
    unpacking.unpack_upload(upload_id)


@shared_task
def analyse_stem(stem_id: str) -> None:
    analysis.analyse(stem_id)


@shared_task
def prepare_song(song_id: str) -> None:
    preparation.prepare(song_id)


@shared_task
def render_mix(mix_id: str) -> None:
    """One mix, the most urgent that waits; the id says which one made this message necessary."""
    rendering.render_next()


@shared_task
def export_mix(export_id: str) -> None:
    exports.make(export_id)


@shared_task
def make_variants(mixer_id: str) -> None:
    """A listed mixer lacks smaller variants of its networks."""
    variants.make_for(mixer_id)


@shared_task
def sweep() -> None:
    sweeper.sweep()


@worker_process_init.connect
def _warm_up(**_: Any) -> None:
    warm_up.warm_up()
