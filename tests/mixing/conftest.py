"""Files of each test's own, the house mixers, and a worker that does what is waiting."""

from collections.abc import Callable
from pathlib import Path

import pytest
from celery import current_app
from django.db import connection
from pytest_django.fixtures import Settings

from accounts.models import User
from mixing import tasks
from mixing.models import Mixer, OutboxMessage, Song
from tests.mixing import making

Work = Callable[[], list[str]]


@pytest.fixture(autouse=True)
def _own_files(tmp_path: Path, settings: Settings) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.UPLOAD_ROOT = tmp_path / "uploads"


@pytest.fixture
def house(db: None, settings: Settings, models_root: Path) -> list[Mixer]:
    """The five house mixers, installed."""
    from mixing.house_mixers import install_house_mixers

    settings.MODELS_ROOT = models_root
    return install_house_mixers()


@pytest.fixture
def song(owner: User) -> Song:
    """Three short stems, heard and ready to mix."""
    return making.ready_song(owner)


@pytest.fixture
def commit(db: None) -> Callable[[], None]:
    """Runs what waits for the commit, which a test's own transaction never reaches."""
    return run_commit_hooks


@pytest.fixture
def work(db: None) -> Work:
    """Does all that was enqueued, as a worker would, in order; returns the tasks' names."""
    assert tasks.render_mix.name in current_app.tasks
    return worker("")


def worker(app: str) -> Work:
    """Does what was enqueued for an app (for all, if empty); the tasks' own names."""
    last = 0

    def do_it() -> list[str]:
        nonlocal last
        done = []
        run_commit_hooks()
        while message := OutboxMessage.objects.filter(pk__gt=last).order_by("pk").first():
            last = message.pk
            if message.task.startswith(app):
                current_app.tasks[message.task](*message.args)
                done.append(message.task.split(".tasks.", 1)[1])
            run_commit_hooks()
        return done

    return do_it


def run_commit_hooks() -> None:
    while connection.in_atomic_block and connection.run_on_commit:
        _, hook, _ = connection.run_on_commit.pop(0)
        hook()
