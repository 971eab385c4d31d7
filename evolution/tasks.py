"""The worker's side of evolution: ids in, one function called. All may run twice without harm."""

from uuid import UUID

from celery import shared_task

from evolution import breeding, catching_up, community, gate, patterns, personal


@shared_task
def learn(listener_id: str) -> None:
    """Votes of a listener arrived."""
    personal.learn(UUID(listener_id))


@shared_task
def breed_for(listener_id: str) -> None:
    """A listener's votes may be enough for a generation."""
    personal.breed_for(UUID(listener_id))


@shared_task
def breed_now(listener_id: str) -> None:
    """A listener asked for a generation: one new vote is enough."""
    personal.breed_for(UUID(listener_id), closing=True)


@shared_task
def finish(tournament_id: str) -> None:
    """A tournament is over: who judged it gets a generation from what is new."""
    catching_up.finish(UUID(tournament_id))


@shared_task
def hear_song(song_id: str) -> None:
    """Read a song for the descriptors before somebody waits for it."""
    catching_up.hear(UUID(song_id))


@shared_task
def catch_up() -> None:
    """What messages that were lost would have done; run it every few minutes."""
    catching_up.catch_up()


@shared_task
def tend() -> None:
    """The community's side: refresh the crowd, apply rules, take back, breed."""
    breeding.prepare()
    if community.refresh() is not None:
        community.breed_due()
        patterns.find_groups()
    community.take_back()
    community.apply_rules()
    community.blend_winners()


@shared_task
def examine(mixer_id: str) -> None:
    """A mixer from elsewhere waits to be let in."""
    gate.settle(UUID(mixer_id))


@shared_task
def finetune() -> None:
    """House mixers learn from those who beat them; run it about daily."""
    from evolution import finetuning  # brings torch along, which no other task needs

    finetuning.teach_all()
