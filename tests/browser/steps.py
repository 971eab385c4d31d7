"""What people do in many tests, and what must hold wherever they are."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.processes import ROOT

AXE = ROOT / "static" / "node_modules" / "axe-core" / "axe.min.js"
# Analysis and mixing on a busy machine; each takes seconds on a quiet one.
PATIENCE_MS = 90_000
ANY_SONG = re.compile(r"/songs/[0-9a-f-]{36}/$")
BATTLE = re.compile(r"/battles/[0-9a-f-]{36}/$")
RESULT = re.compile(r"/result/$")


# ---- Songs ---------------------------------------------------------------------------------------


def choose_files(page: Page, *files: Path) -> None:
    page.get_by_label("Choose files").set_input_files(list(files))


def bring(page: Page, *files: Path) -> None:
    """A new song from these files: the page becomes the song's by itself."""
    page.goto("/songs/new/")
    choose_files(page, *files)
    expect(page).to_have_url(ANY_SONG)


def bring_mixed(page: Page, *files: Path) -> str:
    """Address of a new song of which five mixes are ready, preview and whole."""
    bring(page, *files)
    expect_ready(page, len(files))
    page.get_by_role("button", name="Mix it").click()
    expect(page.locator('.mix[data-state="ready"]')).to_have_count(5, timeout=PATIENCE_MS)
    return page.url


def expect_ready(page: Page, count: int) -> None:
    ready = page.locator('.track[data-state="ready"]')
    expect(ready).to_have_count(count, timeout=PATIENCE_MS)


# ---- Battles -------------------------------------------------------------------------------------


def start(page: Page, song: str, battles: int = 3) -> None:
    page.goto(song)
    page.get_by_label("Battles").fill(str(battles))
    page.get_by_role("button", name="Start blind battles").click()
    expect(page).to_have_url(BATTLE)
    expect_audio(page)


def expect_audio(page: Page) -> None:
    expect(page.locator('battle-player[data-state="ready"]')).to_be_visible(timeout=PATIENCE_MS)


def hear_both(page: Page) -> None:
    page.keyboard.press("1")
    meter = page.locator('[data-heard="a"]')
    expect(meter).to_have_js_property("position", 1, timeout=PATIENCE_MS)
    page.keyboard.press("2")
    expect(page.locator('[data-part="vote"]')).to_have_attribute(
        "data-open", "true", timeout=PATIENCE_MS
    )


def decide(page: Page, key: str) -> None:
    hear_both(page)
    page.keyboard.press(key)
    expect(page.locator(".verdict")).to_be_visible()
    page.wait_for_load_state()  # Keys mean nothing before the page's scripts came.


def end_open_tournament(page: Page) -> None:
    page.goto("/tournaments/")
    under_way = page.get_by_role("link", name=re.compile("Go on"))
    if under_way.count():
        under_way.first.click()
        expect_audio(page)
        end_here(page)


def end_here(page: Page) -> None:
    page.get_by_role("button", name="End here").click()
    page.get_by_role("button", name="End the tournament").click()
    expect(page).to_have_url(RESULT)


# ---- Every page ----------------------------------------------------------------------------------


def serious_faults(page: Page) -> list[str]:
    """axe's serious and critical violations of WCAG 2.2 A and AA, each with where it is."""
    page.evaluate(AXE.read_text())
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    result: dict[str, Any] = page.evaluate(
        "tags => axe.run(document, { runOnly: { type: 'tag', values: tags } })", tags
    )
    return [
        f"{fault['id']}: {node['html'][:160]} {node['any'][:1]}"
        for fault in result["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def overflow(page: Page) -> list[str]:
    """What reaches beyond the right edge of the window."""
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
          [...document.querySelectorAll("body *")]
            .filter(element => element.getBoundingClientRect().right > innerWidth + 1)
            .map(element => element.outerHTML.slice(0, 120))"""
    )
    return found
