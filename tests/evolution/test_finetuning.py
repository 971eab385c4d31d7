"""House mixers learn from those who beat them, and nothing gets worse unseen."""

import json
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from evolution import beliefs, finetuning, registry
from evolution.finetuning import Regression
from evolution.models import Promotion
from evolution.registry import Birth
from mixing.house_mixers import install_house_mixers
from mixing.models import Mixer, Slot, Song
from mixing.networks.checkpoints import shipped_genome
from mixing.networks.population import positions
from tests.evolution.building import judge, make_songs
from tournaments.judgements import comparisons


@pytest.fixture
def winner(house: list[Mixer]) -> Mixer:
    """A community mixer bred from bright and warm."""
    genome = np.mean([shipped_genome("bright"), shipped_genome("punchy")], axis=0)
    birth = Birth(name="Bred", slug="bred", status=Mixer.Status.LISTED)
    return registry.add_mixer(np.asarray(genome, np.float32), house[0], birth)


@pytest.fixture
def demos(owner: User, house: list[Mixer]) -> list[Song]:
    songs = make_songs(owner, 3)
    songs[0].demo_slug = "demo"
    songs[0].save(update_fields=["demo_slug"])
    return songs


@pytest.fixture
def beaten(house: list[Mixer]) -> Mixer:
    return next(mixer for mixer in house if mixer.slug == "warm")


@pytest.fixture
def votes(
    demos: list[Song], winner: Mixer, beaten: Mixer, listener: User, stranger: User
) -> list[Song]:
    """Two people prefer the bred mixer to Warm on three songs, four times each."""
    for song in demos[:3]:
        for who in (listener, stranger):
            for _ in range(4):
                judge(who, song, (winner, beaten), 1.0)
    beliefs.refresh_crowd()
    return demos[:3]


def test_a_winner_becomes_a_candidate_of_the_house(
    votes: list[Song], beaten: Mixer, winner: Mixer
) -> None:
    taught = finetuning.teach(beaten)
    assert (taught.lessons, taught.reason) == (3, "")
    assert taught.mixer is not None
    mixer = Mixer.objects.get(pk=taught.mixer.pk)
    assert (mixer.status, mixer.origin, mixer.owner) == ("candidate", "trained", None)
    assert set(mixer.parents.all()) == {beaten, winner}
    before, after, aim = (
        _consoles(registry.genome_of_mixer(m), votes[0]) for m in (beaten, mixer, winner)
    )
    assert np.abs(after - aim).mean() < 0.5 * np.abs(before - aim).mean()
    # The same votes teach the same: nothing new, nothing examined twice.
    again = finetuning.teach(beaten)
    assert again.mixer == mixer
    assert "before" in again.reason


def test_without_enough_wins_nothing_is_taught(votes: list[Song], house: list[Mixer]) -> None:
    bright = next(mixer for mixer in house if mixer.slug == "bright")
    assert finetuning.teach(bright).mixer is None
    one_listener = [v for v in comparisons() if v.listener_id == comparisons()[0].listener_id]
    assert finetuning.wins_against(house[0], one_listener) == []


def test_private_songs_and_personal_mixers_teach_nobody(
    votes: list[Song], beaten: Mixer, winner: Mixer, listener: User
) -> None:
    votes[0].visibility = Song.Visibility.PRIVATE
    votes[0].save(update_fields=["visibility"])
    assert len(finetuning.wins_against(beaten, comparisons())) == 2
    Mixer.objects.filter(pk=winner.pk).update(owner=listener)
    assert finetuning.wins_against(beaten, comparisons()) == []


def test_what_gets_worse_is_quarantined_with_the_reason(
    votes: list[Song], beaten: Mixer, monkeypatch: pytest.MonkeyPatch
) -> None:
    worse = Regression(harm=(0.0, 0.01), replay=(0.5, 0.4))
    monkeypatch.setattr(finetuning, "compare", lambda *_: worse)
    taught = finetuning.teach(beaten)
    assert taught.mixer is not None
    assert taught.mixer.status == Mixer.Status.QUARANTINED
    decision = Promotion.objects.get(from_mixer=taught.mixer)
    assert decision.rule == finetuning.RULE
    assert "40.0%" in decision.reason
    assert "before" in finetuning.teach(beaten).reason, "it is not examined again"


def test_the_replay_prefers_what_voters_preferred(
    votes: list[Song], beaten: Mixer, house: list[Mixer]
) -> None:
    cast = comparisons()
    brighter = finetuning.compare(shipped_genome("bright"), beaten, cast).replay
    same = finetuning.compare(shipped_genome("warm"), beaten, cast)
    assert brighter is not None
    assert brighter[1] > brighter[0]
    assert same.replay is not None
    assert same.replay[0] == pytest.approx(same.replay[1], abs=1e-6)
    assert same.reason == ""


def test_faults_are_a_regression(votes: list[Song], beaten: Mixer) -> None:
    broken = 3.0 * shipped_genome("warm")
    found = finetuning.compare(broken, beaten, [])
    assert found.replay is None
    assert found.harm[1] > found.harm[0] + finetuning.HARM_ROOM
    assert "faults" in found.reason


def test_the_command_and_the_next_install_keep_what_was_decided(
    votes: list[Song], beaten: Mixer
) -> None:
    out = StringIO()
    call_command("finetune_mixers", "--mixer", "warm", stdout=out)
    told = json.loads(out.getvalue())
    assert (told["house"], told["lessons"], told["status"]) == ("warm", 3, "candidate")
    taught = Mixer.objects.get(pk=told["candidate"])
    Slot.objects.filter(name="house:warm").update(mixer=taught)
    Mixer.objects.filter(pk=beaten.pk).update(status=Mixer.Status.RETIRED)
    install_house_mixers()
    assert Slot.objects.get(name="house:warm").mixer == taught
    beaten.refresh_from_db()
    assert beaten.status == Mixer.Status.RETIRED
    with pytest.raises(CommandError, match="no house mixer"):
        call_command("finetune_mixers", "--mixer", "jazz")


def _consoles(genome: np.ndarray, song: Song) -> np.ndarray:
    from mixing import listening

    mixer = Mixer.objects.filter(slug="warm").first()
    assert mixer is not None
    embeddings = listening.hear(song, list(song.stems.ready()), mixer)
    return positions(genome[None], embeddings)[0][0]
