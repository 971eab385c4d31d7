"""Votes to take away: one row per vote, in a schema that is versioned and can be read back.

Who voted is a pseudonym: a keyed hash that is the same within one tournament's export and nowhere
else, so that nobody can follow a listener from one file to another. Battles, entries and votes keep
their ids, and with them the order and the chance that tables are made with: reading an export into
an empty server gives the same table.
"""

import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from django.utils.crypto import salted_hmac
from django.utils.text import slugify

from tournaments.models import Battle, Entry, Tournament, TournamentSong, Vote
from tournaments.refusals import BadExportKind

SCHEMA: Final = "mixarena-votes"
SCHEMA_VERSION: Final = 1
KINDS: Final = ("csv", "json", "parquet")

COLUMNS: Final[dict[str, pa.DataType]] = {
    "vote_id": pa.string(),
    "battle_id": pa.string(),
    "voter": pa.string(),
    "battle_number": pa.int64(),
    "battle_kind": pa.string(),
    "repeats_battle_id": pa.string(),
    "match": pa.int64(),
    "song": pa.int64(),
    "song_title": pa.string(),
    "entry_a": pa.int64(),
    "entry_a_name": pa.string(),
    "entry_b": pa.int64(),
    "entry_b_name": pa.string(),
    "choice": pa.string(),
    "chips": pa.string(),
    "heard_a_s": pa.float64(),
    "heard_b_s": pa.float64(),
    "switches": pa.int64(),
    "first_side": pa.string(),
    "region_start_s": pa.float64(),
    "region_stop_s": pa.float64(),
    "device": pa.string(),
    "weight": pa.float64(),
    "counted": pa.bool_(),
    "why_not_counted": pa.string(),
    "is_informed": pa.bool_(),
    "cast_at": pa.string(),
    "withdrawn_at": pa.string(),
}
"""Name and type of each column; an empty value of a column that may be empty is null."""

_CONTENT_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}


@dataclass(frozen=True, slots=True)
class ExportedVotes:
    """A file of votes."""

    file_name: str
    content_type: str
    body: bytes


def export_votes(tournament: Tournament, kind: str) -> ExportedVotes:
    """All votes of the tournament, withdrawn and uncounted ones too. Raises BadExportKind."""
    if kind not in KINDS:
        raise BadExportKind
    head, rows = describe(tournament), rows_of(tournament)
    body = {"csv": _csv, "json": _json, "parquet": _parquet}[kind](head, rows)
    name = slugify(str(tournament))[:60] or "tournament"
    return ExportedVotes(f"{name}-votes.{kind}", _CONTENT_TYPES[kind], body)


def describe(tournament: Tournament) -> dict[str, Any]:
    """What the rows are about: enough to make the tournament anew, without its audio."""
    songs = TournamentSong.objects.filter(tournament=tournament).select_related("song")
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "tournament": {
            "id": str(tournament.pk),
            "title": str(tournament),
            "format": tournament.format,
            "goal": tournament.goal,
            "battle_budget": tournament.battle_budget,
            "votes_per_match": tournament.votes_per_match,
            "state": tournament.state,
            "ended_because": tournament.ended_because,
            "created_at": _moment(tournament.created_at),
            "closed_at": _moment(tournament.closed_at),
        },
        "songs": [
            {"title": row.song.title, "artist": row.song.artist, "genre": row.song.genre}
            for row in songs
        ],
        "entries": [_entry(entry) for entry in _entries(tournament)],
    }


def rows_of(tournament: Tournament) -> list[dict[str, Any]]:
    """One row per vote, in the order in which they were cast."""
    place = {
        song: k
        for k, song in enumerate(
            TournamentSong.objects.filter(tournament=tournament).values_list("song", flat=True)
        )
    }
    votes = (
        Vote.objects.filter(battle__tournament=tournament)
        .select_related("battle__song", "battle__side_a__mixer", "battle__side_b__mixer")
        .order_by("created_at", "pk")
    )
    return [_row(tournament, vote, place.get(vote.battle.song_id, 0)) for vote in votes]


def pseudonym(tournament: Tournament, listener_id: object) -> str:
    """The voter's name in this tournament's exports: a keyed hash, 16 hex digits."""
    message = f"{tournament.pk}:{listener_id}"
    digest = salted_hmac("tournaments.exporting", message, algorithm="sha256")
    return digest.hexdigest()[:16]


def _entries(tournament: Tournament) -> list[Entry]:
    return list(tournament.entries.select_related("mixer").order_by("number"))


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "id": str(entry.pk),
        "number": entry.number,
        "kind": entry.kind,
        "name": entry.name,
        "mixer_sha256": entry.mixer.genome_sha256 if entry.mixer is not None else "",
    }


def _row(tournament: Tournament, vote: Vote, song: int) -> dict[str, Any]:
    battle: Battle = vote.battle
    return {
        "vote_id": str(vote.pk),
        "battle_id": str(battle.pk),
        "voter": pseudonym(tournament, vote.listener_id),
        "battle_number": battle.number,
        "battle_kind": battle.kind,
        "repeats_battle_id": str(battle.repeats_id) if battle.repeats_id else None,
        "match": battle.match,
        "song": song,
        "song_title": battle.song.title,
        "entry_a": battle.side_a.number,
        "entry_a_name": battle.side_a.name,
        "entry_b": battle.side_b.number,
        "entry_b_name": battle.side_b.name,
        "choice": vote.choice,
        "chips": " ".join(vote.chips),
        "heard_a_s": vote.heard_a_s,
        "heard_b_s": vote.heard_b_s,
        "switches": vote.switches,
        "first_side": vote.first_side,
        "region_start_s": vote.region_start_s,
        "region_stop_s": vote.region_stop_s,
        "device": vote.device,
        "weight": vote.weight,
        "counted": vote.counted,
        "why_not_counted": vote.why_not_counted,
        "is_informed": vote.is_informed,
        "cast_at": _moment(vote.created_at),
        "withdrawn_at": _moment(vote.withdrawn_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


def _json(head: dict[str, Any], rows: list[dict[str, Any]]) -> bytes:
    return json.dumps({**head, "votes": rows}, ensure_ascii=False, indent=1).encode()


def _csv(head: dict[str, Any], rows: list[dict[str, Any]]) -> bytes:
    """A comment line with the description, the names of the columns, and the rows.

    Values that a spreadsheet would take for a formula get an apostrophe in front.
    """
    file = io.StringIO()
    file.write("# " + json.dumps(head, ensure_ascii=True) + "\n")
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)
    return file.getvalue().encode()


def _harmless(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value


def _parquet(head: dict[str, Any], rows: list[dict[str, Any]]) -> bytes:
    """The rows, with the description in the file's own metadata under the schema's name."""
    schema = pa.schema(list(COLUMNS.items()), metadata={SCHEMA: json.dumps(head)})
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), file, compression="zstd")
    return file.getvalue()
