"""What a tournament says about one of its listeners: their choices beside everybody else's."""

import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from mixing.models import Song
from tournaments.judgements import SCORES
from tournaments.membership import admit
from tournaments.models import Battle, Entry, Participant, Tournament, Vote
from tournaments.refusals import BadCode, NotAFullSession

LEAST_OTHERS: Final = 2
"""Votes of others on a pair before anything is called the crowd's opinion."""
# Without letters and digits that look alike.
_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_LENGTH: Final = 10


@dataclass(frozen=True, slots=True)
class CardChoice:
    """One of the listener's choices, and the crowd's on the same pair and song."""

    battle_id: UUID
    number: int
    song: Song
    side_a: Entry
    side_b: Entry
    choice: str
    chips: tuple[str, ...]
    crowd_a: float | None
    """Share of the others for side A, a tie half (0 to 1); None if too few heard the pair."""
    others: int

    @property
    def winner(self) -> Entry | None:
        return {"a": self.side_a, "b": self.side_b}.get(self.choice)

    @property
    def agrees(self) -> bool | None:
        """Whether most others chose the same side; None where either has no side."""
        if self.winner is None or self.crowd_a is None or self.crowd_a == 0.5:
            return None
        return (self.choice == "a") == (self.crowd_a > 0.5)


@dataclass(frozen=True, slots=True)
class Consistency:
    """Hidden checks, told after the session: how many there were, and how many were answered as
    somebody who hears the difference answers them."""

    checks: int
    passed: int

    @property
    def share(self) -> float | None:
        return self.passed / self.checks if self.checks else None


@dataclass(frozen=True, slots=True)
class ResultCard:
    """The listener's card of a tournament."""

    tournament: Tournament
    choices: tuple[CardChoice, ...]
    favourite: Entry | None
    """Won most of the listener's battles."""
    crowd_favourite: Entry | None
    agreement: float | None
    """Share of the choices that most others made too; None if there is nothing to compare."""
    consistency: Consistency
    is_finished: bool
    completion_code: str
    """Empty until the session is finished and the code was asked for."""
    code_used: bool

    @property
    def differences(self) -> tuple[CardChoice, ...]:
        """Where the listener heard it another way than most, the clearest first."""
        found = [choice for choice in self.choices if choice.agrees is False]
        return tuple(sorted(found, key=lambda c: -abs((c.crowd_a or 0.5) - 0.5)))


def result_card(tournament: Tournament, listener: User) -> ResultCard:
    """The listener's card; the others' votes are shown once this listener's session is finished.

    Until then a card tells only the listener's own choices: a pair of it may be asked again.
    """
    participant = Participant.objects.filter(tournament=tournament, listener=listener).first()
    finished = not tournament.is_open() or (
        participant is not None and participant.finished_at is not None
    )
    votes = list(
        Vote.objects.standing()
        .filter(
            listener=listener,
            battle__tournament=tournament,
            battle__state=Battle.State.DECIDED,
        )
        .select_related(
            "battle__song", "battle__side_a__mixer", "battle__side_b__mixer", "battle__repeats"
        )
        .order_by("battle__number")
    )
    real = [vote for vote in votes if vote.battle.kind == Battle.Kind.REAL]
    crowd = _Crowd(tournament, listener) if finished else None
    choices = tuple(_choice(vote, crowd) for vote in real)
    compared = [choice.agrees for choice in choices if choice.agrees is not None]
    return ResultCard(
        tournament=tournament,
        choices=choices,
        favourite=_favourite(choices),
        crowd_favourite=crowd.favourite(choices) if crowd else None,
        agreement=sum(compared) / len(compared) if compared else None,
        consistency=consistency(votes) if finished else Consistency(0, 0),
        is_finished=finished,
        completion_code=(participant.completion_code or "") if participant else "",
        code_used=participant is not None and participant.code_used_at is not None,
    )


@transaction.atomic
def completion_code(*, tournament: Tournament, listener: User) -> str:
    """The code that says a session was finished; always the same one for the same person.

    Raises NotAssigned, NotAFullSession.
    """
    participant = admit(tournament, listener)
    if participant.finished_at is None:
        raise NotAFullSession
    if participant.completion_code is None:
        participant.completion_code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        participant.save(update_fields=["completion_code"])
    return participant.completion_code


