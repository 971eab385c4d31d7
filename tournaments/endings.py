"""When a tournament is over: by budget, date, certainty, its format, or by hand."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone

from tournaments import live, signals, tables
from tournaments.fields import field_of, vote_limit
from tournaments.formats import FORMATS
from tournaments.membership import lock
from tournaments.models import Battle, Tournament, Vote
from tournaments.rosters import roster_of

LEAST_VOTES_PER_ENTRY: Final = 2
"""Nobody is sure before every entry was heard twice on average, whatever the model says."""


def close(tournament: Tournament, because: str, now: datetime | None = None) -> None:
    """End the tournament. Battles that are still open are voided."""
    tournament.state = Tournament.State.CLOSED
    tournament.ended_because = because
    tournament.closed_at = now or timezone.now()
    tournament.save(update_fields=["state", "ended_because", "closed_at"])
    tournament.battles.filter(state=Battle.State.OPEN).update(
        state=Battle.State.VOIDED, reason="closed"
    )
    # Nothing more to hear: whoever voted has finished, however few battles there were.
    voted = tournament.battles.filter(state=Battle.State.DECIDED).values("listener")
    tournament.participants.filter(finished_at=None, listener__in=voted).update(
        finished_at=tournament.closed_at
    )
    live.tell_now(tournament)
    signals.announce_closed(tournament_id=tournament.pk)


@transaction.atomic
def close_finished(tournament: Tournament) -> None:
    """The format has nothing more to ask: its budget is spent, or all is decided."""
    tournament = lock(tournament)
    if not tournament.is_open():
        return
    because = ending(tournament, timezone.now())
    if because is None:
        few = all(len(song) < 2 for song in roster_of(tournament).audible())
        because = Tournament.Ending.NO_PAIR if few else Tournament.Ending.FORMAT
    close(tournament, because)


@transaction.atomic
def close_if_over(tournament: Tournament) -> bool:
    """Close the tournament if budget, date, certainty or format say so; whether it is closed."""
    tournament = lock(tournament)
    if not tournament.is_open():
        return True
    because = ending(tournament, timezone.now())
    if because is None and _format_is_done(tournament):
        because = Tournament.Ending.FORMAT
    if because is None:
        return False
    close(tournament, because)
    return True


def is_past(tournament: Tournament) -> bool:
    """Whether its date is over, also if nobody has closed it yet."""
    return tournament.ends_at is not None and timezone.now() >= tournament.ends_at


def is_due(tournament: Tournament) -> bool:
    """Whether it should be closed before another battle is given (dear questions apart).

    Where many vote, how sure the votes are is asked by the arena itself and once a minute.
    """
    if is_past(tournament):
        return True
    alone = tournament.is_personal() and tournament.stop_at is not None
    return alone and _is_sure(tournament, tournament.stop_at or 1.0)


def ending(tournament: Tournament, now: datetime) -> str | None:
    """Which of its own ends the tournament has reached, if any; formats are asked elsewhere."""
    if tournament.ends_at is not None and now >= tournament.ends_at:
        return Tournament.Ending.DATE
    if is_spent(tournament):
        return Tournament.Ending.BUDGET
    if tournament.stop_at is not None and _is_sure(tournament, tournament.stop_at):
        return Tournament.Ending.SURE
    return None


def is_spent(tournament: Tournament) -> bool:
    """Whether the budget of votes is used up (one query, none without a budget)."""
    if tournament.is_personal() or tournament.vote_budget is not None:
        return _votes(tournament) >= vote_limit(tournament)
    return False


def _votes(tournament: Tournament) -> int:
    """Standing votes of real battles: also those that do not count were somebody's time."""
    return (
        Vote.objects.standing()
        .filter(battle__tournament=tournament, battle__kind=Battle.Kind.REAL)
        .count()
    )


def _is_sure(tournament: Tournament, stop_at: float) -> bool:
    table = tables.table_of(tournament)
    entries = tournament.entries.exclude(kind="anchor").count()
    if table.votes < LEAST_VOTES_PER_ENTRY * entries or not table.rows:
        return False
    return max(row.p_best for row in table.rows) >= stop_at


def _format_is_done(tournament: Tournament) -> bool:
    """Every match decided: only formats with matches can say so without a listener."""
    field = field_of(tournament, roster_of(tournament))
    bracket = FORMATS[tournament.format].bracket(field)
    return bracket is not None and bracket.winner is not None
