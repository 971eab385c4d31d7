"""SQLite connections that requests hand on to each other instead of opening one each.

Opening one costs a request as much as five queries; and whenever the last one of all processes
closes, SQLite copies its log back into the database file and waits for the disk. Django has such a
pool for PostgreSQL only.
"""

from collections import deque
from sqlite3 import Connection, Error
from typing import Any, Final

from django.db.backends.sqlite3 import base

MOST_IDLE: Final = 16

_idle: deque[Connection] | None = None


def keep_connections() -> None:
    """From now on this process keeps what requests leave. It must not fork after that."""
    global _idle
    if _idle is None:
        _idle = deque()


class DatabaseWrapper(base.DatabaseWrapper):
    """The default database is the only one: all idle connections are alike."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        try:
            # The one used last has the warmest cache.
            return _idle.pop() if _idle else self._opened(conn_params)
        except IndexError:  # Another thread was faster.
            return self._opened(conn_params)

    def _opened(self, conn_params: dict[str, Any]) -> Connection:
        connection: Connection = super().get_new_connection(conn_params)
        return connection

    def _close(self) -> None:
        if _idle is None or len(_idle) >= MOST_IDLE or not _is_clean(self.connection):
            super()._close()  # type: ignore[misc] # Django's stubs leave it out.
        else:
            _idle.append(self.connection)


def _is_clean(connection: Connection) -> bool:
    """Whether the next request may have it: what this one did not commit is undone."""
    try:
        if connection.in_transaction:
            connection.rollback()
    except Error:
        return False
    return True
