"""Evolution from the command line: the same services, readable answers, honest failures."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from evolution import beliefs, personal, slots
from evolution.models import EvolutionRun, Generation, PreferenceModel, Promotion
from mixing.models import Mixer, Song
from tests.evolution import building
from tests.evolution.building import likes
from tests.tournaments.conftest import make_mixer

BRIGHT = likes(brightness=4.0, air=2.0)


def run(name: str, *args: Any, **options: Any) -> str:
    out = io.StringIO()
    call_command(name, *args, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def candidate(mixers: list[Mixer], plain_song: Song) -> Mixer:
    mixer = make_mixer("Candidate")
    Mixer.objects.filter(pk=mixer.pk).update(status=Mixer.Status.CANDIDATE)
    mixer.refresh_from_db()
    building.mix_of(plain_song, mixer)
    return mixer


def test_one_listener_is_evolved_and_run_again(
    listener: User, songs: list[Song], house: list[Mixer]
) -> None:
    building.listen(listener, songs, house, BRIGHT, 8)
    said = run("evolve_once", listener=listener.email)
    generation = Generation.objects.get(number=1)
    assert said == f"8 votes, version 1; {generation}.\n"
    assert "nothing new" in run("evolve_once", listener=listener.email)
    assert "identical" in run("rerun_generation", str(generation.pk))
    EvolutionRun.objects.update(seed=1)
    with pytest.raises(CommandError, match="other genomes"):
        run("rerun_generation", str(generation.pk))
    with pytest.raises(CommandError, match="founders"):
        run("rerun_generation", str(Generation.objects.get(number=0).pk))


def test_everybody_is_evolved_on_demand(
    listener: User, songs: list[Song], house: list[Mixer]
) -> None:
    assert "Nothing was due" in run("evolve_once")
    building.listen(listener, songs, house, BRIGHT, 12)
    assert "Bred: overall, generation 1" in run("evolve_once", force=True)
    assert Mixer.objects.filter(owner=None, status=Mixer.Status.CANDIDATE).exists()


def test_review_promote_and_roll_back(candidate: Mixer, mixers: list[Mixer]) -> None:
    assert candidate.name in run("review_mixers")
    (row,) = json.loads(run("review_mixers", json=True))
    assert row["mixer"]["id"] == str(candidate.pk)
    assert "Balanced → Candidate" in run("promote_mixer", str(candidate.pk), reason="It won.")
    assert slots.incumbent() == candidate
    assert "Candidate → Balanced" in run("rollback_slot", reason="It did not.")
    assert Promotion.objects.count() == 2
    assert "No candidate" in run("review_mixers")


def test_what_cannot_be_done_says_why(candidate: Mixer) -> None:
    with pytest.raises(CommandError, match="nothing_to_roll_back"):
        run("rollback_slot", reason="Why not.")
    with pytest.raises(CommandError, match="bad_slot"):
        run("promote_mixer", str(candidate.pk), slot="x", reason="Why not.")
    with pytest.raises(CommandError, match="no such mixer"):
        run("promote_mixer", "7e57d004-2b97-4e7a-b45f-5387367791cd", reason="Why not.")
    with pytest.raises(CommandError, match="places are"):
        run("review_mixers", slot="x")
    with pytest.raises(CommandError, match="no account"):
        run("evolve_once", listener="nobody@example.org")
    with pytest.raises(CommandError, match="no account"):
        run("reset_taste", "nobody@example.org")


def test_a_taste_is_reset_on_request(listener: User, songs: list[Song], house: list[Mixer]) -> None:
    building.listen(listener, songs, house, BRIGHT, 4)
    beliefs.refresh_taste(listener)
    assert "forgotten" in run("reset_taste", listener.email)
    assert not PreferenceModel.objects.exists()
    run("reset_taste", listener.email, delete=True)
    with pytest.raises(CommandError, match="paused"):
        run("evolve_once", listener=listener.email)
    assert personal.learn(listener.pk) is None
