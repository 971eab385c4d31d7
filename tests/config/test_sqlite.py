"""SQLite connections that a long-lived process keeps."""

import sqlite3
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from config.sqlite import base
from config.sqlite.base import DatabaseWrapper


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> deque[sqlite3.Connection]:
    kept: deque[sqlite3.Connection] = deque()
    monkeypatch.setattr(base, "_idle", kept)
    return kept


@pytest.fixture
def database(tmp_path: Path, idle: object, db: None) -> Iterator[DatabaseWrapper]:
    """As each request has one: of its own, on a database of this test's."""
    defaults = {
        name: settings.DATABASES["default"].get(name)
        for name in ("AUTOCOMMIT", "CONN_HEALTH_CHECKS", "CONN_MAX_AGE", "OPTIONS", "TIME_ZONE")
    }
    wrapper = DatabaseWrapper({**defaults, "NAME": str(tmp_path / "test.sqlite3")})
    with wrapper.cursor() as cursor:
        cursor.execute("CREATE TABLE votes (choice text)")
    yield wrapper
    wrapper.close()


def test_the_next_request_gets_the_connection_that_the_last_one_left(
    database: DatabaseWrapper, idle: deque[sqlite3.Connection]
) -> None:
    first = database.connection
    database.close()
    assert list(idle) == [first]
    with database.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)
    assert database.connection is first
    assert not idle


def test_what_was_not_committed_is_undone_on_the_way(database: DatabaseWrapper) -> None:
    database.set_autocommit(False)
    with database.cursor() as cursor:
        cursor.execute("INSERT INTO votes VALUES ('a')")
    left = database.connection
    assert left.in_transaction
    database.connection = None  # As if its request had died: nobody rolled back.
    database.connection = left
    database._close()
    database.connection = None
    assert not left.in_transaction
    with database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM votes")
        assert cursor.fetchone() == (0,)


def test_a_broken_connection_is_not_handed_on(
    database: DatabaseWrapper, idle: deque[sqlite3.Connection]
) -> None:
    database.connection.close()
    assert not base._is_clean(database.connection)


def test_no_more_wait_than_are_of_use(
    database: DatabaseWrapper, idle: deque[sqlite3.Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "MOST_IDLE", 0)
    left = database.connection
    database.close()
    assert not idle
    with pytest.raises(sqlite3.ProgrammingError):
        left.execute("SELECT 1")


def test_a_process_that_may_fork_keeps_none(
    database: DatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "_idle", None)
    left = database.connection
    database.close()
    with pytest.raises(sqlite3.ProgrammingError):
        left.execute("SELECT 1")
