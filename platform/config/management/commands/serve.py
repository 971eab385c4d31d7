import fcntl
import logging
import os
import socket
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn, TextIO

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from config import heartbeat
from config.celery import app
from config.open_files import allow_many_files
from config.pools import keep_connections
from config.siblings import siblings_of
from config.supervisor import Supervisor, Timetable
from mixing.jobs import JobState
from mixing.models import Export, Mix, Stem, Upload

# What running jobs get at Ctrl-C; they are taken up again at the next start if it is not enough.
GRACE_S = 3.0


class Command(BaseCommand):
    help = "Serve pages, API and live updates; in the embedded arrangement run the worker as well."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *, host: str, port: int, **options: Any) -> None:
        lock = hold_data_folder(settings.DATA_DIR)
        listener = bound_socket(host, port)
        self.say(migrate())
        collect_static()
        keep_connections()
        allow_many_files()
        supervisor, timetable = self.start_worker() if settings.EMBEDDED else (None, None)
        siblings = siblings_of(listener, settings.WEB_PROCESSES - 1, python_path())
        for sibling in siblings:
            sibling.start()
        try:
            self.run_server(listener, f"http://{host}:{port}")
        finally:
            self.say("Stopping …")
            for sibling in siblings:
                sibling.stop(GRACE_S)
            if supervisor is not None and timetable is not None:
                timetable.stop()
                supervisor.stop(GRACE_S)
            lock.close()
        leave()

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def start_worker(self) -> tuple[Supervisor, Timetable]:
        supervisor = Supervisor(
            command=worker_command(),
            environment=worker_environment(),
            is_busy=jobs_are_running,
        )
        timetable = Timetable(
            every_s={name: entry["schedule"] for name, entry in app.conf.beat_schedule.items()},
            send=send_periodic_task,
            is_wanted=lambda: supervisor.pid() is not None,
        )
        heartbeat.forget()
        supervisor.start()
        timetable.start()
        self.say(f"Worker started ({settings.WORKER_CONCURRENCY} at a time)")
        return supervisor, timetable

    def run_server(self, listener: socket.socket, address: str) -> None:
        # Daphne installs Twisted's reactor when it is imported: only here, where it is wanted.
        from config.asgi import application
        from config.server import BoundedServer

        def announce() -> None:
            self.say(f"Mixarena is at {address} (Ctrl-C stops it)")

        BoundedServer(application, listener, on_ready=announce).run()


def leave() -> NoReturn:
    """End the process without waiting for its threads.

    Those that were answering requests wait for the event loop, which has ended: Python would join
    them for ever. What they had not committed rolls back.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def hold_data_folder(folder: Path) -> TextIO:
    """A lock that two servers on one data folder cannot both hold; it ends with the process."""
    lock = (folder / "serve.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise CommandError(
            f"Mixarena already runs on {folder}. Stop it first, or set DATA_DIR to another folder."
        ) from None
    return lock


def bound_socket(host: str, port: int) -> socket.socket:
    """The listening socket, taken before anything else is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise CommandError(
            f"Port {port} on {host} cannot be used ({error.strerror}). "
            f"Choose another one: make run PORT={port + 1}"
        ) from None
    listener.listen(128)
    return listener


def migrate() -> str:
    """Bring the database up to date; a sentence about it."""
    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if waiting:
        call_command("migrate", verbosity=0, interactive=False)
    connections.close_all()
    return f"Database: {waiting} migrations applied" if waiting else "Database: up to date"


def collect_static() -> None:
    """Collect static files if that never happened: pages cannot be made without their names."""
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if isinstance(staticfiles_storage, ManifestFilesMixin) and not manifest.exists():
        call_command("collectstatic", verbosity=0, interactive=False)


def worker_command() -> list[str]:
    return [
        *(sys.executable, "-m", "celery", "--quiet", "--app", "config", "worker"),
        *("--pool", "prefork", "--concurrency", str(settings.WORKER_CONCURRENCY)),
        *("--queues", "short,render,evolve", "--hostname", "embedded@%h", "--loglevel", "WARNING"),
        # There is nobody else to gossip with.
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]


def worker_environment() -> dict[str, str]:
    return {"PYTHONPATH": python_path()}


def python_path() -> str:
    path = [str(settings.BASE_DIR / "platform"), str(settings.BASE_DIR)]
    return os.pathsep.join(filter(None, [*path, os.environ.get("PYTHONPATH")]))


def jobs_are_running() -> bool:
    """Whether any job is being worked on right now."""
    try:
        return any(
            model._default_manager.filter(state=JobState.RUNNING).exists()
            for model in (Export, Mix, Stem, Upload)
        )
    finally:
        connections.close_all()


def send_periodic_task(name: str) -> None:
    entry = app.conf.beat_schedule[name]
    app.send_task(entry["task"], args=entry.get("args", ()), **entry.get("options", {}))
