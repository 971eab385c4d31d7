"""Tournaments with several listeners: set up, joined, watched live, voted in by keyboard."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import watched_page
from tests.browser.recordings import write_stems
from tests.browser.steps import (
    BATTLE,
    PATIENCE_MS,
    bring,
    bring_mixed,
    decide,
    expect_audio,
    expect_ready,
    overflow,
    serious_faults,
)

WATCH = re.compile(r"/watch/$")
CARD = re.compile(r"/card/$")
SECONDS = 4.0
"""Of the song: half of its clip is enough to hear."""
MEBIBYTE = 1 << 20
NAMES = ("Balanced", "Warm", "Bright", "Punchy", "Spacious")


@pytest.fixture(scope="module")
def song(
    browser: Browser, base_url: str, signed_in: Path, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """Address of a short song with five mixes."""
    context = browser.new_context(base_url=base_url, storage_state=signed_in)
    for page in watched_page(context):
        stems = write_stems(tmp_path_factory.mktemp("stems"), seconds=SECONDS)
        address = bring_mixed(page, *stems)
    return address


@pytest.fixture
def evening(mira: Page, song: str) -> Page:
    """Mira's page of a knockout on that song that is open to everybody."""
    mira.goto(f"/tournaments/new/?song={key_of(song)}")
    mira.get_by_text("Single elimination", exact=True).click()
    mira.locator('input[name="voters"][value="everybody"]').check()
    expect(mira.locator(".format-choice:has(:checked)")).to_contain_text("12 votes")
    mira.get_by_role("button", name="Start the tournament").click()
    expect(mira).to_have_url(WATCH)
    return mira


@pytest.fixture
def mira_in_tokyo(browser: Browser, base_url: str, signed_in: Path) -> Iterator[Page]:
    """Nine hours ahead of the server, all year."""
    yield from watched_page(
        browser.new_context(
            base_url=base_url, storage_state=signed_in, timezone_id="Asia/Tokyo", locale="en-GB"
        )
    )


@pytest.fixture
def guest(browser: Browser, base_url: str) -> Iterator[Page]:
    """A window of somebody without an account."""
    yield from watched_page(browser.new_context(base_url=base_url))


def key_of(address: str) -> str:
    return address.rstrip("/").rsplit("/", 1)[1]


def vote_by_keyboard(page: Page, key: str) -> None:
    expect_audio(page)
    decide(page, key)


def test_a_vote_by_keyboard_moves_the_bracket_in_another_browser(
    evening: Page, guest: Page
) -> None:
    bracket = evening.locator(".bracket").first
    expect(bracket).to_be_visible()
    expect(evening.get_by_text("No vote yet")).to_be_visible()
    guest.goto(evening.url)
    guest.get_by_role("button", name="Listen and vote").click()
    expect(guest).to_have_url(BATTLE)
    assert not [name for name in NAMES if name in guest.content()]
    vote_by_keyboard(guest, "Shift+A")
    # Nobody touches Mira's window.
    expect(evening.locator(".matrix .matrix-cell").first).to_contain_text("1 vote")
    expect(bracket.locator(".match-head").filter(has_text="1 of 3 votes")).to_have_count(1)
    # The vote can be explained, and the next battle does not wait for it.
    guest.get_by_text("Punch", exact=True).last.click()
    expect(guest.get_by_text("Saved")).to_be_visible()
    expect(guest.locator("undo-timer [data-left]")).to_have_text(re.compile(r"^\d+ s$"))
    # One match is open in this round, and nobody hears a pair twice.
    guest.keyboard.press("Enter")
    expect(guest.get_by_text("You have heard all there is for you")).to_be_visible()
    guest.get_by_role("link", name="Your result card").click()
    expect(guest).to_have_url(CARD)
    expect(guest.locator(".story")).to_contain_text(re.compile("You chose .+ over .+punch"))


def test_the_card_comes_at_the_end_of_the_session(mira: Page, guest: Page, song: str) -> None:
    mira.goto(f"/tournaments/new/?song={key_of(song)}")
    mira.get_by_text("Name and fine print").click()
    mira.get_by_label("Battles in one sitting").fill("3")
    mira.get_by_label("Hidden checks").uncheck()
    mira.get_by_role("button", name="Start the tournament").click()
    invitation = mira.get_by_label("Invite listeners").input_value()
    guest.goto(invitation)
    guest.get_by_role("button", name="Start listening").click()
    for key in ("Shift+A", "t", "Shift+B"):
        vote_by_keyboard(guest, key)
        guest.keyboard.press("Enter")
        guest.wait_for_load_state()
    expect(guest).to_have_url(CARD)
    expect(guest.locator(".story")).to_have_count(3)
    expect(guest.get_by_label("Completion code")).to_have_value(re.compile(r"^[2-9A-Z]{10}$"))


