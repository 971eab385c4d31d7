"""From a folder of stems to five mixes, as a person with a browser does it."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import Server, watched_page
from tests.browser.recordings import write_stems, write_zip
from tests.browser.steps import ANY_SONG, PATIENCE_MS, bring, choose_files, expect_ready


@pytest.fixture
def stems(tmp_path: Path) -> list[Path]:
    return write_stems(tmp_path)


@pytest.fixture(scope="module")
def mixed_song(
    browser: Browser, base_url: str, signed_in: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Address of a song with five finished mixes, for tests that look at one."""
    context = browser.new_context(base_url=base_url, storage_state=signed_in)
    for page in watched_page(context):
        bring(page, *write_stems(tmp_path_factory.mktemp("stems"), seconds=40))
        expect_ready(page, 3)
        page.get_by_role("button", name="Mix it").click()
        # Thirty seconds of a longer song sound long before the whole song does.
        expect(page.get_by_text("30 s preview").first).to_be_visible(timeout=PATIENCE_MS)
        expect(page.locator("job-progress").first).to_be_visible()
        expect(page.locator('.mix[data-state="ready"]')).to_have_count(5, timeout=PATIENCE_MS)
        expect(page.get_by_text("30 s preview")).to_have_count(0)
        yield page.url


# ---- Bringing stems ------------------------------------------------------------------------------


def test_stems_are_heard_and_their_roles_can_be_corrected(mira: Page, stems: list[Path]) -> None:
    bring(mira, *stems)
    expect_ready(mira, 3)
    role = {name: mira.get_by_label(f"Role of {name}") for name in (path.name for path in stems)}
    expect(role["01 Kick.wav"]).to_have_value("drums")
    expect(role["02 Bass DI.wav"]).to_have_value("bass")
    expect(role["03 Lead Vox.flac"]).to_have_value("vocal")
    expect(mira.locator(".track").filter(has_text="02 Bass DI.wav")).to_contain_text("48 kHz")
    with mira.expect_response("**/role/") as saved:
        role["03 Lead Vox.flac"].select_option("backing_vocal")
    assert saved.value.ok
    with mira.expect_response("**/details/") as renamed:
        mira.get_by_label("Title", exact=True).fill("Paper Boats")
    assert renamed.value.ok
    mira.reload()
    expect(mira.get_by_label("Role of 03 Lead Vox.flac")).to_have_value("backing_vocal")
    expect(mira.get_by_label("Title", exact=True)).to_have_value("Paper Boats")


def test_a_zip_becomes_a_song_named_after_it(mira: Page, stems: list[Path], tmp_path: Path) -> None:
    bring(mira, write_zip(tmp_path, stems, "Paper_Boats_Stems.zip"))
    expect_ready(mira, 3)
    expect(mira.get_by_label("Title", exact=True)).to_have_value("Paper Boats")


def test_a_folder_becomes_a_song_named_after_it(mira: Page, tmp_path: Path) -> None:
    folder = tmp_path / "Low Tide"
    (folder / "Drums").mkdir(parents=True)
    kick, *_ = write_stems(folder)
    kick.rename(folder / "Drums" / "03.wav")
    (folder / ".DS_Store").write_bytes(b"litter")
    mira.goto("/songs/new/")
    mira.get_by_label("Choose a folder").set_input_files(folder)
    expect(mira).to_have_url(ANY_SONG)
    expect_ready(mira, 3)
    expect(mira.get_by_label("Title", exact=True)).to_have_value("Low Tide")
    # The name says nothing, the folder it lies in does.
    assert mira.locator("select.role").evaluate_all(
        "fields => fields.map(field => field.value).sort()"
    ) == ["bass", "drums", "vocal"]


def test_a_file_that_is_no_audio_says_so_and_hurts_nobody(
    mira: Page, stems: list[Path], tmp_path: Path
) -> None:
    page_named_wav = tmp_path / "04 Pad.wav"
    page_named_wav.write_bytes(b"<!doctype html><html><body>Not found</body></html>" * 50)
    bring(mira, *stems, page_named_wav)
    refused = mira.locator('.upload-row[data-state="failed"]')
    expect(refused).to_contain_text("not audio")
    expect(refused.get_by_role("button", name="Retry")).to_be_hidden()
    expect_ready(mira, 3)
    refused.get_by_role("button", name="Cancel 04 Pad.wav").click()
    expect(refused).to_have_count(0)


