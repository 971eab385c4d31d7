"""More web processes on one port."""

import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from config.management.commands.serve import bound_socket, python_path
from config.siblings import siblings_of
from config.supervisor import Supervisor
from tests.installed import copied, environment_of
from tests.processes import free_port, until

START_S = 60


@pytest.fixture
def port(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[int, Supervisor]]:
    """A port that somebody listens on and nobody but one sibling serves."""
    for name, value in environment_of(copied(installed, tmp_path)).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(settings.BASE_DIR)
    number = free_port()
    with bound_socket("127.0.0.1", number) as listener:
        (sibling,) = siblings_of(listener, 1, python_path())
        sibling.start()
        yield number, sibling
        sibling.stop(0)


def answers(port: int) -> bool:
    try:
        url = f"http://127.0.0.1:{port}/health/live"
        return bool(urllib.request.urlopen(url, timeout=START_S).status == 200)
    except OSError:
        return False


@pytest.mark.slow
def test_a_sibling_serves_on_the_socket_it_inherited_and_ends_when_told(
    port: tuple[int, Supervisor],
) -> None:
    number, sibling = port
    assert answers(number)
    pid = sibling.pid()
    assert pid is not None
    sibling.stop(0)
    assert sibling.pid() is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.slow
def test_one_that_dies_is_replaced(port: tuple[int, Supervisor]) -> None:
    number, sibling = port
    assert answers(number)
    first = sibling.pid()
    assert first is not None
    os.kill(first, 9)
    until(lambda: sibling.pid() not in (first, None), START_S, "another one starts")
    assert answers(number)


def test_embedded_there_is_one_web_process() -> None:
    assert settings.WEB_PROCESSES == 1
