"""Reading a file of votes: three formats, one strict shape."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from tournaments.exporting import COLUMNS, SCHEMA, SCHEMA_VERSION
from tournaments.models import Battle, Entry, Tournament, Vote
from tournaments.refusals import BadImport

MOST_BYTES: Final = 100 * (1 << 20)
MOST_VOTES: Final = 200_000
_MAY_BE_EMPTY: Final = {
    "repeats_battle_id", "match", "region_start_s", "region_stop_s", "withdrawn_at",
}  # fmt: skip
_KNOWN: Final[dict[str, list[str]]] = {
    "battle_kind": Battle.Kind.values,
    "choice": Vote.Choice.values,
    "device": ["", *Vote.Device.values],
    "first_side": ["", "a", "b"],
}


@dataclass(frozen=True, slots=True)
class VoteFile:
    """What an export says: the tournament, its songs and entries, and its votes by column."""

    tournament: dict[str, Any]
    songs: list[dict[str, Any]]
    entries: list[dict[str, Any]]
    votes: list[dict[str, Any]]


def read(body: bytes) -> VoteFile:
    """The file's content, checked; the format is told by its first bytes. Raises BadImport."""
    if len(body) > MOST_BYTES:
        raise BadImport("The file is larger than 100 MiB.")
    head, rows = _parsed(body)
    if head.get("schema") != SCHEMA or head.get("schema_version") != SCHEMA_VERSION:
        raise BadImport(f"This is not a file of {SCHEMA}, version {SCHEMA_VERSION}.")
    if len(rows) > MOST_VOTES:
        raise BadImport(f"A file holds at most {MOST_VOTES} votes.")
    tournament = _tournament(head.get("tournament"))
    songs = [_texts(song, ("title", "artist", "genre")) for song in _list(head, "songs")]
    entries = [_entry(entry) for entry in _list(head, "entries")]
    if not songs or len(entries) < 2:
        raise BadImport("A tournament has songs, and at least two entries.")
    numbers = {entry["number"] for entry in entries}
    if len(numbers) < len(entries):
        raise BadImport("Two entries have one number.")
    votes = [_vote(row, line, numbers, len(songs)) for line, row in enumerate(rows, start=1)]
    return VoteFile(tournament, songs, entries, votes)


