"""How a personal tournament ends: champion, downloads, sharing, and all of it on a phone."""

import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, Download, Page, expect

from mixing.audio.loudness import integrated_lufs
from tests.browser.conftest import watched_page
from tests.browser.steps import (
    BATTLE,
    PATIENCE_MS,
    RESULT,
    decide,
    end_here,
    expect_audio,
    hear_both,
    overflow,
    serious_faults,
    start,
)


@pytest.fixture(scope="module")
def song_seconds() -> float:
    return 4.0


def test_a_tournament_by_keyboard_ends_with_a_champion_to_take_away(
    battle: Page, tmp_path: Path
) -> None:
    for key in ("Shift+A", "t", "Shift+B"):
        expect_audio(battle)
        decide(battle, key)
        judged = battle.url
        battle.keyboard.press("Enter")
        expect(battle).not_to_have_url(judged)
    expect(battle).to_have_url(RESULT)
    expect(battle.get_by_role("heading", level=1)).to_contain_text("is your champion")
    expect(battle.locator(".story")).to_have_count(3)
    mix = {kind: take(battle, kind, tmp_path) for kind in ("wav", "flac", "mp3")}
    wav, rate = soundfile.read(mix["wav"], always_2d=True)
    flac, _ = soundfile.read(mix["flac"], always_2d=True)
    assert (rate, soundfile.info(mix["wav"]).subtype) == (44_100, "PCM_24")
    np.testing.assert_array_equal(wav, flac)
    assert integrated_lufs(wav.T.astype(np.float32), rate) == pytest.approx(-14, abs=0.5)
    assert soundfile.info(mix["mp3"]).duration == pytest.approx(len(wav) / rate, abs=0.2)
    with zipfile.ZipFile(take(battle, "stems", tmp_path)) as stems:
        lengths = {soundfile.info(io.BytesIO(stems.read(name))).frames for name in stems.namelist()}
        assert (len(stems.namelist()), lengths) == (3, {len(wav)})
    settings = json.loads(take(battle, "settings", tmp_path).read_text())
    assert "fader_db" in json.dumps(settings)


def take(page: Page, kind: str, folder: Path) -> Path:
    with page.expect_download(timeout=PATIENCE_MS) as waiting:
        page.locator(f'file-export button[value="{kind}"]').click()
    download: Download = waiting.value
    path = folder / download.suggested_filename
    download.save_as(path)
    return path


def test_a_result_can_be_shared_and_taken_back(
    battle: Page, browser: Browser, base_url: str
) -> None:
    decide(battle, "Shift+A")
    battle.goto("/tournaments/")
    battle.get_by_role("link", name=re.compile("Go on")).first.click()
    expect(battle).to_have_url(BATTLE)
    expect_audio(battle)
    end_here(battle)
    battle.get_by_role("button", name="Make a link").click()
    link = battle.get_by_label("Link to the public result").input_value()
    context = browser.new_context(base_url=base_url)
    for visitor in watched_page(context):
        visitor.goto(link)
        expect(visitor.get_by_role("heading", level=1)).to_contain_text("is the champion")
        assert "mira@example.org" not in visitor.content()
        assert serious_faults(visitor) == []
        battle.get_by_role("button", name="Stop sharing").click()
        gone = visitor.goto(link)
        assert gone is not None
        assert gone.status == 404


def test_battle_reveal_and_result_have_no_serious_fault_and_fit_a_phone(
    mira_on_a_phone: Page, song: str
) -> None:
    page = mira_on_a_phone
    start(page, song)
    assert (serious_faults(page), overflow(page)) == ([], [])
    hear_both(page)
    page.get_by_role("button", name="A is better").tap()
    expect(page.locator(".verdict")).to_be_visible()
    assert (serious_faults(page), overflow(page)) == ([], [])
    page.get_by_role("link", name="Next battle").tap()
    expect_audio(page)
    end_here(page)
    assert (serious_faults(page), overflow(page)) == ([], [])
