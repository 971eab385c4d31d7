"""Songs that are mixed already: real rows by the real services, real audio made here."""

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import timezone
from numpy.typing import NDArray
from pytest_django.fixtures import Settings as DjangoSettings

from accounts.models import User
from mixing import services as mixing_services
from mixing.audio import SAMPLE_RATE
from mixing.audio.encoding import write_flac
from mixing.audio.loudness import integrated_lufs, true_peak_dbtp
from mixing.audio.parameters import Settings
from mixing.jobs import JobState
from mixing.models import Mix, Mixer, Song, Stem
from mixing.storage import media_path, song_folder
from tournaments import services
from tournaments.models import Battle, Tournament, Vote

NAMES = ("Balanced", "Bright", "Punchy", "Spacious", "Warm")
LEVELS_DB = {"Balanced": -3.0, "Bright": 0.0, "Punchy": 2.0, "Spacious": -9.0, "Warm": -6.0}


@pytest.fixture(autouse=True)
def _own_media(settings: DjangoSettings) -> Iterator[None]:
    """Every test has its own files, which go with it."""
    with tempfile.TemporaryDirectory() as folder:
        settings.MEDIA_ROOT = Path(folder)
        yield


class Clock:
    """The time everything sees; it stands still until told to move."""

    def __init__(self) -> None:
        self.now = timezone.now()

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock


def make_mixer(name: str, **fields: Any) -> Mixer:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return Mixer.objects.create(
        name=name,
        slug=name.lower(),
        status=Mixer.Status.LISTED,
        architecture="head",
        encoder_version="1",
        genome_sha256=digest,
        head_onnx_sha256=digest,
        encoder_onnx_sha256=digest,
        **fields,
    )


def make_song(owner: User, *, seconds: float = 3.0, **fields: Any) -> Song:
    """A song with one stem, heard and ready to mix."""
    frames = round(seconds * SAMPLE_RATE)
    song = Song.objects.create(
        owner=owner,
        title=fields.pop("title", "Song"),
        status=Song.Status.READY,
        frames=2 * frames,
        section_start=frames // 2,
        section_stop=frames // 2 + frames,
        **fields,
    )
    digest = hashlib.sha256(str(song.pk).encode()).hexdigest()
    Stem.objects.create(
        song=song,
        position=0,
        name="Guitar",
        role="guitar",
        state=JobState.READY,
        source_sha256=digest,
        fingerprint=digest,
        channels=1,
        frames=2 * frames,
        lufs=-20.0,
        peaks=[-50, 60] * 1200,
    )
    return song


def audio_of(mixer: str, frames: int) -> NDArray[np.float32]:
    """Stereo noise whose colour and level are the mixer's own, peaking below full scale."""
    seed = int(hashlib.sha256(mixer.encode()).hexdigest()[:8], 16)
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((2, frames)).astype(np.float32)
    colour = 1 + seed % 7
    smooth = np.stack([np.convolve(row, np.ones(colour) / colour, "same") for row in noise])
    level = 0.2 * 10 ** (LEVELS_DB.get(mixer, 0.0) / 20) / smooth.std()
    return np.clip(smooth * level, -0.85, 0.85).astype(np.float32)


@cache
def rendered(mixer: str, frames: int) -> tuple[bytes, float, float]:
    """The FLAC file, its LUFS and its true peak: made once for all tests."""
    audio = audio_of(mixer, frames)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mix.flac"
        write_flac(audio, path)
        file = path.read_bytes()
    return file, integrated_lufs(audio, SAMPLE_RATE), true_peak_dbtp(audio, SAMPLE_RATE)


def render(mix: Mix) -> Mix:
    """What a worker would do, with noise for music (of full mixes only the section)."""
    song = mix.song
    frames = (song.section_stop or 0) - (song.section_start or 0)
    file, mix.lufs, mix.true_peak_dbtp = rendered(mix.mixer.name, frames)
    mix.audio_file = f"{song_folder(song.pk)}/{mix.pk}.flac"
    mix.audio_sha256 = hashlib.sha256(file).hexdigest()
    path = media_path(mix.audio_file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file)
    mix.state = JobState.READY
    mix.frames = frames
    mix.settings = Settings.default(1).to_json()
    mix.save()
    return mix


def mix_all(song: Song, by: User, *, but: Sequence[str] = ()) -> list[Mix]:
    """Every listed mixer's previews and full mixes, ready, except those of the mixers in `but`."""
    mixes = mixing_services.request_mixes(song=song, by=by)
    for mix in mixes:
        if mix.mixer.name not in but and not mix.is_ready():
            render(mix)
    return mixes


@pytest.fixture
def mixers(db: None) -> list[Mixer]:
    return [make_mixer(name) for name in NAMES]


@pytest.fixture
def song(owner: User, mixers: list[Mixer]) -> Song:
    """A song of the owner whose mixes are all ready; clips last three seconds."""
    song = make_song(owner)
    mix_all(song, owner)
    return song


@pytest.fixture
def tournament(song: Song, owner: User) -> Tournament:
    return services.start_tournament(owner=owner, song=song, battle_budget=7)


@pytest.fixture
def battle(tournament: Tournament, owner: User) -> Battle:
    battle = services.next_battle(tournament=tournament, listener=owner)
    assert battle is not None
    return battle


def hear(battle: Battle, clock: Clock, *, seconds: float = 6.0) -> None:
    """Play both sides for so long, as a player would tell it."""
    for side in ("a", "b"):
        services.record_listening(
            battle=battle,
            listener=battle.listener,
            event="play" if side == "a" else "switch",
            side=side,
        )
        for _ in range(round(seconds / 2)):
            clock.advance(2)
            services.record_listening(
                battle=battle, listener=battle.listener, event="tick", side=side
            )


@pytest.fixture
def heard(battle: Battle, clock: Clock) -> Battle:
    """A battle of which enough was heard to vote."""
    hear(battle, clock)
    return battle


def play(
    tournament: Tournament,
    clock: Clock,
    choose: Callable[[Battle], str] = lambda battle: "a",
    *,
    battles: int | None = None,
) -> list[Vote]:
    """Hear and decide battles until none is left, or so many."""
    votes: list[Vote] = []
    while battles is None or len(votes) < battles:
        battle = services.next_battle(tournament=tournament, listener=tournament.owner)
        if battle is None:
            break
        hear(battle, clock)
        vote, _ = services.cast_vote(
            battle=battle, listener=tournament.owner, choice=choose(battle)
        )
        votes.append(vote)
    return votes