def test_an_end_is_entered_and_read_in_the_viewers_own_time(mira_in_tokyo: Page, song: str) -> None:
    page = mira_in_tokyo
    page.goto(f"/tournaments/new/?song={key_of(song)}")
    field = page.get_by_label("On a date (your time, Asia/Tokyo)")
    day = date.today() + timedelta(days=30)
    before = day - timedelta(days=1)
    field.fill(f"{day}T07:30")
    expect(page.locator('input[type="hidden"][name="ends_at"]')).to_have_value(f"{before}T22:30")
    page.get_by_role("button", name="Start the tournament").click()
    expect(page).to_have_url(WATCH)
    ends = page.locator("time[data-local]")
    expect(ends).to_have_attribute("datetime", f"{before}T22:30:00+00:00")
    expect(ends).to_contain_text(re.compile(rf"\b{day.day} {day:%b}\w*,? 07:30"))


def test_a_pair_is_skipped_with_a_reason(evening: Page) -> None:
    evening.get_by_role("link", name="Listen and vote").click()
    expect_audio(evening)
    before = evening.url
    evening.get_by_role("button", name="Skip this pair").click()
    evening.get_by_label("My ears are tired").check()
    evening.get_by_role("button", name="Skip it").click()
    expect(evening).not_to_have_url(before)


def test_tournament_pages_are_usable_by_everybody(
    evening: Page, mira_on_a_phone: Page, song: str
) -> None:
    paths = (evening.url, "/tournaments/new/", "/leaderboard/", "/listening/", "/sound-check/")
    for scheme in ("light", "dark"):
        evening.emulate_media(color_scheme=scheme)
        for path in paths:
            evening.goto(path)
            assert serious_faults(evening) == [], path
    for path in paths:
        mira_on_a_phone.goto(path)
        assert overflow(mira_on_a_phone) == [], path


def test_the_sound_check_hears_swapped_answers(mira: Page) -> None:
    mira.goto("/sound-check/")
    card = mira.locator('[data-test="sides"]')
    left = card.get_by_role("button", name="Left")
    expect(left).to_be_disabled()
    card.get_by_role("button", name="Play", exact=True).click()
    for _ in range(2):
        # Each side plays once, so "left" twice is right once.
        expect(left).to_be_enabled()
        left.click()
    expect(card.get_by_text("One right, one wrong")).to_be_visible()
    expect(card.get_by_role("button", name="Again")).to_be_visible()


def test_a_device_that_takes_the_sound_away_pauses_the_player(evening: Page) -> None:
    evening.get_by_role("link", name="Listen and vote").click()
    expect_audio(evening)
    evening.evaluate(
        """() => {
          const real = AudioContext.prototype.createGain;
          AudioContext.prototype.createGain = function () {
            window.heldContext = this;
            return real.call(this);
          };
        }"""
    )
    evening.keyboard.press("Space")
    player = evening.locator("battle-player")
    expect(player).to_have_attribute("data-playing", "true")
    evening.evaluate("heldContext.suspend()")
    expect(evening.get_by_text("took the sound away")).to_be_visible()
    expect(player).to_have_attribute("data-playing", "false")
    evening.keyboard.press("Space")
    expect(player).to_have_attribute("data-playing", "true")


@pytest.mark.slow
def test_six_minutes_at_96_khz_stay_small_in_the_tab(
    browser: Browser, mira: Page, tmp_path: Path
) -> None:
    """The tab holds the two clips that are judged, never the songs."""
    path = tmp_path / "Long take.flac"
    beat = (np.arange(96_000) < 9_600) * np.sin(np.arange(96_000) * 0.02) * 0.4
    with soundfile.SoundFile(path, "w", 96_000, 2, "PCM_16") as file:
        for _ in range(360):
            file.write(np.column_stack([beat, 0.8 * beat]))
    bring(mira, path)
    expect_ready(mira, 1)
    mira.get_by_role("button", name="Mix it").click()
    start = mira.get_by_role("button", name="Start blind battles")
    expect(start).to_be_visible(timeout=PATIENCE_MS)
    start.click()
    expect(mira).to_have_url(BATTLE)
    expect_audio(mira)
    mira.keyboard.press("Space")
    held = mira.evaluate(
        """() => Object.values(document.querySelector("battle-player").engine.buffers)
          .reduce((sum, buffer) => sum + buffer.length * buffer.numberOfChannels * 4, 0)"""
    )
    assert held <= 2 * 31 * 44_100 * 2 * 4
    assert tab_size(browser, mira) < 150 * MEBIBYTE


def tab_size(browser: Browser, page: Page) -> int:
    """Bytes of memory that only this page's process has."""
    page.evaluate("document.title = 'weighed'")
    session = browser.new_browser_cdp_session()
    found = session.send("SystemInfo.getProcessInfo")["processInfo"]
    renderers = [psutil.Process(p["id"]) for p in found if p["type"] == "renderer"]
    # Renderers without a page are Chromium's spare ones; ours is the one that holds the audio.
    size: int = max(process.memory_full_info().uss for process in renderers)
    return size
