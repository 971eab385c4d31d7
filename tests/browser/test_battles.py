"""A battle as a person hears it: playing, repeating, voting, taking back, and what goes wrong."""

import io

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, expect

from mixing.audio.loudness import integrated_lufs
from tests.browser.steps import BATTLE, decide, expect_audio, hear_both

NAMES = ("Balanced", "Warm", "Bright", "Punchy", "Spacious")


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
