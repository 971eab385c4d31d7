"""The whole story by the services, with real audio: votes, a taste, a mixer that moves that way."""

import numpy as np
import pytest
from celery import current_app
from django.utils import timezone
from numpy.typing import NDArray

from accounts.models import User
from evolution import personal, selectors, slots
from evolution.models import Promotion
from evolution.promotion_test import PERSONAL
from mixing import services as mixing_services
from mixing.audio import SAMPLE_RATE
from mixing.audio.decoding import load
from mixing.audio.loudness import integrated_lufs
from mixing.models import Mix, Mixer, OutboxMessage, Song
from mixing.storage import media_path
from tests.evolution import building
from tests.mixing.conftest import run_commit_hooks
from tests.tournaments.conftest import Clock, hear
from tournaments import services
from tournaments.models import Battle, Tournament

VOTES = 20


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock)
    return clock


def work() -> None:
    """All that waits, mixing too, as workers would do it."""
    run_commit_hooks()
    while message := OutboxMessage.objects.order_by("pk").first():
        message.delete()
        current_app.tasks[message.task](*message.args)
        run_commit_hooks()


def audio_of(mix: Mix) -> NDArray[np.float32]:
    return load(media_path(mix.audio_file))


def brightness(audio: NDArray[np.float32]) -> float:
    """dB of everything above 2 kHz over everything below, of what really sounds."""
    power = np.abs(np.fft.rfft(audio.mean(axis=0))) ** 2
    hz = np.fft.rfftfreq(audio.shape[1], 1 / SAMPLE_RATE)
    return float(10 * np.log10(power[hz > 2000].sum() / power[(hz > 40) & (hz <= 2000)].sum()))


def previews(song: Song, by: User, mixers: list[Mixer]) -> dict[Mixer, Mix]:
    mixes = mixing_services.request_mixes(song=song, by=by, mixers=mixers)
    work()
    found = Mix.objects.filter(pk__in=[mix.pk for mix in mixes], section=Mix.Section.PREVIEW)
    return {mix.mixer: mix for mix in found.select_related("mixer")}


def listen_and_vote(tournament: Tournament, clock: Clock, votes: int) -> int:
    """Vote for the brighter sound, as measured on the audio that plays."""
    cast = 0
    while cast < votes:
        battle = services.next_battle(tournament=tournament, listener=tournament.owner)
        if battle is None:
            break
        hear(battle, clock)
        heard = [brightness(audio_of(side)) for side in sides(battle)]
        choice = "a" if heard[0] > heard[1] else "b"
        services.cast_vote(battle=battle, listener=tournament.owner, choice=choice)
        cast += 1
        clock.advance(120)
        work()
    return cast


def sides(battle: Battle) -> list[Mix]:
    assert battle.mix_a is not None
    assert battle.mix_b is not None
    found = [battle.mix_a.preview, battle.mix_b.preview]
    assert found[0] is not None
    assert found[1] is not None
    return [mix for mix in found if mix is not None]


@pytest.mark.slow
def test_twenty_votes_for_bright_mixes_end_with_a_brighter_mixer(
    listener: User,
    songs: list[Song],
    house: list[Mixer],
    clock: Clock,
) -> None:
    cast = 0
    while cast < VOTES:
        tournament = services.start_tournament(owner=listener, song=songs[cast % 2])
        work()
        done = listen_and_vote(tournament, clock, VOTES - cast)
        assert done, "A tournament without a battle."
        cast += done
    taste = selectors.my_taste(listener)
    assert taste.votes >= VOTES - 2
    sure = [claim.words for claim in taste.sure_claims]
    assert "brighter" in sure or "brighter vocals" in sure or "airier" in sure
    assert taste.generation is not None
    own = slots.personal_mixer(listener.pk)
    assert own is not None
    # The next upload is mixed by it first, and audibly that way: measured on the rendered audio.
    for song in songs:
        mixes = mixing_services.request_mixes(song=song, by=listener)
        assert mixes[0].mixer == own
        rendered = previews(song, listener, [own, house[0]])
        mine, everybodys = (audio_of(rendered[mixer]) for mixer in (own, house[0]))
        assert brightness(mine) > brightness(everybodys) + 0.5
        # Not by being louder.
        levels = [integrated_lufs(audio, SAMPLE_RATE) for audio in (mine, everybodys)]
        assert abs(levels[0] - levels[1]) < 1.0
    # Its challengers come along to the next tournament, the own mixer among them.
    tournament = services.start_tournament(owner=listener, song=songs[0])
    invited = {entry.mixer for entry in tournament.entries.all()}
    assert own in invited
    assert {mixer for mixer in invited if mixer is not None and mixer.owner_id} >= {own}
    # And it is taken back when it loses afterwards.
    for _ in range(3 * PERSONAL.fresh_votes):
        clock.advance(60)
        building.judge(listener, songs[0], (own, slots.incumbent()), 0.0)
    personal.settle(listener)
    assert slots.personal_mixer(listener.pk) != own
    assert Promotion.objects.filter(kind=Promotion.Kind.ROLLBACK, from_mixer=own).exists()
