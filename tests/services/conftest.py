"""Services for tests: given by TEST_DATABASE_URL and TEST_REDIS_URL, or private ones."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from config.load.stores import StoreMissing
from mixing.audio import SAMPLE_RATE
from mixing.audio.encoding import write_flac
from tests.installed import once
from tests.services.installation import Installation
from tests.services.stores import Database, PrivatePostgres, PrivateRedis

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.services)


def do_without(reason: object) -> None:
    """Skip, or fail where everything must run."""
    if os.environ.get("REQUIRE_SERVICES"):
        pytest.fail(str(reason))
    pytest.skip(str(reason))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server on which databases may be made."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    try:
        server = PrivatePostgres()
    except StoreMissing as missing:
        do_without(missing)
        return
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def private_redis() -> Iterator[PrivateRedis]:
    """A server that tests may kill."""
    try:
        server = PrivateRedis()
    except StoreMissing as missing:
        do_without(missing)
        return
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis_url(request: pytest.FixtureRequest) -> str:
    given = os.environ.get("TEST_REDIS_URL")
    if given:
        return given
    server: PrivateRedis = request.getfixturevalue("private_redis")
    return server.url


@pytest.fixture(scope="session")
def embedded(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """`manage.py serve` and nothing else."""
    yield from running(Installation(installed, tmp_path_factory.mktemp("embedded")))


@pytest.fixture(scope="session")
def scaled(
    installed: Path,
    tmp_path_factory: pytest.TempPathFactory,
    postgres_url: str,
    redis_url: str,
) -> Iterator[Installation]:
    """Daphne, a worker and beat on PostgreSQL and Redis."""
    database = Database(postgres_url)
    stores = {"DATABASE_URL": database.url, "REDIS_URL": redis_url}
    yield from running(Installation(installed, tmp_path_factory.mktemp("scaled"), stores))
    database.drop()


def running(installation: Installation) -> Iterator[Installation]:
    try:
        installation.start()
        yield installation
    finally:
        installation.stop()


@pytest.fixture(params=["embedded", "scaled"])
def installation(request: pytest.FixtureRequest) -> Installation:
    """Both arrangements, one after the other: the same must hold in each."""
    chosen: Installation = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture(scope="session")
def stems(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two minutes of six stems: long enough to be killed in the middle of a render."""
    return sorted(once(tmp_path_factory, "stems", write_stems).iterdir())


def write_stems(folder: Path) -> None:
    folder.mkdir()
    chance = np.random.default_rng(7)
    time_s = np.arange(120 * SAMPLE_RATE) / SAMPLE_RATE
    noise = chance.standard_normal((2, time_s.size), np.float32) * 0.05
    swell = np.sin(np.pi * time_s / 4) ** 2
    for number, role in enumerate(("drums", "bass", "vocal", "guitar", "keys", "strings")):
        tone = 0.2 * np.sin(2 * np.pi * 55 * (number + 1) * time_s) * swell
        write_flac((tone + noise).astype(np.float32), folder / f"{role}.flac")


@pytest.fixture(scope="session")
def short_stems(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A few seconds of two stems."""
    folder = tmp_path_factory.mktemp("short")
    time_s = np.arange(5 * SAMPLE_RATE) / SAMPLE_RATE
    paths = []
    for number, role in enumerate(("bass", "vocal")):
        tone = 0.2 * np.sin(2 * np.pi * 110 * (number + 1) * time_s) * np.sin(np.pi * time_s)
        paths.append(folder / f"{role}.flac")
        write_flac(tone[np.newaxis].astype(np.float32), paths[-1])
    return paths
