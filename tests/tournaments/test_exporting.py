"""Votes leave and come back: the same table, whatever the file's format."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from mixing.models import Mixer, Song
from tests.tournaments.crowd import Ears, people, vote_all
from tournaments import exporting, services, vote_files
from tournaments.exporting import KINDS, export_votes
from tournaments.importing import import_votes
from tournaments.models import Battle, Tournament, Vote
from tournaments.refusals import BadExportKind, BadImport
from tournaments.services import Plan
from tournaments.tables import Table, table_of


@pytest.fixture
def voted(song: Song, owner: User) -> Tournament:
    """Votes of all kinds: weighed, explained, taken back, left out, checks."""
    tournament = services.create_tournament(
        owner=owner,
        songs=[song],
        plan=Plan(format="arena", voters="everybody", title="=Best, of “all”"),
    )
    ears = Ears({"Warm": 2.0, "Spacious": -2.0}, np.random.default_rng(5))
    crowd = people(4)
    votes = vote_all(tournament, crowd, ears, most=20)
    services.explain_vote(
        battle=votes[0].battle, listener=votes[0].listener, chips=["punch", "vocals"]
    )
    services.undo_vote(tournament=tournament, listener=votes[-1].listener)
    Vote.objects.filter(listener=crowd[0]).update(weight=0.3)
    Vote.objects.filter(pk=votes[1].pk).update(counted=False, why_not_counted="held_out_by_staff")
    Vote.objects.filter(pk=votes[2].pk).update(choice="neither")
    return tournament


def figures(table: Table) -> list[tuple[Any, ...]]:
    return [
        (row.entry_id, row.rank, row.wins, row.losses, row.ties, row.both_bad) for row in table.rows
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_an_export_read_into_an_empty_server_gives_the_same_table(
    voted: Tournament, staff: User, kind: str
) -> None:
    before, count = table_of(voted), Vote.objects.count()
    file = export_votes(voted, kind)
    assert file.file_name == f"best-of-all-votes.{kind}"
    Tournament.objects.all().delete()
    Song.objects.all().delete()
    Mixer.objects.all().delete()
    User.objects.exclude(pk=staff.pk).delete()

    tournament = import_votes(owner=staff, body=file.body)
    after = table_of(tournament)
    assert figures(after) == figures(before)
    assert Vote.objects.count() == count
    for name in ("strength", "standard_error", "low", "high", "p_best"):
        old, new = ([getattr(row, name) for row in table.rows] for table in (before, after))
        np.testing.assert_allclose(new, old, rtol=0, atol=1e-9)
    assert tournament.title == "=Best, of “all”"
    # Once more: nothing changes. And exported from here, the votes are the same again.
    assert import_votes(owner=staff, body=file.body) == tournament
    first, second = (
        vote_files.read(body).votes for body in (file.body, export_votes(tournament, kind).body)
    )
    for vote in (*first, *second):
        del vote["voter"]  # Another pseudonym on another server.
    assert first == second


def test_voters_are_pseudonyms_that_do_not_link_tournaments(
    voted: Tournament, song: Song, owner: User
) -> None:
    body = export_votes(voted, "json").body.decode()
    for user in User.objects.all():
        assert str(user.pk) not in body
        assert user.email is None or user.email not in body
        assert len({exporting.pseudonym(voted, user.pk) for _ in range(2)}) == 1
    other = replace_id(voted)
    listener = Vote.objects.all()[0].listener_id
    assert exporting.pseudonym(voted, listener) != exporting.pseudonym(other, listener)


def replace_id(tournament: Tournament) -> Tournament:
    return Tournament(title=tournament.title)


def test_what_a_spreadsheet_would_run_is_text(voted: Tournament, owner: User) -> None:
    Song.objects.update(title="=HYPERLINK()")
    csv = export_votes(voted, "csv").body.decode()
    assert ",=HYPERLINK" not in csv
    assert ",'=HYPERLINK()" in csv


def test_an_unknown_kind_is_refused(voted: Tournament) -> None:
    with pytest.raises(BadExportKind):
        export_votes(voted, "xlsx")


def spoil(data: dict[str, Any], path: tuple[Any, ...], value: Any) -> bytes:
    target = data
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return json.dumps(data).encode()


SPOILT: list[tuple[tuple[Any, ...], Any]] = [
    (("schema",), "other"),
    (("schema_version",), 2),
    (("tournament",), None),
    (("tournament", "id"), "7"),
    (("tournament", "format"), "lottery"),
    (("tournament", "created_at"), "yesterday"),
    (("songs",), []),
    (("entries",), {}),
    (("entries", 0, "number"), 1),
    (("entries", 0, "kind"), "wizard"),
    (("votes",), None),
    (("votes", 0), []),
    (("votes", 0, "choice"), "c"),
    (("votes", 0, "weight"), 7),
    (("votes", 0, "weight"), float("nan")),
    (("votes", 0, "entry_a"), 99),
    (("votes", 0, "song"), -1),
    (("votes", 0, "counted"), 1),
    (("votes", 0, "chips"), "lovely"),
    (("votes", 0, "cast_at"), "2026-01-01T00:00:00"),
    (("votes", 0, "battle_number"), 10**12),
    (("votes", 0, "voter"), "a\0b"),
    (("votes", 0, "vote_id"), None),
]


def test_a_spoilt_file_leaves_nothing(voted: Tournament, staff: User) -> None:
    body = export_votes(voted, "json").body
    Tournament.objects.all().delete()
    before = [model.objects.count() for model in (Tournament, Battle, Vote, Song, User)]
    for path, value in SPOILT:
        with pytest.raises(BadImport):
            import_votes(owner=staff, body=spoil(json.loads(body), path, value))
    assert [model.objects.count() for model in (Tournament, Battle, Vote, Song, User)] == before


@pytest.mark.parametrize(
    "body", [b"", b"PAR1", b"#", b"# {}\n", b"[]", b"{", b"\xff\xfe", b"[" * 9000]
)
def test_what_is_no_export_is_refused(staff: User, body: bytes) -> None:
    with pytest.raises(BadImport):
        import_votes(owner=staff, body=body)


def test_votes_that_are_here_already_are_not_here_twice(voted: Tournament, staff: User) -> None:
    file = export_votes(voted, "json")
    with pytest.raises(BadImport, match="already"):
        import_votes(owner=staff, body=file.body)


def test_the_command_imports_a_file(voted: Tournament, staff: User, tmp_path: Path) -> None:
    path = tmp_path / "votes.parquet"
    path.write_bytes(export_votes(voted, "parquet").body)
    Tournament.objects.all().delete()
    call_command("import_votes", str(path), "--owner", staff.email)
    assert Tournament.objects.get().imported_from == voted.pk
    with pytest.raises(CommandError, match="Nobody"):
        call_command("import_votes", str(path), "--owner", "nobody@example.org")
    with pytest.raises(CommandError, match="read"):
        call_command("import_votes", str(tmp_path / "none.csv"), "--owner", staff.email)
