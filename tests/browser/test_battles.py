"""A personal tournament as a person hears it: battles, votes, undo, result, downloads, sharing."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, Download, Page, expect

from mixing.audio.loudness import integrated_lufs
from tests.browser.conftest import watched_page
from tests.browser.recordings import write_stems
from tests.browser.test_every_page import overflow, serious_faults
from tests.browser.test_songs import PATIENCE_MS, bring, expect_ready

NAMES = ("Balanced", "Warm", "Bright", "Punchy", "Spacious")
HEAR_MS = 5_600
BATTLE = re.compile(r"/battles/[0-9a-f-]{36}/$")
RESULT = re.compile(r"/result/$")


@pytest.fixture(scope="module")
def song(
    browser: Browser, base_url: str, signed_in: Path, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """Address of a song whose mixes were ordered; battles wait for the previews by themselves."""
    context = browser.new_context(base_url=base_url, storage_state=signed_in)
    for page in watched_page(context):
        bring(page, *write_stems(tmp_path_factory.mktemp("stems")))
        expect_ready(page, 3)
        page.get_by_role("button", name="Mix it").click()
        expect(page.locator('.mix[data-state="ready"]')).to_have_count(5, timeout=PATIENCE_MS)
        address = page.url
    return address


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
    page.wait_for_timeout(HEAR_MS)
    page.keyboard.press("2")
    expect(page.locator('[data-part="vote"]')).to_have_attribute(
        "data-open", "true", timeout=PATIENCE_MS
    )


def decide(page: Page, key: str) -> None:
    hear_both(page)
    page.keyboard.press(key)
    expect(page.locator(".verdict")).to_be_visible()


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


@pytest.fixture
def battle(mira: Page, song: str) -> Iterator[Page]:
    """A first battle. It is ended afterwards: a song is judged in one tournament at a time."""
    start(mira, song)
    yield mira
    end_open_tournament(mira)


def test_a_tournament_by_keyboard_ends_with_a_champion_to_take_away(
    battle: Page, tmp_path: Path
) -> None:
    for key in ("Shift+A", "t", "Shift+B"):
        expect_audio(battle)
        decide(battle, key)
        battle.keyboard.press("Enter")
        battle.wait_for_load_state()
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


def test_both_sides_arrive_equally_loud_and_long_and_nameless(battle: Page) -> None:
    clips = []
    for side in ("a", "b"):
        source = battle.locator("battle-player").get_attribute(f"src-{side}")
        answer = battle.request.get(str(source))
        assert not any(name.lower() in str(answer.headers).lower() for name in NAMES)
        clips.append(answer.body())
    assert len(clips[0]) == len(clips[1])
    assert clips[0][:44] == clips[1][:44]
    loudness = []
    for clip in clips:
        samples, rate = soundfile.read(io.BytesIO(clip), dtype="float32", always_2d=True)
        loudness.append(integrated_lufs(np.ascontiguousarray(samples.T), rate))
    assert abs(loudness[0] - loudness[1]) <= 0.1
    html = battle.content()
    assert not [name for name in NAMES if name in html]


def test_a_vote_waits_until_both_sides_were_heard(battle: Page) -> None:
    battle.keyboard.press("Space")
    battle.wait_for_timeout(1_500)
    battle.keyboard.press("Shift+A")
    expect(battle.locator("[data-toast], .toast").last).to_contain_text("seconds of each side")
    expect(battle).to_have_url(BATTLE)
    expect(battle.locator(".verdict")).to_have_count(0)


def test_jumping_to_the_end_does_not_count_as_hearing(battle: Page) -> None:
    battle.keyboard.press("Space")
    for _ in range(6):
        battle.keyboard.press("Shift+ArrowRight")
    battle.keyboard.press("Space")
    expect(battle.locator('[data-part="vote"]')).to_have_attribute("data-open", "false")


def test_a_vote_taken_back_opens_the_same_battle(battle: Page) -> None:
    address = battle.url
    decide(battle, "n")
    battle.keyboard.press("u")
    expect(battle.get_by_role("heading", name="Which mix is better?")).to_be_visible()
    assert battle.url == address
    # What was heard before still counts: no second listening is asked for.
    expect_audio(battle)
    battle.keyboard.press("t")
    expect(battle.locator(".verdict")).to_contain_text("No difference")


def test_a_part_can_be_repeated_and_the_whole_clip_again(battle: Page) -> None:
    box = battle.locator("loop-waveform").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    battle.mouse.move(box["x"] + box["width"] * 0.25, middle)
    battle.mouse.down()
    battle.mouse.move(box["x"] + box["width"] * 0.5, middle, steps=5)
    battle.mouse.up()
    whole = battle.get_by_role("button", name="Play the whole clip")
    expect(whole).to_be_visible()
    loop = battle.evaluate("document.querySelector('battle-player').engine.loop")
    assert loop["stop"] / loop["start"] == pytest.approx(2, rel=0.05)
    battle.keyboard.press("Space")
    battle.wait_for_timeout(400)
    position = battle.evaluate("document.querySelector('battle-player').engine.position")
    assert loop["start"] <= position <= loop["stop"]
    battle.keyboard.press("l")
    expect(whole).to_be_hidden()


def test_a_part_can_be_repeated_by_keys_and_its_edge_dragged(battle: Page) -> None:
    loop = "document.querySelector('battle-player').engine.loop"
    expect(battle.get_by_text("Drag across the waveform")).to_be_visible()
    for _ in range(2):
        battle.keyboard.press("ArrowRight")
    battle.keyboard.press("i")
    battle.keyboard.press("ArrowRight")
    battle.keyboard.press("o")
    assert battle.evaluate(loop) == pytest.approx({"start": 4, "stop": 6}, abs=0.05)
    box = battle.locator("loop-waveform").bounding_box()
    duration = battle.evaluate("document.querySelector('battle-player').engine.duration")
    assert box is not None
    x, y = box["x"] + box["width"] * 6 / duration, box["y"] + 20
    battle.mouse.move(x, y)
    battle.mouse.down()
    battle.mouse.move(x + box["width"] * 2 / duration, y, steps=5)
    battle.mouse.up()
    assert battle.evaluate(loop) == pytest.approx({"start": 4, "stop": 8}, abs=0.05)


def test_clips_that_do_not_arrive_can_be_asked_for_again(battle: Page) -> None:
    battle.route("**/audio/**", lambda route: route.abort())
    battle.reload()
    expect(battle.get_by_text("could not be loaded")).to_be_visible()
    battle.unroute("**/audio/**")
    battle.get_by_role("button", name="Try again").click()
    expect_audio(battle)


def test_a_vote_after_the_session_ended_says_so(battle: Page) -> None:
    hear_both(battle)
    cookies = battle.context.cookies()
    battle.context.clear_cookies(name="sessionid")
    battle.keyboard.press("n")
    expect(battle.locator(".toast").last).to_contain_text("You are logged out")
    battle.context.add_cookies(cookies)


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
