"""Votes brought from another server: a closed tournament without audio, with the same table.

Rows keep their ids, so that the same file twice is one tournament, and so that sums, orders and
chances are those of the server it came from. Voters become people that nobody can log in as. An
entry is the mixer with the same genome if this server has it, else it is known by its name only.
"""

from typing import Any, Final
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from accounts.models import User
from mixing.models import Mixer, Song
from tournaments import vote_files
from tournaments.models import (
    Battle,
    Entry,
    Participant,
    Tournament,
    TournamentSong,
    Vote,
)
from tournaments.refusals import BadImport
from tournaments.vote_files import VoteFile

_KEPT: Final = (
    "choice", "chips", "heard_a_s", "heard_b_s", "switches", "first_side", "region_start_s",
    "region_stop_s", "device", "weight", "counted", "is_informed", "withdrawn_at",
)  # fmt: skip
"""Columns that a vote and its row in a file have in common."""


def import_votes(*, owner: User, body: bytes) -> Tournament:
    """The tournament that the export describes; importing it again gives the one that is there.

    Raises BadImport, and leaves nothing then.
    """
    file = vote_files.read(body)
    known = Tournament.objects.filter(imported_from=file.tournament["id"]).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return _create(owner, file)
    except IntegrityError as error:
        raise BadImport(
            "Its votes contradict each other, or are on this server already."
        ) from error


def _create(owner: User, file: VoteFile) -> Tournament:
    songs = [
        Song.objects.create(
            owner=owner,
            title=song["title"][:200] or "Imported song",
            artist=song["artist"][:200],
            genre=song["genre"][:60],
        )
        for song in file.songs
    ]
    about = file.tournament
    tournament = Tournament.objects.create(
        owner=owner,
        song=songs[0],
        title=about["title"][:120],
        format=about["format"],
        goal=about["goal"],
        battle_budget=about["battle_budget"],
        votes_per_match=about["votes_per_match"],
        # Nobody can hear anything here: whatever it was, it is over.
        state=Tournament.State.CLOSED,
        ended_because=about["ended_because"],
        closed_at=about["closed_at"],
        imported_from=about["id"],
        seed=0,
    )
    Tournament.objects.filter(pk=tournament.pk).update(created_at=about["created_at"])
    TournamentSong.objects.bulk_create(
        TournamentSong(tournament=tournament, song=song, position=position)
        for position, song in enumerate(songs)
    )
    entries = _entries(tournament, file)
    voters = _voters(tournament, file)
    _cast(tournament, file, songs, entries, voters)
    return tournament


def _entries(tournament: Tournament, file: VoteFile) -> dict[int, Entry]:
    wanted = {entry["mixer_sha256"] for entry in file.entries} - {""}
    mixers = {m.genome_sha256: m for m in Mixer.objects.filter(genome_sha256__in=wanted)}
    found = {}
    for about in file.entries:
        mixer = mixers.pop(about["mixer_sha256"], None)  # Each mixer competes once.
        kind = about["kind"]
        if mixer is None and kind == Entry.Kind.MIXER:
            kind = Entry.Kind.NAMED
        found[about["number"]] = Entry(
            id=about["id"],
            tournament=tournament,
            number=about["number"],
            kind=kind if mixer is None else Entry.Kind.MIXER,
            mixer=mixer,
            label=about["name"][:80],
        )
    Entry.objects.bulk_create(found.values())
    return found


def _voters(tournament: Tournament, file: VoteFile) -> dict[str, User]:
    """People behind the pseudonyms: they have no name, and nobody can be them."""
    voters = {}
    for name in dict.fromkeys(vote["voter"] for vote in file.votes):
        identity = uuid5(file.tournament["id"], name)
        user, _ = User.objects.get_or_create(
            pk=identity,
            defaults={"name": "Imported listener", "is_guest": True, "is_active": False},
        )
        voters[name] = user
    Participant.objects.bulk_create(
        Participant(tournament=tournament, listener=user, finished_at=file.tournament["closed_at"])
        for user in voters.values()
    )
    return voters


def _cast(
    tournament: Tournament,
    file: VoteFile,
    songs: list[Song],
    entries: dict[int, Entry],
    voters: dict[str, User],
) -> None:
    battles: dict[UUID, Battle] = {}
    for vote in file.votes:
        if vote["battle_id"] not in battles:
            battles[vote["battle_id"]] = _battle(tournament, vote, songs, entries, voters)
    decided = {vote["battle_id"]: vote for vote in file.votes if vote["withdrawn_at"] is None}
    for identity, battle in battles.items():
        standing = decided.get(identity)
        battle.state = Battle.State.DECIDED if standing else Battle.State.VOIDED
        battle.decided_at = standing["cast_at"] if standing else None
    Battle.objects.bulk_create(battles.values())
    repeated = {vote["battle_id"]: vote["repeats_battle_id"] for vote in file.votes}
    for identity, battle in battles.items():
        if repeated[identity] in battles:
            battle.repeats = battles[repeated[identity]]
    Battle.objects.bulk_update(battles.values(), ["repeats"])
    votes = [_vote(vote, battles[vote["battle_id"]], voters) for vote in file.votes]
    Vote.objects.bulk_create(votes)
    for row, about in zip(votes, file.votes, strict=True):
        row.created_at = about["cast_at"]  # The moment of creation was set by the database layer.
    Vote.objects.bulk_update(votes, ["created_at"], batch_size=500)


def _battle(
    tournament: Tournament,
    vote: dict[str, Any],
    songs: list[Song],
    entries: dict[int, Entry],
    voters: dict[str, User],
) -> Battle:
    return Battle(
        id=vote["battle_id"],
        tournament=tournament,
        number=vote["battle_number"],
        song=songs[vote["song"]],
        match=vote["match"],
        kind=vote["battle_kind"],
        side_a=entries[vote["entry_a"]],
        side_b=entries[vote["entry_b"]],
        listener=voters[vote["voter"]],
        clip_lufs=0.0,
        clip_frames=0,
    )


def _vote(vote: dict[str, Any], battle: Battle, voters: dict[str, User]) -> Vote:
    return Vote(
        id=vote["vote_id"],
        battle=battle,
        listener=voters[vote["voter"]],
        **{name: vote[name] for name in _KEPT},
        why_not_counted=vote["why_not_counted"][:60],
    )