@transaction.atomic
def use_code(*, tournament: Tournament, code: str) -> None:
    """Accept a code, once: for whoever asked people to listen. Raises BadCode."""
    used = Participant.objects.filter(
        tournament=tournament, completion_code=code.strip().upper(), code_used_at=None
    ).update(code_used_at=timezone.now())
    if not used:
        raise BadCode


def consistency(votes: Sequence[Vote]) -> Consistency:
    """How a listener answered the hidden checks among these votes."""
    by_battle = {vote.battle_id: vote for vote in votes}
    answers = [
        passed
        for vote in votes
        if vote.battle.is_check() and (passed := passes(vote, by_battle)) is not None
    ]
    return Consistency(len(answers), sum(answers))


def passes(vote: Vote, by_battle: dict[UUID, Vote]) -> bool | None:
    """Whether a hidden check was answered well; None for a repeat whose first vote is gone.

    `by_battle` holds the listener's standing votes. "No difference" is a fair answer to everything
    but an anchor; "both bad" to the same mix twice.
    """
    battle = vote.battle
    if battle.kind == Battle.Kind.IDENTICAL:
        return vote.choice in (Vote.Choice.TIE, Vote.Choice.NEITHER)
    if battle.kind == Battle.Kind.ANCHOR:
        return vote.choice == (Vote.Choice.B if battle.side_a.is_anchor() else Vote.Choice.A)
    before = by_battle.get(battle.repeats_id) if battle.repeats_id else None
    if before is None:
        return None
    swapped = {Vote.Choice.A.value: Vote.Choice.B.value, Vote.Choice.B.value: Vote.Choice.A.value}
    return vote.choice == swapped.get(before.choice, before.choice)


class _Crowd:
    """What others chose, per pair and song (one query)."""

    def __init__(self, tournament: Tournament, listener: User) -> None:
        self._points: dict[tuple[UUID, UUID, UUID], float] = defaultdict(float)
        self._votes: dict[tuple[UUID, UUID, UUID], int] = defaultdict(int)
        self._wins: dict[UUID, float] = defaultdict(float)
        rows = (
            Vote.objects.that_count()
            .filter(battle__tournament=tournament, battle__state=Battle.State.DECIDED)
            .exclude(listener=listener)
            .values_list("battle__song", "battle__side_a", "battle__side_b", "choice")
        )
        for song, a, b, choice in rows:
            score = SCORES.get(choice)
            if score is None:
                continue
            for one, other, points in ((a, b, score), (b, a, 1 - score)):
                self._points[song, one, other] += points
                self._votes[song, one, other] += 1
                self._wins[one] += points

    def on(self, battle: Battle) -> tuple[float | None, int]:
        """The others' share for side A, and how many they are."""
        key = (battle.song_id, battle.side_a_id, battle.side_b_id)
        count = self._votes.get(key, 0)
        return (self._points[key] / count if count >= LEAST_OTHERS else None), count

    def favourite(self, choices: Sequence[CardChoice]) -> Entry | None:
        entries = {e.pk: e for choice in choices for e in (choice.side_a, choice.side_b)}
        known = [entry for entry in entries.values() if self._wins.get(entry.pk)]
        return max(known, key=lambda e: (self._wins[e.pk], -e.number), default=None)


def _choice(vote: Vote, crowd: _Crowd | None) -> CardChoice:
    battle = vote.battle
    share, others = crowd.on(battle) if crowd else (None, 0)
    return CardChoice(
        battle_id=battle.pk,
        number=battle.number,
        song=battle.song,
        side_a=battle.side_a,
        side_b=battle.side_b,
        choice=vote.choice,
        chips=tuple(vote.chips),
        crowd_a=share,
        others=others,
    )


def _favourite(choices: Sequence[CardChoice]) -> Entry | None:
    wins: dict[UUID, int] = defaultdict(int)
    entries = {}
    for choice in choices:
        if choice.winner is not None:
            wins[choice.winner.pk] += 1
            entries[choice.winner.pk] = choice.winner
    return max(entries.values(), key=lambda e: (wins[e.pk], -e.number), default=None)
