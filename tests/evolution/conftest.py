"""Songs, house mixers and a community whose votes a crowd was learnt from."""

from pathlib import Path
from shutil import copytree

import pytest
from celery import current_app
from pytest_django.fixtures import Settings

from accounts.models import User
from evolution import slots, tasks
from mixing.models import Mixer, Slot, Song
from tests.evolution import building
from tests.mixing.conftest import Work, _own_files, commit, worker
from tests.tournaments.conftest import make_mixer, make_song

__all__ = ["_own_files", "commit"]


@pytest.fixture
def house(db: None, settings: Settings, models_root: Path, tmp_path: Path) -> list[Mixer]:
    """The five house mixers, installed into a folder of the test's own."""
    from mixing.house_mixers import install_house_mixers

    settings.MODELS_ROOT = tmp_path / "models"
    copytree(models_root, settings.MODELS_ROOT)
    return install_house_mixers()


@pytest.fixture
def songs(owner: User, house: list[Mixer]) -> list[Song]:
    """Two public songs, read for the descriptors, and function space."""
    songs = building.make_songs(owner)
    building.give_basis(house[0], songs)
    return songs


@pytest.fixture
def mixers(db: None) -> list[Mixer]:
    """Three community mixers without weights; the first holds the place of house:balanced."""
    made = [make_mixer(name) for name in ("Balanced", "Bright", "Warm")]
    Slot.objects.create(name=slots.FIRST_CHAMPION, mixer=made[0])
    return made


@pytest.fixture
def plain_song(owner: User) -> Song:
    """A public song without audio, for tests that do not listen."""
    return make_song(owner, visibility=Song.Visibility.PUBLIC)


@pytest.fixture
def work(db: None) -> Work:
    """Does what was enqueued for evolution, as a worker would, in order; the tasks' names."""
    assert tasks.learn.name in current_app.tasks
    return worker("evolution.")