def _parsed(body: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    try:
        if body[:4] == b"PAR1":
            return _parquet(body)
        text = body.decode()
        if text.startswith("#"):
            return _csv(text)
        data = json.loads(text)
    except (ValueError, KeyError, RecursionError, csv.Error, pa.ArrowException) as error:
        raise BadImport("The file cannot be read.") from error
    if not isinstance(data, dict) or not isinstance(data.get("votes"), list):
        raise BadImport("The file holds no votes.")
    return data, data["votes"]


def _parquet(body: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    table = pq.read_table(io.BytesIO(body))
    return _object(json.loads((table.schema.metadata or {})[SCHEMA.encode()])), table.to_pylist()


def _csv(text: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    first, _, rest = text.partition("\n")
    rows = list(csv.DictReader(io.StringIO(rest, newline="")))
    return _object(json.loads(first.removeprefix("#"))), [_from_text(row) for row in rows]


def _from_text(row: Mapping[str, Any]) -> dict[str, Any]:
    """A CSV row with the types of its columns."""
    found: dict[str, Any] = {}
    for name, kind in COLUMNS.items():
        value = row[name]
        if value is None:
            raise ValueError(name)
        if value == "" and name in _MAY_BE_EMPTY:
            found[name] = None
        elif pa.types.is_integer(kind):
            found[name] = int(value)
        elif pa.types.is_floating(kind):
            found[name] = float(value)
        elif pa.types.is_boolean(kind):
            found[name] = {"True": True, "False": False}[value]
        else:
            found[name] = (
                value[1:] if value[:1] == "'" and value[1:2] in tuple("=+-@\t\r") else value
            )
    return found


def _tournament(data: Any) -> dict[str, Any]:
    found = _object(data)
    texts = _texts(found, ("title", "format", "goal", "state", "ended_because"))
    known = {
        "format": Tournament.Format.values,
        "goal": Tournament.Goal.values,
        "state": Tournament.State.values,
        "ended_because": ["", *Tournament.Ending.values],
    }
    for name, values in known.items():
        if texts[name] not in values:
            raise BadImport(f"The tournament's {name} is not known.")
    return {
        **texts,
        "id": _uuid(found.get("id"), "The tournament's id"),
        "battle_budget": _number(found, "battle_budget", 1, 1000),
        "votes_per_match": _number(found, "votes_per_match", 1, 99),
        "created_at": _moment(found.get("created_at"), "created_at"),
        "closed_at": _moment(found["closed_at"], "closed_at") if found.get("closed_at") else None,
    }


def _entry(data: Any) -> dict[str, Any]:
    found = _object(data)
    texts = _texts(found, ("kind", "name", "mixer_sha256"))
    if texts["kind"] not in Entry.Kind.values:
        raise BadImport("An entry's kind is not known.")
    number = _number(found, "number", 0, 1000)
    return {**texts, "number": number, "id": _uuid(found.get("id"), "An entry's id")}


def _vote(row: Any, line: int, numbers: set[int], songs: int) -> dict[str, Any]:
    """A row with the types of its columns, and values that are known."""
    found, where = _object(row), f"Vote {line}"
    for name, kind in COLUMNS.items():
        value = found.get(name)
        if value is None and name in _MAY_BE_EMPTY:
            continue
        if not _fits(value, kind):
            raise BadImport(f"{where}: {name} is missing or no {kind}.")
    for name, values in _KNOWN.items():
        if found[name] not in values:
            raise BadImport(f"{where}: {name} is not known.")
    chips = found["chips"].split()
    if not set(chips) <= set(Vote.Chip.values):
        raise BadImport(f"{where}: a reason is not known.")
    same = found["entry_a"] == found["entry_b"]
    if not {found["entry_a"], found["entry_b"]} <= numbers or (
        same and found["battle_kind"] != Battle.Kind.IDENTICAL
    ):
        raise BadImport(f"{where}: no such pair of entries.")
    amounts = (found["heard_a_s"], found["heard_b_s"], found["switches"])
    if not 0 <= found["song"] < songs or min(amounts) < 0 or not 0 <= found["weight"] <= 1:
        raise BadImport(f"{where}: a number is out of range.")
    if not 1 <= found["battle_number"] < 2**31 or found["switches"] >= 2**31:
        raise BadImport(f"{where}: a number is out of range.")
    return {
        **{name: found.get(name) for name in COLUMNS},
        "chips": chips,
        "vote_id": _uuid(found["vote_id"], where),
        "battle_id": _uuid(found["battle_id"], where),
        "repeats_battle_id": _uuid(found["repeats_battle_id"], where)
        if found.get("repeats_battle_id")
        else None,
        "cast_at": _moment(found["cast_at"], where),
        "withdrawn_at": _moment(found["withdrawn_at"], where)
        if found.get("withdrawn_at")
        else None,
    }


def _fits(value: Any, kind: pa.DataType) -> bool:
    if pa.types.is_boolean(kind):
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if pa.types.is_integer(kind):
        return isinstance(value, int) and abs(value) < 2**31
    if pa.types.is_floating(kind):
        return isinstance(value, int | float) and abs(value) < 1e9  # Also: not NaN.
    return isinstance(value, str) and len(value) <= 500 and "\0" not in value


def _object(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise BadImport("The file's description is not complete.")
    return data


def _list(data: dict[str, Any], name: str) -> list[Any]:
    found = data.get(name)
    if not isinstance(found, list) or len(found) > 1000:
        raise BadImport(f"The file names no {name}.")
    return found


def _texts(data: Any, names: tuple[str, ...]) -> dict[str, str]:
    found = _object(data)
    for name in names:
        if not _fits(found.get(name), pa.string()):
            raise BadImport(f"{name} is missing or no text.")
    return {name: found[name] for name in names}


def _number(data: dict[str, Any], name: str, low: int, high: int) -> int:
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BadImport(f"{name} is not a number from {low} to {high}.")
    return value


def _uuid(value: Any, where: str) -> UUID:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise BadImport(f"{where}: an id is not valid.") from None


def _moment(value: Any, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        raise BadImport(f"{where}: a time is not valid.") from None
    if moment.tzinfo is None:
        raise BadImport(f"{where}: a time has no zone.")
    return moment
