"""What a Celery worker does besides its tasks. Only workers import this (CELERY_IMPORTS)."""

import os
import signal
import threading

from celery.signals import worker_init, worker_ready
from django.db import connections

from config.heartbeat import keep_beating
from config.supervisor import SUPERVISED
from mixing.sweeper import sweep

# What people wait for right now (pages, votes, news) goes before what is made for them.
NICENESS = 10


@worker_init.connect
def stand_back(**_: object) -> None:
    """Leave the processor to the server where both run on one machine; the pool inherits it."""
    os.nice(NICENESS)


@worker_init.connect
def follow_parent(**_: object) -> None:
    """Die with the server that started this worker, even when that one had no time to say so."""
    if os.environ.get(SUPERVISED):
        threading.Thread(target=_die_at_end_of_input, name="follow-parent", daemon=True).start()


def _die_at_end_of_input() -> None:
    # Not sys.stdin.read: its lock, held here, would break the interpreter's shutdown.
    while os.read(0, 1):
        pass
    # The supervisor made this worker the leader of its own group; jobs are safe in their rows.
    os.killpg(0, signal.SIGKILL)


@worker_init.connect
def take_up_old_jobs(**_: object) -> None:
    """In the embedded arrangement, queue again what the last run left unfinished.

    There the worker is alone and has taken nothing yet, so a row that says "running" has nobody
    behind it. With more workers only leases that ran out are handed out, by the periodic sweep.
    """
    if os.environ.get(SUPERVISED):
        sweep(restart=True)
        connections.close_all()  # The pool's children must not inherit this one.


@worker_ready.connect
def report(**_: object) -> None:
    """Beat as long as this process lives."""
    threading.Thread(
        target=keep_beating, args=(threading.Event(),), name="heartbeat", daemon=True
    ).start()
