"""How far listeners' votes are trusted: measured from hidden checks and from who votes alike.

Votes are kept whatever comes out. A weight or a flag only says what enters the fit, is made anew
from the votes each time, and is taken back when the reason is gone: the fit then is what it would
have been. A check that could not run changes nothing, and who was not judged is unknown.
Personal tournaments are left alone: there, odd answers are a taste and harm nobody.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from tournaments import signals
from tournaments.fields import LEFT_OUT
from tournaments.integrity import campaigns, reliability
from tournaments.integrity.reliability import Check, Kind
from tournaments.integrity.votelog import Cast, VoteLog
from tournaments.judgements import SCORES
from tournaments.models import Battle, ListenerTrust, Tournament, Vote
from tournaments.prepared import Prepared
from tournaments.result_cards import passes

logger = logging.getLogger(__name__)

FLAGGED: Final = f"{LEFT_OUT}_flagged_listener"
MOST_FLAGGED: Final = 0.5
"""A detector that suspects more than half of all listeners is taken to be broken."""
MOST_VOTES: Final = 200_000

_KINDS: Final = {
    Battle.Kind.IDENTICAL: Kind.IDENTICAL,
    Battle.Kind.REPEAT: Kind.SWAPPED,
    Battle.Kind.ANCHOR: Kind.ANCHOR,
}


_TRUST: Final = Prepared(lambda listener: ListenerTrust.objects.filter(listener=listener), UUID)


@dataclass(slots=True)
class Measured:
    """What was measured of one listener."""

    weight: float = 1.0
    checks: int = 0
    passed: int = 0
    verdict: str = ListenerTrust.Verdict.UNKNOWN
    p_value: float | None = None
    reasons: list[str] = field(default_factory=list)


def weight_of(listener: User) -> dict[str, object]:
    """The columns of a new vote by this listener, by what was measured last (one query)."""
    trust = _TRUST.first(listener.pk)
    if trust is None:
        return {}
    if trust.final_verdict == ListenerTrust.Verdict.FLAGGED:
        return {"weight": trust.weight, "counted": False, "why_not_counted": FLAGGED}
    return {"weight": trust.weight}


def measure() -> int:
    """Measure every listener anew and weigh their votes; how many listeners changed."""
    found: dict[UUID, Measured] = defaultdict(Measured)
    _hear_checks(found)
    judged = _judge(found)
    before = {trust.listener_id: trust for trust in ListenerTrust.objects.all()}
    listeners = User.objects.in_bulk({*found, *before})
    return sum(
        _apply(listener, found[pk], before.get(pk), keep_verdict=not judged)
        for pk, listener in listeners.items()
    )


@transaction.atomic
def review(*, listener: User, verdict: str) -> ListenerTrust:
    """What staff decide of a listener stands above what is measured; empty takes it back."""
    trust, _ = ListenerTrust.objects.select_for_update().get_or_create(listener=listener)
    trust.staff_verdict = verdict
    trust.save(update_fields=["staff_verdict", "measured_at"])
    _weigh(trust)
    return trust


def _hear_checks(found: dict[UUID, Measured]) -> None:
    """Weights by hidden checks."""
    checks = (
        Vote.objects.standing()
        .filter(battle__state=Battle.State.DECIDED)
        .exclude(battle__kind=Battle.Kind.REAL)
        .select_related("battle__side_a")
    )
    votes = list(checks)
    repeated = [vote.battle.repeats_id for vote in votes if vote.battle.repeats_id]
    before = {v.battle_id: v for v in Vote.objects.standing().filter(battle__in=repeated)}
    answers: dict[UUID, list[Check]] = defaultdict(list)
    for vote in votes:
        passed = passes(vote, before)
        if passed is not None:
            kind = _KINDS[Battle.Kind(vote.battle.kind)]
            answers[vote.listener_id].append(Check(kind, passed))
    for listener, given in answers.items():
        measured = found[listener]
        measured.weight = min(1.0, max(0.0, reliability.reliability(given).weight))
        measured.checks, measured.passed = len(given), sum(check.passed for check in given)


def _judge(found: dict[UUID, Measured]) -> bool:
    """Verdicts by who votes alike; False if the detector could not say."""
    rows = _votes_of_many()
    listeners = sorted({row[0] for row in rows})
    number = {listener: k for k, listener in enumerate(listeners)}
    entries = {key: k for k, key in enumerate(sorted({key for row in rows for key in row[1:3]}))}
    casts = (
        Cast(number[listener], entries[a], entries[b], SCORES.get(choice), cast.timestamp(), took)
        for listener, a, b, choice, cast, took in rows
    )
    try:
        suspicions = campaigns.suspicions(VoteLog.of(len(entries), casts))
    except Exception:
        # Whatever is wrong with the detector is not the listeners' fault.
        logger.exception("trust: listeners could not be compared; their verdicts stay as they are")
        return False
    flagged = sum(suspicion.flagged for suspicion in suspicions)
    if flagged > max(2, MOST_FLAGGED * len(suspicions)):
        logger.error("trust: %d of %d listeners suspected; nobody is", flagged, len(suspicions))
        return False
    for suspicion in suspicions:
        measured = found[listeners[suspicion.listener]]
        measured.p_value = 1.0 - suspicion.probability
        measured.verdict = ListenerTrust.Verdict.CLEAR
        if suspicion.flagged:
            measured.verdict = ListenerTrust.Verdict.FLAGGED
            measured.reasons = [suspicion.reason]
    return True


def _votes_of_many() -> list[tuple[UUID, str, str, str, datetime, float]]:
    """Votes where many vote: listener, what was A, what was B, choice, when, and how long it took.

    A mixer is the same in all tournaments; a person's mix is itself only.
    """
    rows = (
        Vote.objects.standing()
        .filter(
            ~Q(battle__tournament__format=Tournament.Format.PERSONAL),
            battle__kind=Battle.Kind.REAL,
            battle__state=Battle.State.DECIDED,
        )
        .exclude(why_not_counted="own_mixer")
        .order_by("-created_at")
        .values_list(
            "listener",
            "battle__side_a__mixer",
            "battle__side_a",
            "battle__side_b__mixer",
            "battle__side_b",
            "choice",
            "created_at",
            "battle__created_at",
        )[:MOST_VOTES]
    )
    return [
        (
            listener,
            str(mixer_a or a),
            str(mixer_b or b),
            choice,
            cast,
            (cast - given).total_seconds(),
        )
        for listener, mixer_a, a, mixer_b, b, choice, cast, given in rows
    ]


@transaction.atomic
def _apply(
    listener: User, measured: Measured, before: ListenerTrust | None, *, keep_verdict: bool
) -> bool:
    """Write the row and weigh the votes; whether anything changed."""
    if before is None and measured == Measured():
        return False
    trust = before or ListenerTrust(listener=listener)
    old = (trust.weight, trust.final_verdict, trust.checks)
    trust.weight, trust.checks, trust.checks_passed = (
        measured.weight,
        measured.checks,
        measured.passed,
    )
    if not keep_verdict:
        trust.verdict, trust.p_value = measured.verdict, measured.p_value
        trust.reasons = measured.reasons
    trust.save()
    changed = old != (trust.weight, trust.final_verdict, trust.checks) or before is None
    if changed:
        _weigh(trust)
    return changed


def _weigh(trust: ListenerTrust) -> None:
    """Give the listener's votes their weight, and leave them out or let them in again."""
    votes = Vote.objects.filter(listener=trust.listener).exclude(
        battle__tournament__format=Tournament.Format.PERSONAL
    )
    ids = list(votes.exclude(weight=trust.weight).values_list("pk", flat=True))
    Vote.objects.filter(pk__in=ids).update(weight=trust.weight)
    if trust.final_verdict == ListenerTrust.Verdict.FLAGGED:
        touched = list(votes.filter(counted=True).values_list("pk", flat=True))
        Vote.objects.filter(pk__in=touched).update(counted=False, why_not_counted=FLAGGED)
    else:
        touched = list(votes.filter(why_not_counted=FLAGGED).values_list("pk", flat=True))
        Vote.objects.filter(pk__in=touched).update(counted=True, why_not_counted="")
    _announce([*ids, *touched])


def _announce(votes: Iterable[UUID]) -> None:
    """Whoever learns from votes hears that some weigh differently: once per tournament."""
    changed = Vote.objects.filter(pk__in=list(votes)).order_by("created_at")
    rows = changed.values_list("battle__tournament", "listener", "pk")
    latest = {tournament: (listener, vote) for tournament, listener, vote in rows}
    for tournament, (listener, vote) in latest.items():
        signals.announce_vote(tournament_id=tournament, listener_id=listener, vote_id=vote)
