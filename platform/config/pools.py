"""Database connections that requests borrow instead of opening one each."""

from typing import Final

from django.db import connection, connections

from config.sqlite import base as sqlite

MOST_CONNECTIONS: Final = 16


def keep_connections() -> None:
    """Requests of this process share a pool. It must never fork: pools do not survive that."""
    if connection.vendor == "postgresql":
        options = connections.settings["default"].setdefault("OPTIONS", {})
        options["pool"] = {"min_size": 2, "max_size": MOST_CONNECTIONS, "timeout": 20}
    else:
        sqlite.keep_connections()
