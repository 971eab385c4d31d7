"""Tables of points: matches that may be drawn, and who stands where after them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tournaments.formats.bracket import Bracket, DecidedBy, Match, Place, Side
from tournaments.formats.field import Field
from tournaments.formats.matches import (
    Ballots,
    Count,
    Rounds,
    can_be_heard,
    matches_of,
    strengths,
)
from tournaments.formats.seeding import seeds
from tournaments.pairing import Pair


def heard(field: Field, ballots: Ballots, number: int, pair: Pair) -> Match:
    """A match as its votes have it: one with level votes is drawn."""
    count = ballots.of(number, pair)
    a, b = pair
    dropped = field.dropped.intersection(pair)
    winner: int | None = None
    by: DecidedBy = ""
    ended = field.over or not can_be_heard(field, pair)
    if len(count.votes) >= field.votes_per_match or (ended and not dropped and count.votes):
        winner, by = {1: a, 0: None, -1: b}[count.ahead], "votes"
    elif dropped:
        winner, by = next(iter(set(pair) - dropped), None), "forfeit"
    elif ended:
        by = "unheard"
    return Match(
        number=number,
        a=Side(a, points=count.points[0]),
        b=Side(b, points=count.points[1]),
        wanted=field.votes_per_match,
        counted=len(count.votes),
        winner=winner,
        decided_by=by,
        status="decided" if by else "open",
    )


def bye(field: Field, number: int, entry: int) -> Match:
    """A match without an opponent: won."""
    return Match(
        number=number,
        a=Side(entry),
        b=Side(),
        wanted=field.votes_per_match,
        counted=0,
        winner=entry,
        decided_by="bye",
        status="decided",
    )


def points_of(matches: Iterable[Match], entries: int) -> list[float]:
    """A point for a match won, half a point for a drawn one."""
    points = [0.0] * entries
    for match in matches:
        if match.winner is not None:
            points[match.winner] += 1.0
        elif match.drawn:
            for side in (match.a, match.b):
                if side.entry is not None:
                    points[side.entry] += 0.5
    return points


def buchholz(matches: Iterable[Match], points: Sequence[float]) -> list[float]:
    """Per entry: the points of those it met, summed. A bye met nobody."""
    sums = [0.0] * len(points)
    for match in matches:
        a, b = match.a.entry, match.b.entry
        if match.status == "decided" and a is not None and b is not None:
            sums[a] += points[b]
            sums[b] += points[a]
    return sums


def standings(field: Field, rounds: Rounds, *, to_come: int = 0) -> Bracket:
    """The bracket with its places, which always go by points, Buchholz, strength, seed.

    Strength is that by the votes that counted. Entries with the same points and Buchholz share a
    rank; the order is complete all the same. `to_come` are votes of rounds not drawn up yet.
    """
    matches = matches_of(rounds)
    points = points_of(matches, field.entries)
    sums = buchholz(matches, points)
    strength = strengths(field, _counts(field, matches))
    order = sorted(seeds(field), key=lambda e: (-points[e], -sums[e], -round(strength[e], 9)))
    ranks: dict[tuple[float, float], int] = {}
    for place, entry in enumerate(order, start=1):
        ranks.setdefault((points[entry], sums[entry]), place)
    tallies = Counter(ended for match in matches for ended in _endings(match))
    left = sum(m.wanted - m.counted for m in matches if m.status == "open")
    return Bracket(
        rounds=tuple(rounds),
        places=tuple(
            Place(
                entry=entry,
                rank=ranks[points[entry], sums[entry]],
                points=points[entry],
                wins=tallies[entry, "won"],
                draws=tallies[entry, "drawn"],
                losses=tallies[entry, "lost"],
                byes=tallies[entry, "bye"],
                buchholz=sums[entry],
                alive=entry not in field.dropped,
                dropped=entry in field.dropped,
            )
            for entry in order
        ),
        winner=order[0] if all(part.closed for part in rounds) else None,
        votes_left=left + to_come,
    )


def _counts(field: Field, matches: Iterable[Match]) -> Iterator[Count]:
    ballots = Ballots(field)
    for match in matches:
        a, b = match.a.entry, match.b.entry
        if a is not None and b is not None:
            yield ballots.of(match.number, (a, b))


def _endings(match: Match) -> Iterator[tuple[int, str]]:
    """How a match that was decided ended for each side; nothing if it ended unheard."""
    for side in (match.a, match.b):
        if side.entry is None or match.status != "decided":
            continue
        if match.decided_by == "bye":
            yield side.entry, "bye"
        elif match.winner is not None:
            yield side.entry, "won" if match.winner == side.entry else "lost"
        elif match.drawn:
            yield side.entry, "drawn"
