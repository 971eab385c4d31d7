"""Kernels are cached wherever there is a place for it, and work where there is none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mixing.audio import compiled

SCRIPT = """
import numpy as np
from mixing.audio.loudness import integrated_lufs
from mixing.audio import compiled
print(round(integrated_lufs(np.ones((2, 44100), np.float32) * 0.1, 44100)))
print(compiled._FOLDER)
"""
ROOT = Path(__file__).parents[3]


def run(**environment):
    """The script's two lines, run by a fresh process as a worker would."""
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return result.stdout.split()


def test_the_configured_folder_holds_the_machine_code(tmp_path):
    _, folder = run(NUMBA_CACHE_DIR=str(tmp_path))
    assert Path(folder).parent == tmp_path
    assert list(Path(folder).rglob("*.nbc"))


def test_the_users_cache_is_next(tmp_path):
    _, folder = run(NUMBA_CACHE_DIR="/proc/nowhere", XDG_CACHE_HOME=str(tmp_path))
    assert Path(folder).is_relative_to(tmp_path / "mixarena")


@pytest.mark.parametrize("place", ["/proc/nowhere"])
def test_without_any_place_kernels_still_run(place):
    level, folder = run(NUMBA_CACHE_DIR=place, XDG_CACHE_HOME=place, TMPDIR=place, HOME=place)
    assert level == run()[0]
    assert folder == "None" or not folder.startswith(place)


def test_what_kernels_are_built_of_changes_the_folder(monkeypatch, tmp_path):
    package = Path(compiled.__file__).parent
    for source in package.glob("*.py"):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "compiled.py"))
    assert compiled._digest() == compiled._digest()
    for name in ("lanes.py", "vectors.py", "reverb.py"):
        before = compiled._digest()
        with (tmp_path / name).open("a") as file:
            file.write("# changed")
        assert compiled._digest() != before
    before = compiled._digest()
    (tmp_path / "roles.py").write_text("")  # holds no kernel
    assert compiled._digest() == before