def test_a_damaged_file_tells_what_to_do(mira: Page, stems: list[Path], tmp_path: Path) -> None:
    damaged = tmp_path / "04 Strings.flac"
    whole = stems[2].read_bytes()
    damaged.write_bytes(whole[: len(whole) // 3] + bytes(len(whole) // 3))
    bring(mira, stems[0], damaged)
    failed = mira.locator('.track[data-state="failed"]')
    expect(failed).to_contain_text("Export or copy it again", timeout=PATIENCE_MS)
    expect_ready(mira, 1)


def test_a_damaged_zip_tells_what_to_do(mira: Page, tmp_path: Path) -> None:
    broken = tmp_path / "Broken.zip"
    broken.write_bytes(b"PK\x03\x04" + bytes(300))
    bring(mira, broken)
    note = mira.locator(".upload-note")
    expect(note).to_contain_text("Pack the stems into a plain zip", timeout=PATIENCE_MS)
    note.get_by_role("button", name="Dismiss").click()
    expect(note).to_have_count(0)


def test_files_that_cannot_be_stems_are_left_out_before_they_travel(
    mira: Page, stems: list[Path], tmp_path: Path
) -> None:
    cover = tmp_path / "cover.jpg"
    cover.write_bytes(b"\xff\xd8\xff" + bytes(100))
    mira.goto("/songs/new/")
    choose_files(mira, cover)
    expect(mira.get_by_text("cover.jpg (not audio)")).to_be_visible()
    expect(mira).to_have_url(re.compile("/songs/new/$"))


def test_no_more_than_32_stems_are_sent(mira: Page, tmp_path: Path) -> None:
    kick = write_stems(tmp_path, seconds=1)[0].read_bytes()
    many = [tmp_path / f"Take {number:02}.wav" for number in range(1, 35)]
    for number, path in enumerate(many):
        # Different bytes each: the same file twice is one stem.
        path.write_bytes(kick[:-3] + number.to_bytes(3, "little"))
    bring(mira, *many)
    expect(
        mira.get_by_text("Take 33.wav (no room left), Take 34.wav (no room left)")
    ).to_be_visible()
    expect(mira.locator(".track")).to_have_count(32, timeout=PATIENCE_MS)


def test_an_upload_goes_on_after_the_connection_broke(mira: Page, tmp_path: Path) -> None:
    (long,) = write_stems(tmp_path, seconds=60)[:1]  # 7.9 MB: two pieces.
    lost = 0

    def lose_some(route: Route) -> None:
        nonlocal lost
        if route.request.method == "PATCH" and lost < 2:
            lost += 1
            route.abort("connectionreset")
        else:
            route.continue_()

    mira.route("**/api/v1/uploads/*/", lose_some)
    bring(mira, long)
    expect(mira.get_by_text("No connection. Goes on by itself.")).to_be_visible()
    expect_ready(mira, 1)
    assert lost == 2
    expect(mira.locator(".track")).to_contain_text("1:00")


def test_a_removed_stem_comes_back_by_undo_and_goes_without(mira: Page, stems: list[Path]) -> None:
    bring(mira, *stems)
    expect_ready(mira, 3)
    mira.get_by_role("button", name="Remove 01 Kick.wav").click()
    expect(mira.locator(".track:visible")).to_have_count(2)
    mira.get_by_role("button", name="Undo").click()
    expect(mira.locator(".track:visible")).to_have_count(3)
    mira.get_by_role("button", name="Remove 01 Kick.wav").click()
    # Mixing does not wait for second thoughts.
    with mira.expect_response("**/remove/"):
        mira.get_by_role("button", name="Mix it").click()
    mira.reload()
    expect(mira.locator(".track")).to_have_count(2)


def test_the_drop_zone_works_by_keyboard(mira: Page, stems: list[Path]) -> None:
    mira.goto("/songs/new/")
    with mira.expect_file_chooser() as chooser:
        mira.get_by_label("Choose files").press("Space")
    chooser.value.set_files(stems)
    expect(mira).to_have_url(ANY_SONG)


# ---- Mixing --------------------------------------------------------------------------------------


def test_five_mixes_play_and_show_their_figures(mira: Page, mixed_song: str) -> None:
    mira.goto(mixed_song)
    mixes = mira.locator(".mix")
    expect(mixes).to_have_count(5)
    for mix in mixes.all():
        true_peak = mix.locator(".facts div").filter(has_text="True peak").locator("dd")
        assert float(true_peak.inner_text().split()[0].replace("−", "-")) <= -1.0
    players = mira.locator(".mix wave-player")
    first, second = players.nth(0), players.nth(1)
    first.get_by_role("button", name="Play").click()
    expect(first.get_by_role("button", name="Pause")).to_be_visible()
    expect(first.locator(".now")).not_to_have_text("0:00")
    # One at a time: pressing play on the next one pauses the first.
    second.get_by_role("button", name="Play").click()
    expect(second.get_by_role("button", name="Pause")).to_be_visible()
    expect(first.get_by_role("button", name="Play")).to_be_visible()


def test_a_preview_plays_on_when_the_full_mix_is_ready(
    mira: Page, server: Server, tmp_path: Path
) -> None:
    bring(mira, *write_stems(tmp_path, seconds=40))
    expect_ready(mira, 3)
    # Full mixes are stopped before they begin, and one is asked for again while its preview plays.
    with server.worker_at_rest():
        mira.get_by_role("button", name="Mix it").click()
        expect(mira.locator('.mix[data-state="queued"]')).to_have_count(5)
        stop_full_mixes(mira)
    mix = mira.locator(".mix").first
    player = mix.locator("wave-player")
    player.get_by_role("button", name="Play").click(timeout=PATIENCE_MS)
    expect(player.locator(".now")).not_to_have_text("0:00")
    mix.get_by_role("button", name="Retry").click()
    preview = mix.get_by_text("30 s preview")
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while preview.count() and time.monotonic() < deadline:
        # Back from the end, which may come before the full mix does.
        player.get_by_role("slider").press("ArrowLeft")
        mira.wait_for_timeout(1_000)
    expect(preview).to_have_count(0)
    expect(player.locator(".total")).to_have_text(" / 0:30")
    player.get_by_role("button", name="Pause").click()
    expect(player.locator(".total")).to_have_text(" / 0:40")


def stop_full_mixes(page: Page) -> None:
    song = page.url.rstrip("/").rpartition("/")[2]
    mixes = page.request.get(f"/api/v1/mixes/?song={song}&section=full").json()["results"]
    token = next(c["value"] for c in page.context.cookies() if c["name"] == "csrftoken")
    for mix in mixes:
        answer = page.request.post(
            f"/api/v1/mixes/{mix['id']}/cancel/", headers={"X-CSRFToken": token}
        )
        assert answer.ok, answer.text()
    assert len(mixes) == 5


def test_a_player_seeks_by_keyboard(mira: Page, mixed_song: str) -> None:
    mira.goto(mixed_song)
    position = mira.locator(".mix wave-player").first.get_by_role("slider")
    position.press("ArrowRight")
    position.press("ArrowRight")
    expect(position).to_have_attribute("aria-valuenow", "10")
    position.press("ArrowLeft")
    expect(position).to_have_attribute("aria-valuenow", "5")


def test_a_mix_is_downloaded_as_flac(mira: Page, mixed_song: str) -> None:
    mira.goto(mixed_song)
    mix = mira.locator(".mix").first
    mix.get_by_text("Download").click()
    with mira.expect_download() as download:
        mix.get_by_role("button", name="FLAC, 24-bit").click()
    assert Path(download.value.path()).read_bytes().startswith(b"fLaC")
    assert download.value.suggested_filename.endswith(".flac")


def test_a_file_that_has_to_be_made_is_waited_for(mira: Page, mixed_song: str) -> None:
    mira.goto(mixed_song)
    mix = mira.locator(".mix").nth(1)
    mix.get_by_text("Download").click()
    with mira.expect_download(timeout=PATIENCE_MS) as download:
        mix.get_by_role("button", name="WAV, 24-bit").click()
    content = Path(download.value.path()).read_bytes()
    assert content[:4] == b"RIFF"
    assert content[8:12] == b"WAVE"


def test_settings_of_a_mix_are_drawn(mira: Page, mixed_song: str) -> None:
    mira.goto(mixed_song)
    mira.locator(".mix").first.get_by_role("link", name="Settings").click()
    expect(mira.get_by_role("heading", level=1)).to_contain_text("What")
    expect(mira.locator(".console-strip")).to_have_count(4)  # Three stems and the master.


def test_progress_arrives_by_polling_when_sockets_do_not_work(
    mira: Page, stems: list[Path]
) -> None:
    mira.route_web_socket("**/ws/", lambda socket: socket.close())
    bring(mira, *stems)
    expect_ready(mira, 3)
    mira.get_by_role("button", name="Mix it").click()
    expect(mira.locator('.mix[data-state="ready"]')).to_have_count(5, timeout=PATIENCE_MS)


def test_a_song_is_deleted_after_a_question(mira: Page, stems: list[Path]) -> None:
    bring(mira, stems[0])
    expect_ready(mira, 1)
    address = mira.url
    mira.get_by_label("More about this song").click()
    mira.get_by_role("link", name="Delete this song").click()
    question = mira.get_by_role("dialog")
    expect(question).to_contain_text("cannot be undone")
    question.get_by_role("link", name="Keep it").click()
    expect(question).to_be_hidden()
    mira.get_by_label("More about this song").click()
    mira.get_by_role("link", name="Delete this song").click()
    question.get_by_role("button", name="Delete it").click()
    expect(mira.get_by_text("is deleted, with its stems and mixes")).to_be_visible()
    assert mira.goto(address).status == 404  # type: ignore[union-attr]
