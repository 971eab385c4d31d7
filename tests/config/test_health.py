import time
from functools import partial

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from config import health, heartbeat
from config.celery import app

pytestmark = pytest.mark.django_db


def test_a_process_that_answers_is_live(client: Client) -> None:
    assert client.get("/health/live").json() == {"live": True}


def test_all_is_ready_while_a_worker_beats(client: Client) -> None:
    heartbeat.beat()
    answer = client.get("/health/ready")
    assert answer.status_code == 200, answer.json()
    assert set(answer.json()["checks"].values()) == {"ok"}
    assert answer.headers["Cache-Control"].startswith("max-age=0, no-cache")


def test_no_worker_is_not_ready(client: Client) -> None:
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["worker"] == "no worker has reported yet"


def test_a_silent_worker_is_not_ready() -> None:
    cache.set(heartbeat.KEY, time.time() - heartbeat.STALE_AFTER_S - 1, timeout=None)
    assert "31 s old" in health.run_checks()["worker"]


def test_a_full_disk_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "MIN_FREE_SHARE", 1.1)
    assert health.run_checks()["disk"].startswith("only ")


def test_a_database_that_is_away_is_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ConnectionError("gone")

    monkeypatch.setattr(connection, "cursor", fail)
    assert client.get("/health/ready").json()["checks"]["database"] == "no answer: ConnectionError"


def test_a_broker_that_is_away_is_told_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = partial(app.connection_for_write, "redis://127.0.0.1:1/0")
    monkeypatch.setattr(app, "connection_for_write", nobody)
    began = time.monotonic()
    assert health.run_checks()["broker"].startswith("no answer")
    assert time.monotonic() - began < 30, "it was waited for, a hundred times as kombu likes to"


def test_probes_do_not_repeat_the_checks_within_seconds(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    heartbeat.beat()
    client.get("/health/ready")
    monkeypatch.setitem(health.CHECKS, "disk", lambda: "full")
    assert client.get("/health/ready").status_code == 200


def test_a_broken_cache_is_told(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ConnectionError("gone")

    monkeypatch.setattr(cache, "get_or_set", fail)
    assert client.get("/health/ready").json()["checks"] == {"cache": "no answer: ConnectionError"}
