"""A real server on a scratch folder, a real browser, one person who signed up by hand.

Run as an own pytest process (`pytest tests/browser`): Playwright's loop and pytest-asyncio do not
share one. Data comes in through the pages, never through the ORM.
"""

import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests import processes
from tests.browser.recordings import write_stems
from tests.browser.steps import bring_mixed, end_open_tournament, start
from tests.installed import copied, environment_of
from tests.processes import ROOT, free_port, tail, until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NODE_MODULES = ROOT / "static" / "node_modules"
START_S = 90
PASSWORD = "correct horse battery 7"

expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", autouse=True)
def _needs() -> None:
    """Skip with a reason, or fail where everything must run (REQUIRE_BROWSER)."""
    missing = []
    if CHROMIUM is None:
        missing.append("Chromium (apt install chromium)")
    if not NODE_MODULES.is_dir():
        missing.append("the front-end packages (npm ci --ignore-scripts --prefix static)")
    if not missing:
        return
    reason = f"Browser tests need {' and '.join(missing)}."
    if os.environ.get("REQUIRE_BROWSER"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium, with sound that nobody hears and no click needed for it."""
    return {
        **browser_type_launch_args,
        "executable_path": CHROMIUM,
        "args": [
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--autoplay-policy=no-user-gesture-required",
            "--mute-audio",
        ],
    }


@dataclass(frozen=True, slots=True)
class Server:
    """`manage.py serve` and its worker."""

    url: str
    process: subprocess.Popen[bytes]

    @contextmanager
    def worker_at_rest(self) -> Iterator[None]:
        """No job is done meanwhile: what is ordered waits, as on a machine that is very busy."""
        children = psutil.Process(self.process.pid).children()
        worker = next(child.pid for child in children if "celery" in " ".join(child.cmdline()))
        os.killpg(worker, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(worker, signal.SIGCONT)


@pytest.fixture(scope="session")
def base_url(server: Server) -> str:
    return server.url


@pytest.fixture(scope="session")
def server(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The product on a data folder of its own, with its worker and the house mixers."""
    data = copied(installed, tmp_path_factory.mktemp("server"))
    port, log = free_port(), data / "server.log"
    process = processes.start(
        [sys.executable, "manage.py", "serve", "--port", str(port)],
        log=log,
        environment=environment_of(data),
    )
    server = Server(f"http://127.0.0.1:{port}", process)
    try:
        until(lambda: answers(server, log), START_S, lambda: f"the server answers\n{tail(log)}")
        yield server
    finally:
        # Stopping politely has tests of its own; here pages are still open and ask for more.
        processes.kill(process)


def answers(server: Server, log: Path) -> bool:
    assert server.process.poll() is None, f"The server ended early:\n{tail(log)}"
    try:
        with urllib.request.urlopen(f"{server.url}/health/live", timeout=5):
            return True
    except OSError:
        return False


@pytest.fixture(scope="session")
def signed_in(browser: Browser, base_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cookies of somebody who signed up through the page, once for all tests."""
    path = tmp_path_factory.mktemp("cookies") / "state.json"
    context = browser.new_context(base_url=base_url)
    page = context.new_page()
    page.goto("/account/sign-up/")
    page.get_by_label("E-mail").fill("mira@example.org")
    page.get_by_label("Name").fill("Mira Holt")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("Mira Holt")).to_be_visible()
    context.storage_state(path=path)
    context.close()
    return path


@pytest.fixture
def mira(browser: Browser, base_url: str, signed_in: Path) -> Iterator[Page]:
    """A fresh window in which Mira is logged in; script errors and breaches of the pages' own
    content policy fail the test."""
    context = browser.new_context(base_url=base_url, storage_state=signed_in)
    yield from watched_page(context)


@pytest.fixture
def mira_on_a_phone(browser: Browser, base_url: str, signed_in: Path) -> Iterator[Page]:
    context = browser.new_context(
        base_url=base_url,
        storage_state=signed_in,
        viewport={"width": 360, "height": 740},
        has_touch=True,
        is_mobile=True,
    )
    yield from watched_page(context)


@pytest.fixture(scope="module")
def song_seconds() -> float:
    """How long the module's song is; of clips under ten seconds half is enough to hear."""
    return 12.0


@pytest.fixture(scope="module")
def song(
    browser: Browser,
    base_url: str,
    signed_in: Path,
    song_seconds: float,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """Address of a song with five mixes."""
    context = browser.new_context(base_url=base_url, storage_state=signed_in)
    stems = write_stems(tmp_path_factory.mktemp("stems"), seconds=song_seconds)
    for page in watched_page(context):
        address = bring_mixed(page, *stems)
    return address


@pytest.fixture
def battle(mira: Page, song: str) -> Iterator[Page]:
    """A first battle. It is ended afterwards: a song is judged in one tournament at a time."""
    start(mira, song)
    yield mira
    end_open_tournament(mira)


def is_fault(line: ConsoleMessage) -> bool:
    """What the console says about our own pages: a refused request is no fault of the page, nor is
    what the test's own scripts (axe) do, which have no address."""
    ours = bool(line.location["url"])
    return ours and ("Content Security Policy" in line.text or "importmap" in line.text)


def watched_page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if is_fault(line) else None)
    yield page
    context.close()
    assert errors == []
