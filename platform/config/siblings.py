"""More processes on the port of `manage.py serve`, for the scaled arrangement.

One Python process serves with one core. The siblings inherit the socket that listens, so that
whoever is free takes the next connection; everything they share is in PostgreSQL and Redis.

python -m config.siblings 7     serves on the inherited socket 7 (started by `manage.py serve`)
"""

import os
import signal
import socket
import sys
import threading
from typing import Final

from config.supervisor import Supervisor

ENVIRONMENT: Final = {"DJANGO_SETTINGS_MODULE": "config.settings"}


def siblings_of(listener: socket.socket, count: int, path: str) -> list[Supervisor]:
    """So many more processes that serve on this socket, not started yet.

    Args:
        path: PYTHONPATH, by which they find the product.
    """
    return [
        Supervisor(
            command=[sys.executable, "-m", "config.siblings", str(listener.fileno())],
            environment={**ENVIRONMENT, "PYTHONPATH": path},
            is_busy=lambda: False,
            name="web process",
            inherits=(listener.fileno(),),
        )
        for _ in range(count)
    ]


def serve(descriptor: int) -> None:
    """Serve on the inherited socket until the process that started this one ends or says so."""
    threading.Thread(target=_die_at_end_of_input, name="follow-parent", daemon=True).start()
    # Ctrl-C reaches whole groups of processes; the one that started this one decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from config.asgi import application
    from config.pools import keep_connections
    from config.server import BoundedServer

    keep_connections()
    listener = socket.socket(fileno=descriptor)
    BoundedServer(application, listener, on_ready=lambda: None).run()


def _die_at_end_of_input() -> None:
    # Not sys.stdin.read: its lock, held here, would break the interpreter's shutdown.
    while os.read(0, 1):
        pass
    os._exit(0)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
