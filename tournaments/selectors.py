"""What pages, API and sockets show of tournaments and battles, in a fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from tournaments import standings as results
from tournaments import tables
from tournaments.blind import (
    BlindBattle,
    Reveal,
    RevealedSide,
    battle_in_turn,
    battles_of,
    blind_battle,
    judged_blind,
    open_battle,
    own_battle,
    place_in_session,
    reveal,
    whose,
)
from tournaments.fields import field_of
from tournaments.formats import FORMATS, Bracket
from tournaments.insights import Insights, insights_of
from tournaments.judgements import JudgedPair, comparisons
from tournaments.leaderboards import Board, genres, history, leaderboard
from tournaments.models import Tournament, Vote
from tournaments.progress import (
    Progress,
    TournamentCard,
    cards,
    entries_of,
    progress,
    undoable_vote,
)
from tournaments.records import ListenerRecord, MixerRecord, listener_record, mixer_record
from tournaments.result_cards import ResultCard, result_card
from tournaments.rosters import roster_of
from tournaments.standings import BattleStory, Champion, HeadToHead, Standing

__all__ = [
    "BattleStory",
    "BlindBattle",
    "Board",
    "Champion",
    "JudgedPair",
    "ListenerRecord",
    "MixerRecord",
    "Progress",
    "PublicResult",
    "Result",
    "ResultCard",
    "Reveal",
    "RevealedSide",
    "Standing",
    "TournamentCard",
    "battle_in_turn",
    "battle_story",
    "battles_of",
    "blind_battle",
    "bracket",
    "cards",
    "champion",
    "comparisons",
    "entries_of",
    "genres",
    "head_to_head",
    "history",
    "insights",
    "judged_blind",
    "leaderboard",
    "listener_record",
    "mixer_record",
    "open_battle",
    "own_battle",
    "place_in_session",
    "progress",
    "public_result",
    "result",
    "result_card",
    "reveal",
    "shared_champion",
    "standings",
    "tournaments_of",
    "undoable_vote",
    "votes_of",
]


@dataclass(frozen=True, slots=True)
class Result:
    """What a finished tournament came to. Without a vote there is no champion."""

    champion: Champion | None
    standings: list[Standing]
    story: list[BattleStory]


@dataclass(frozen=True, slots=True)
class PublicResult(Result):
    """A shared result: nothing of the listener but the name they chose to show."""

    tournament: Tournament
    title: str
    artist: str
    listener: str
    closed_at: datetime | None
    votes: int


def tournaments_of(user: object) -> QuerySet[Tournament]:
    """The person's tournaments, newest first; nobody has none."""
    return Tournament.objects.filter(whose("owner", user)).select_related("song")


def votes_of(user: object) -> QuerySet[Vote]:
    """The person's votes that stand, newest first."""
    return Vote.objects.standing().filter(whose("listener", user)).order_by("-created_at")


def standings(tournament: Tournament) -> list[Standing]:
    """The entries heard so far, best first."""
    return results.standings_of(tournament)


def bracket(tournament: Tournament) -> Bracket | None:
    """Rounds, matches and places; None for formats without rounds."""
    return FORMATS[tournament.format].bracket(field_of(tournament, roster_of(tournament)))


def insights(tournament: Tournament) -> Insights | None:
    """How far the table can be trusted, and how far it is from its end."""
    return insights_of(tournament, tables.table_of(tournament))


def head_to_head(tournament: Tournament) -> list[HeadToHead]:
    """Every pair that was heard, in entry order (two queries)."""
    return results.head_to_head(tournament)


def battle_story(tournament: Tournament) -> list[BattleStory]:
    """What each battle decided, in order (one query)."""
    return results.story(results.counted_votes(tournament))


def champion(tournament: Tournament) -> Champion | None:
    """The best by all votes; None while the tournament is open, or if nothing was heard."""
    if tournament.is_open():
        return None
    return results.best(standings(tournament))


def result(tournament: Tournament) -> Result:
    """Champion, standings and story of a finished tournament."""
    table = standings(tournament)
    return Result(champion=results.best(table), standings=table, story=battle_story(tournament))


def public_result(token: str) -> PublicResult:
    """The finished tournament behind a share link. Raises Tournament.DoesNotExist."""
    tournament = _shared(token)
    outcome = result(tournament)
    return PublicResult(
        champion=outcome.champion,
        standings=outcome.standings,
        story=outcome.story,
        tournament=tournament,
        title=tournament.title or tournament.song.title,
        artist=tournament.song.artist,
        # Not str(owner): that may be an e-mail address.
        listener=tournament.owner.name or "A listener",
        closed_at=tournament.closed_at,
        votes=tables.table_of(tournament).votes,
    )


def shared_champion(token: str) -> Champion | None:
    """Whose mix a share link plays. Raises Tournament.DoesNotExist."""
    return champion(_shared(token))


def _shared(token: str) -> Tournament:
    return Tournament.objects.select_related("song", "owner").get(
        share_token=token, state=Tournament.State.CLOSED
    )
