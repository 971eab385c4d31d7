"""A listener who likes it bright: twenty votes, a taste that says so, suggestions to hear, a mixer
of one's own, and an admin who promotes what was bred and takes it back."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from playwright.sync_api import Browser, Locator, Page, expect

from mixing.audio.loudness import integrated_lufs
from tests.browser.conftest import watched_page
from tests.browser.steps import PATIENCE_MS, overflow, serious_faults
from tests.services.installation import Installation

# Two songs with a listener who has judged them blind through the services, always for the brighter
# sound as measured on the clips; then all waits for the worker.
STORY = """
import time
import numpy as np
from accounts.models import User
from evolution import slots
from mixing import services as mixing_services
from mixing.audio.decoding import load
from mixing.models import Mix, Mixer, Song
from mixing.storage import media_path
from tests.mixing.making import BASS, KICK, VOX, Part, ready_song
from tournaments import services
from tournaments.models import Listening, Tournament, Vote

KEYS = Part("Keys.wav", 523.0, channels=2)
person = User.objects.get(email="studio@example.org")
songs = [
    ready_song(person, parts, title=title, visibility="public", demo_slug=title.lower())
    for title, parts in (("Harbour", (KICK, BASS, KEYS, VOX)), ("Lantern", (KICK, KEYS, VOX)))
]

def brightness(mix):
    audio = load(media_path(mix.audio_file)).mean(axis=0)
    power = np.abs(np.fft.rfft(audio)) ** 2
    hz = np.fft.rfftfreq(len(audio), 1 / 44100)
    return power[hz > 2000].sum() / power[(hz > 40) & (hz <= 2000)].sum()

def wait(ready, what):
    deadline = time.monotonic() + 90
    while not ready():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)

for song in songs:
    mixing_services.request_mixes(song=song, by=person)
wait(lambda: not Mix.objects.exclude(state="ready").exists(), "mixes")

def votes():
    return Vote.objects.filter(listener=person).count()

while votes() < 20:
    song = songs[Tournament.objects.count() % 2]
    tournament = services.start_tournament(owner=person, song=song, battle_budget=10)
    wait(lambda: not Mix.objects.filter(song=song).exclude(state="ready").exists(), "mixes")
    while votes() < 20:
        battle = services.next_battle(tournament=tournament, listener=person)
        if battle is None:
            break
        Listening.objects.filter(battle=battle).update(heard_a_ms=9000, heard_b_ms=9000)
        sides = brightness(battle.mix_a.preview), brightness(battle.mix_b.preview)
        choice = "a" if sides[0] > sides[1] else "b"
        services.cast_vote(battle=battle, listener=person, choice=choice)
    tournament.refresh_from_db()
    if tournament.is_open():
        services.close_tournament(tournament=tournament, by=person)

wait(lambda: slots.personal_mixer(person.pk) is not None, "personal mixer")
mixing_services.request_mixes(song=songs[0], by=person)
wait(lambda: not Mix.objects.exclude(state="ready").exists(), "mixes")
mix = Mix.objects.get(song=songs[0], mixer__slug="balanced", section="preview", overrides={})
answer = {"mix": str(mix.pk), "song": str(songs[0].pk)}
"""

# What the nightly task does when there are enough listeners, and somebody to judge it.
BREED = """
from importlib import import_module
from django.conf import settings
from accounts.models import User
from evolution import community
from mixing.models import Mixer
generation = community.breed(force=True)
staff = User.objects.create_superuser("ada@example.org", "correct horse 8", name="Ada")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session.update({
    "_auth_user_id": str(staff.pk),
    "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
    "_auth_user_hash": staff.get_session_auth_hash(),
})
session.save()
answer = {"session": session.session_key}
"""


@pytest.fixture(scope="module")
def product(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation of this story's own: its champion changes, and its songs are public."""
    product = Installation(installed, tmp_path_factory.mktemp("taste"))
    product.start()
    try:
        yield product
    finally:
        product.stop()


@pytest.fixture(scope="module")
def told(product: Installation) -> dict[str, str]:
    """The votes are cast and learnt; where the story's song and mix are."""
    answer: dict[str, str] = product.ask(STORY)
    return answer


def window(
    browser: Browser, product: Installation, session: str, width: int = 1280
) -> Iterator[Page]:
    """Somebody who is logged in; script errors fail the test."""
    address = f"http://127.0.0.1:{product.port}"
    context = browser.new_context(base_url=address, viewport={"width": width, "height": 800})
    context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
    yield from watched_page(context)


@pytest.fixture
def listener(browser: Browser, product: Installation, told: dict[str, str]) -> Iterator[Page]:
    yield from window(browser, product, product.person["session"])


def sound(page: Page, player: Locator) -> NDArray[np.float32]:
    """(channels, frames) of what the player plays."""
    source = player.get_attribute("src")
    assert source is not None
    samples, rate = soundfile.read(
        io.BytesIO(page.request.get(source).body()), dtype="float32", always_2d=True
    )
    assert rate == 44_100
    return np.ascontiguousarray(samples.T)


