"""What watchers of a taste or a population are told: that something changed, not what."""

from typing import TypedDict
from uuid import UUID

from evolution.models import EvolutionRun, PreferenceModel, scope_of_listener
from evolution.slots import personal_slot
from mixing import events
from mixing.models import Slot


class TasteSnapshot(TypedDict):
    """Enough to see that the page is out of date."""

    votes: int
    version: int
    personal_mixer: str | None
    generation: int | None


class RunSnapshot(TypedDict):
    scope: str
    generation: int | None


def taste_topic(listener_id: UUID) -> str:
    return f"taste:{listener_id}"


def announce_taste(listener_id: UUID) -> None:
    """The listener's taste, personal mixer or generation is another now."""
    events.announce(taste_topic(listener_id), "taste.changed")


def announce_run(run: EvolutionRun) -> None:
    """A community population has a new generation, or its slot moved."""
    events.announce(f"evolution:{run.pk}", "evolution.changed")


def may_watch_taste(user: object, listener_id: UUID) -> bool:
    """Taste is private."""
    return getattr(user, "pk", None) == listener_id


def taste_snapshot(listener_id: UUID) -> TasteSnapshot:
    row = PreferenceModel.objects.current(scope_of_listener(listener_id))
    slot = Slot.objects.filter(name=personal_slot(listener_id)).first()
    run = EvolutionRun.objects.filter(listener=listener_id).first()
    return {
        "votes": 0 if row is None else row.votes,
        "version": 0 if row is None else row.version,
        "personal_mixer": None if slot is None else str(slot.mixer_id),
        "generation": _generation(run),
    }


def may_watch_run(user: object, run_id: UUID) -> bool:
    """The community's populations are everybody's; a person's is theirs."""
    run = EvolutionRun.objects.filter(pk=run_id).first()
    return run is not None and run.listener_id in (None, getattr(user, "pk", None))


def run_snapshot(run_id: UUID) -> RunSnapshot:
    """Raises EvolutionRun.DoesNotExist."""
    run = EvolutionRun.objects.get(pk=run_id)
    return {"scope": run.scope, "generation": _generation(run)}


def _generation(run: EvolutionRun | None) -> int | None:
    if run is None:
        return None
    return run.generations.order_by("-number").values_list("number", flat=True).first()
