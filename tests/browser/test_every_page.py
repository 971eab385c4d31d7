"""What holds on every page: no serious accessibility fault, nothing wider than a phone."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.recordings import write_stems
from tests.browser.steps import overflow, serious_faults

OPEN_PAGES = ("/", "/mixers/", "/account/login/", "/account/sign-up/", "/account/reset/")
OWN_PAGES = ("/", "/songs/", "/songs/new/", "/tournaments/", "/account/")
SCHEMES = ("light", "dark")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_open_pages_have_no_serious_fault(browser: Browser, base_url: str, scheme: Any) -> None:
    context = browser.new_context(base_url=base_url, color_scheme=scheme)
    page = context.new_page()
    for path in OPEN_PAGES:
        assert page.goto(path).ok, path  # type: ignore[union-attr]
        assert serious_faults(page) == [], path
    context.close()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_own_pages_have_no_serious_fault(mira: Page, scheme: Any) -> None:
    mira.emulate_media(color_scheme=scheme)
    for path in OWN_PAGES:
        assert mira.goto(path).ok, path  # type: ignore[union-attr]
        assert serious_faults(mira) == [], path


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_song_in_the_making_has_no_serious_fault(mira: Page, tmp_path: Path, scheme: Any) -> None:
    mira.emulate_media(color_scheme=scheme)
    mira.goto("/songs/new/")
    damaged = tmp_path / "Damaged.wav"
    damaged.write_bytes(b"RIFF" + bytes(2000))
    mira.get_by_label("Choose files").set_input_files([*write_stems(tmp_path), damaged])
    expect(mira.locator('.track[data-state="ready"]')).to_have_count(3, timeout=90_000)
    assert serious_faults(mira) == []
    mira.get_by_role("button", name="Mix it").click()
    expect(mira.locator(".mix wave-player").first).to_be_visible(timeout=90_000)
    assert serious_faults(mira) == []


def test_nothing_is_wider_than_a_phone(mira_on_a_phone: Page, tmp_path: Path) -> None:
    page = mira_on_a_phone
    for path in (*OPEN_PAGES, *OWN_PAGES):
        page.goto(path)
        assert overflow(page) == [], path
    page.goto("/songs/new/")
    long_name = tmp_path / f"{'A very long name for a stem ' * 4}.wav"
    kick, *others = write_stems(tmp_path)
    kick.rename(long_name)
    page.get_by_label("Choose files").set_input_files([long_name, *others])
    expect(page.locator('.track[data-state="ready"]')).to_have_count(3, timeout=90_000)
    assert overflow(page) == []
    page.get_by_role("button", name="Mix it").click()
    expect(page.locator(".mix wave-player").first).to_be_visible(timeout=90_000)
    assert overflow(page) == []


def test_the_colours_are_chosen_and_remembered(mira: Page) -> None:
    mira.emulate_media(color_scheme="light")
    mira.goto("/")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = mira.evaluate(ground)
    toggle = mira.get_by_role("button", name="Colours:")
    toggle.click()
    expect(toggle).to_have_attribute("aria-label", "Colours: light")
    toggle.click()
    expect(toggle).to_have_attribute("aria-label", "Colours: dark")
    dark = mira.evaluate(ground)
    assert dark != light
    mira.reload()
    assert mira.evaluate(ground) == dark


def test_the_first_tab_stop_skips_to_the_content(mira: Page) -> None:
    mira.goto("/songs/")
    mira.keyboard.press("Tab")
    expect(mira.get_by_role("link", name="Skip to the content")).to_be_focused()
    mira.keyboard.press("Enter")
    assert mira.evaluate("document.activeElement.id") == "main"


def test_pages_stay_small(mira: Page) -> None:
    """The first load of the song list: page, styles, scripts and pictures, as they travel."""
    sizes: list[int] = []
    mira.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    mira.goto("/songs/new/")
    mira.wait_for_load_state("networkidle")
    assert sum(sizes) < 150_000
