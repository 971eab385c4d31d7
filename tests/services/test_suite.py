"""Every test that touches rows, once more on PostgreSQL and Redis."""

import os
import subprocess
import sys

import pytest

from tests.processes import ROOT
from tests.services.stores import Database

PURE = ("audio", "networks", "synthesis")


@pytest.mark.slow
def test_the_suite_passes_on_postgresql_and_redis(postgres_url: str, redis_url: str) -> None:
    database = Database(postgres_url)
    try:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-m", "not slow"),
                *("tests/accounts", "tests/mixing", "tests/tournaments"),
                *(f"--ignore=tests/mixing/{folder}" for folder in PURE),
            ],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": database.url, "REDIS_URL": redis_url},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        database.drop()
    assert done.returncode == 0, done.stdout[-5000:]
