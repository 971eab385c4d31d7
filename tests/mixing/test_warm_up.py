"""A worker is warm before its first job, also when a mixer is broken."""

import logging
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from mixing import events, sessions, warm_up
from mixing.models import Mixer


@pytest.fixture(autouse=True)
def _loop_of_its_own() -> object:
    yield
    if events._own_loop.cache_info().currsize:
        loop = events._own_loop()
        loop.call_soon_threadsafe(loop.stop)
        events._own_loop.cache_clear()


@pytest.fixture(autouse=True)
def _no_sessions() -> None:
    sessions._embedder.cache_clear()
    sessions._head.cache_clear()


def test_listed_mixers_are_opened_once(house: list[Mixer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_up.connection, "close", lambda: None)  # The test's own.
    warm_up.warm_up()
    assert sessions._embedder.cache_info().currsize == 1
    assert sessions._head.cache_info().currsize == 5
    assert sessions.head(house[0]) is sessions.head(house[0])
    assert events._own_loop.cache_info().currsize == 1


def test_a_broken_mixer_is_reported_and_stops_nobody(
    house: list[Mixer],
    settings: Settings,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(warm_up.connection, "close", lambda: None)
    settings.MODELS_ROOT = tmp_path
    with caplog.at_level(logging.ERROR):
        warm_up.warm_up()
    assert "mixer Balanced cannot work" in caplog.text
    assert len(caplog.records) == 5
