"""A data folder as `make setup` leaves it, made once per test run: whoever serves gets a copy."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.processes import ROOT, run_python

STATIC = "static"
SET_UP = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0, interactive=False)
call_command("collectstatic", verbosity=0, interactive=False)
call_command("install_house_mixers", verbosity=0)
"""


def environment_of(folder: Path, **more: str) -> dict[str, str]:
    """What the product's processes on this data folder see, and nothing else."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", str(folder)),
        "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATA_DIR": str(folder),
        "NUMBA_CACHE_DIR": os.environ["NUMBA_CACHE_DIR"],
        "OMP_NUM_THREADS": "1",
        **more,
    }


def set_up_once(factory: pytest.TempPathFactory) -> Path:
    """The prepared folder, made by the first of the run's processes that asks."""

    def make(folder: Path) -> None:
        folder.mkdir()
        run_python("-c", SET_UP, environment=environment_of(folder))

    return once(factory, "installed", make)


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The path called `name` that `make` makes for all of the run's processes together."""
    run = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        run = run.parent
    path, made = run / name, run / f"{name}.made"
    with (run / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(path, ignore_errors=True)  # What a failed attempt left.
            make(path)
            made.touch()
    return path


def copied(installed: Path, folder: Path) -> Path:
    """A data folder of one's own; the static files, which nobody writes, are shared."""
    ignored = shutil.ignore_patterns(STATIC)
    shutil.copytree(installed, folder, ignore=ignored, dirs_exist_ok=True)
    (folder / STATIC).symlink_to(installed / STATIC, target_is_directory=True)
    return folder
