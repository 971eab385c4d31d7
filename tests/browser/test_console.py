"""The console as people use it: by hand and by key, wide and on a phone, until it is rendered."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.steps import PATIENCE_MS, overflow, serious_faults

CONSOLE = "document.querySelector('mix-console')"


@pytest.fixture(scope="module")
def song_seconds() -> float:
    return 6.0


def open_console(page: Page, song: str) -> None:
    page.goto(song)
    page.get_by_role("link", name="Mix it yourself").click()
    expect(page.locator("mix-console")).to_be_visible()
    expect_ready(page)


def expect_ready(page: Page) -> None:
    expect(page.locator('[data-part="status"]')).to_have_text("Ready.", timeout=PATIENCE_MS)


def status(page: Page) -> Locator:
    return page.locator('[data-part="status"]')


def settings(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(f"{CONSOLE}.state.settings")
    return found


def wait_for_peak(page: Page, condition: str) -> None:
    """Until the highest sample that sounds meets it. The pages' policy forbids Playwright's own way
    to wait, which evaluates text."""
    page.evaluate(
        f"""async () => {{
          const peak = () => Math.max(...{CONSOLE}.engine.peaks());
          while (!(peak() {condition})) await new Promise((done) => setTimeout(done, 50));
        }}"""
    )


def show_values(page: Page) -> None:
    page.get_by_text("Type the values").click()


def test_moves_are_made_typed_dragged_undone_and_reset(mira: Page, song: str) -> None:
    open_console(mira, song)
    start = settings(mira)
    fader = mira.get_by_role("slider", name="01 Kick.wav, Fader").first
    fader.focus()
    for _ in range(3):
        mira.keyboard.press("ArrowDown")
    moved = settings(mira)["strips"][0]["fader_db"]
    assert moved == pytest.approx(start["strips"][0]["fader_db"] - 0.03 * 60, abs=0.2)

    pan = mira.get_by_label("01 Kick.wav, Pan, typed")
    pan.fill("−0.5")
    pan.press("Enter")
    assert settings(mira)["strips"][0]["pan"] == -0.5
    pan.fill("7")
    pan.press("Enter")
    expect(status(mira)).to_have_text("Pan goes from −1.00 to 1.00.")
    assert settings(mira)["strips"][0]["pan"] == -0.5

    band = mira.get_by_role("slider", name="01 Kick.wav, equaliser, High mid")
    box = band.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mira.mouse.move(x, y)
    mira.mouse.down()
    mira.mouse.move(x + 20, y - 40, steps=4)
    mira.mouse.up()
    after = settings(mira)["strips"][0]
    assert after["peak3_gain_db"] > start["strips"][0]["peak3_gain_db"] + 3
    assert after["peak3_hz"] > start["strips"][0]["peak3_hz"]

    mira.get_by_role("button", name="Undo").click()
    assert settings(mira)["strips"][0]["peak3_gain_db"] == start["strips"][0]["peak3_gain_db"]
    mira.get_by_role("button", name="Redo").click()
    assert settings(mira)["strips"][0] == after
    mira.get_by_role("button", name="Reset", exact=True).click()
    assert settings(mira) == start


def test_what_only_the_server_plays_stands_apart_and_is_kept(mira: Page, song: str) -> None:
    open_console(mira, song)
    mira.get_by_label("Channel", exact=True).select_option("master", force=True)
    mira.get_by_text("Advanced: heard after Render").click()
    drive = mira.locator(".heard-later").get_by_label("Master, Saturation, typed")
    drive.fill("6")
    drive.press("Enter")
    assert settings(mira)["master"]["saturation_drive_db"] == 6.0
    expect(mira.locator('[data-part="later"]')).to_be_visible()
    mira.get_by_role("button", name="Undo").click()
    expect(mira.locator('[data-part="later"]')).to_be_hidden()


def test_stems_get_as_many_seconds_as_fit_into_memory(mira: Page) -> None:
    mira.goto("/account/login/")
    seconds = mira.evaluate(
        """async () => {
          const { secondsThatFit } = await import("mixarena/console/engine");
          const of = (count, channels) => Array.from({ length: count }, () => ({ channels }));
          return [[8, 2, 8], [32, 2, 8], [32, 1, 8], [32, 2, 4], [8, 1, 2]].map(
            ([count, channels, gib]) => secondsThatFit(of(count, channels), 30, gib));
        }"""
    )
    # 4 bytes a sample at 44.1 kHz: 256 MB, or 96 MB on devices of 4 GB and less.
    assert seconds == [30, 22, 30, 8, 30]


def test_bands_move_by_key(mira: Page, song: str) -> None:
    open_console(mira, song)
    band = mira.get_by_role("slider", name="01 Kick.wav, equaliser, Mid", exact=True)
    before = settings(mira)["strips"][0]
    band.press("ArrowUp")
    band.press("ArrowRight")
    band.press("PageUp")
    after = settings(mira)["strips"][0]
    for knob in ("peak2_gain_db", "peak2_hz", "peak2_q"):
        assert after[knob] > before[knob], knob
    expect(band).to_have_attribute("aria-valuetext", re.compile(r" Hz, .* dB, Q "))
    band.press("Delete")
    assert settings(mira)["strips"][0]["peak2_gain_db"] == 0.0


def test_what_is_heard_follows_the_knobs_and_compares_equally_loud(mira: Page, song: str) -> None:
    open_console(mira, song)
    loudness = mira.locator('[data-part="loudness"]')
    expect(loudness).to_have_text(re.compile(r"−1[34]\.\d"), timeout=PATIENCE_MS)
    mira.get_by_role("button", name="Play", exact=True).click()
    wait_for_peak(mira, "> 0.01")
    mira.get_by_label("Channel", exact=True).select_option("master", force=True)
    target = mira.get_by_label("Master, Loudness, typed")
    target.fill("-20")
    target.press("Enter")
    expect(loudness).to_have_text("−20.0", timeout=PATIENCE_MS)
    mira.get_by_role("button", name="Balanced").click()
    expect(mira.get_by_role("button", name="Balanced")).to_have_attribute("aria-pressed", "true")
    expect(loudness).to_have_text("−20.0", timeout=PATIENCE_MS)
    mira.get_by_role("button", name="Mine").click()
    for number in (1, 2, 3):
        mira.get_by_role("button", name=re.compile(rf"^Mute 0{number}")).click()
    wait_for_peak(mira, "< 1e-4")
    mira.get_by_role("button", name="Pause").click()


def test_presets_are_applied_saved_renamed_and_deleted(mira: Page, song: str) -> None:
    open_console(mira, song)
    before = settings(mira)
    mira.get_by_role("button", name="Presets").click()
    presets = mira.get_by_role("dialog", name="Presets")
    presets.get_by_label("Search presets").fill("podcast")
    expect(presets.locator(".preset-apply")).to_have_count(1)
    presets.get_by_role("button", name="Podcast-dry vocal").click()
    after = settings(mira)
    assert after["strips"][2]["highpass_hz"] == 90.0
    assert after["strips"][0] == before["strips"][0]

    mira.get_by_role("button", name="Presets").click()
    presets.get_by_label("Search presets").fill("")
    presets.get_by_label("Save what you have as a preset").fill("My voice")
    presets.get_by_role("button", name="Save").click()
    expect(presets.get_by_role("button", name="My voice", exact=False).first).to_be_visible()
    presets.get_by_role("button", name="Rename My voice").click()
    field = presets.get_by_label("New name of My voice")
    field.fill("My clear voice")
    field.press("Enter")
    expect(presets.get_by_role("button", name="Delete My clear voice")).to_be_visible()
    presets.get_by_role("button", name="Delete My clear voice").click()
    expect(presets.get_by_role("button", name="Delete My clear voice")).to_have_count(0)


def test_rendered_it_stands_on_the_songs_page_as_yours(mira: Page, song: str) -> None:
    open_console(mira, song)
    pan = mira.get_by_label("01 Kick.wav, Pan, typed")
    pan.fill("0.3")
    pan.press("Enter")
    mira.get_by_role("button", name="Render").click()
    dialog = mira.get_by_role("dialog", name="Render your mix")
    dialog.get_by_label("Name").fill("Kick to the right")
    dialog.get_by_role("button", name="Render").click()
    expect(status(mira)).to_have_text("“Kick to the right” is ready.", timeout=PATIENCE_MS)
    mira.get_by_role("button", name="Open the song").click()
    mine = mira.locator("[data-hand-mix]", has_text="Kick to the right")
    expect(mine.locator("wave-player")).to_be_visible(timeout=PATIENCE_MS)
    mine.get_by_role("link", name="Go on mixing").click()
    expect_ready(mira)
    assert settings(mira)["strips"][0]["pan"] == 0.3


def test_without_worklets_the_page_says_so_and_still_renders(mira: Page, song: str) -> None:
    mira.add_init_script("delete BaseAudioContext.prototype.audioWorklet")
    mira.goto(f"{song}console/")
    expect(status(mira)).to_contain_text("You can still set values and render.")
    expect(mira.get_by_role("button", name="Play", exact=True)).to_be_disabled()
    expect(mira.get_by_role("button", name="Render")).to_be_enabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_console_has_no_serious_fault(mira: Page, song: str, scheme: Any) -> None:
    mira.emulate_media(color_scheme=scheme)
    open_console(mira, song)
    show_values(mira)
    assert serious_faults(mira) == []
    mira.get_by_role("button", name="Presets").click()
    expect(mira.locator(".preset-apply").first).to_be_visible()
    assert serious_faults(mira) == []


def test_on_a_phone_one_channel_at_a_time(mira_on_a_phone: Page, song: str) -> None:
    page = mira_on_a_phone
    open_console(page, song)
    assert overflow(page) == []
    expect(page.locator(".channel:visible")).to_have_count(1)
    page.get_by_role("button", name="Next channel").click()
    expect(page.get_by_role("heading", name="02 Bass DI.wav")).to_be_visible()
    expect(page.locator(".channel:visible")).to_have_attribute("data-place", "1")
    page.get_by_label("Channel", exact=True).select_option("reverb")
    expect(page.get_by_role("heading", name="Reverb")).to_be_visible()
    assert overflow(page) == []
    page.get_by_role("button", name="Presets").click()
    expect(page.locator(".preset-apply").first).to_be_visible()
    assert overflow(page) == []