def brightness(audio: NDArray[np.float32]) -> float:
    """dB of everything above 2 kHz over everything below."""
    power = np.abs(np.fft.rfft(audio.mean(axis=0))) ** 2
    hz = np.fft.rfftfreq(audio.shape[1], 1 / 44_100)
    return float(10 * np.log10(power[hz > 2000].sum() / power[(hz > 40) & (hz <= 2000)].sum()))


def test_twenty_votes_name_a_taste_and_give_a_mixer(listener: Page) -> None:
    listener.goto("/taste/")
    sure = listener.locator(".claim:not(.guess) .claim-words strong")
    words = re.compile(r"^(Brighter|Airier|Brighter vocals)$")
    expect(sure.filter(has_text=words).first).to_be_visible()
    expect(listener.locator(".own-mixer h3")).to_contain_text("Your mixer")
    listener.get_by_text("Votes behind it").first.click()
    behind = listener.locator(".claim-votes[open] a").first
    expect(behind).to_have_text(re.compile("Harbour|Lantern"))
    assert serious_faults(listener) == []
    listener.get_by_role("link", name="Family tree and generations").click()
    expect(listener.locator(".family-node.heard").first).to_be_visible()
    assert serious_faults(listener) == []


def test_what_the_taste_suggests_can_be_heard_and_is_brighter(
    listener: Page, told: dict[str, str]
) -> None:
    listener.goto(f"/songs/{told['song']}/")
    listener.locator('.mix[data-mixer="balanced"]').get_by_role("link", name="For my taste").click()
    first = listener.locator(".suggestion").first
    first.get_by_role("button", name="Hear").click()
    # The page asks by itself until the preview is there.
    player = listener.locator(".suggestion").first.locator("wave-player")
    expect(player).to_be_visible(timeout=PATIENCE_MS)
    assert serious_faults(listener) == []
    before = sound(listener, listener.locator("wave-player").first)
    after = sound(listener, player)
    moved = brightness(after) - brightness(before)
    assert moved > 0.3
    levels = [integrated_lufs(audio, 44_100) for audio in (before, after)]
    assert abs(levels[0] - levels[1]) < 1.0


def test_the_own_mixer_sounds_brighter_than_everybodys(
    listener: Page, told: dict[str, str]
) -> None:
    listener.goto(f"/songs/{told['song']}/")
    own = listener.locator(".mix", has_text="Your mixer").first.locator("wave-player")
    expect(own).to_be_visible(timeout=PATIENCE_MS)
    everybodys = listener.locator('.mix[data-mixer="balanced"] wave-player')
    mine, theirs = sound(listener, own), sound(listener, everybodys)
    assert brightness(mine) > brightness(theirs) + 0.3


def test_pausing_and_forgetting(listener: Page) -> None:
    listener.goto("/taste/")
    listener.get_by_role("button", name="Pause learning").click()
    expect(listener.get_by_text("Learning is paused.")).to_be_visible()
    listener.get_by_role("button", name="Continue").click()
    expect(listener.get_by_text("Learning is paused.")).to_be_hidden()
    listener.get_by_role("link", name="Forget my taste").click()
    expect(listener.get_by_role("heading", name="Forget my taste?")).to_be_visible()
    listener.get_by_role("link", name="Keep it").click()
    expect(listener.locator(".own-mixer")).to_be_visible()


@pytest.mark.slow
def test_an_admin_promotes_what_was_bred_and_takes_it_back(
    browser: Browser, product: Installation, told: dict[str, str]
) -> None:
    session = product.ask(BREED)["session"]
    for page in window(browser, product, session):
        page.goto("/review/")
        expect(page.get_by_role("heading", name="All music: Balanced")).to_be_visible()
        candidate = page.locator(".review").first
        candidate.get_by_role("button", name="Make listening copies").click()
        ready = page.locator(".review", has=page.locator('button[value="promote"]:enabled')).first
        for _ in range(120):
            if ready.count():
                break
            page.wait_for_timeout(500)
            page.reload()
        assert serious_faults(page) == []
        name = ready.locator("h3").inner_text()
        ready.get_by_label("Why, in a sentence").fill("Clearer on every demo song.")
        ready.get_by_role("button", name="Promote").click()
        expect(page.get_by_role("heading", name=f"All music: {name}")).to_be_visible()
        page.get_by_text("Roll back", exact=True).click()
        page.get_by_label("Why, in a sentence").first.fill("People complain.")
        page.get_by_role("button", name="Give the place back").click()
        expect(page.get_by_role("heading", name="All music: Balanced")).to_be_visible()
        trail = page.locator(".trail li")
        expect(trail.nth(0)).to_contain_text("People complain.")
        expect(trail.nth(1)).to_contain_text("Clearer on every demo song.")
    for page in window(browser, product, session, width=360):
        for path in ("/review/", "/taste/", "/families/", f"/mixes/{told['mix']}/suggestions/"):
            page.goto(path)
            assert overflow(page) == [], path
