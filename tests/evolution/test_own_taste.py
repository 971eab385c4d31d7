"""What a listener decides about their taste, and what becomes of it when people come and go."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from accounts import services as accounts
from accounts.models import User
from evolution import beliefs, own_taste, personal, registry, services, slots
from evolution.models import (
    EvolutionRun,
    Generation,
    HoldBack,
    Individual,
    PreferenceModel,
    TasteSettings,
)
from evolution.packing import unpack
from evolution.preference import Taste
from mixing.models import Mix, Mixer, Slot, Song
from tests.evolution import building
from tests.evolution.building import likes
from tests.evolution.conftest import Work
from tests.mixing.conftest import run_commit_hooks
from tournaments.models import Tournament, Vote

BRIGHT = likes(brightness=4.0, air=2.0)


@pytest.fixture
def learnt(listener: User, songs: list[Song], house: list[Mixer]) -> Mixer:
    """The personal mixer of a listener of whom something was learnt and bred."""
    building.listen(listener, songs, house, BRIGHT, 12)
    personal.learn(listener.pk)
    personal.breed_for(listener.pk)
    slot = slots.personal_slot(listener.pk)
    if slots.holder(slot) is None:
        first = Mixer.objects.filter(owner=listener).order_by("name").first()
        assert first is not None
        slots.move(slot, first, slots.Decision("For the test."), expected=None)
    own = slots.holder(slot)
    assert own is not None
    return own


def of(listener: User) -> list[int]:
    """How much there is of a listener, kind by kind."""
    return [
        PreferenceModel.objects.filter(listener=listener).count(),
        EvolutionRun.objects.filter(listener=listener).count(),
        Generation.objects.filter(run__listener=listener).count(),
        Individual.objects.filter(generation__run__listener=listener).count(),
        Slot.objects.filter(name=slots.personal_slot(listener.pk)).count(),
    ]


def test_reset_forgets_everything_and_starts_from_the_crowd(
    listener: User, songs: list[Song], learnt: Mixer, work: Work
) -> None:
    work()
    heard = building.mix_of(songs[0], learnt)
    unheard = Mixer.objects.filter(owner=listener, status=Mixer.Status.CANDIDATE).first()
    assert unheard is not None
    services.reset_taste(listener=listener)
    work()
    assert of(listener) == [0, 0, 0, 0, 0]
    # What may still be heard stays; a mixer that made nothing is gone, and all weights are.
    heard.refresh_from_db()
    learnt.refresh_from_db()
    assert learnt.status == Mixer.Status.RETIRED
    assert not Mixer.objects.filter(pk=unheard.pk).exists()
    root = Path(django_settings.MODELS_ROOT)
    assert not list(root.glob(f"{registry.PREFIX}-*"))
    # Old votes teach nothing any more, new ones do.
    assert Vote.objects.filter(listener=listener).count() == 12
    assert beliefs.refresh_taste(listener).votes == 0
    building.choose(listener, songs[0], (learnt, learnt_rival()), likes(brightness=-1.0))
    assert beliefs.refresh_taste(listener).votes == 1


def learnt_rival() -> Mixer:
    return slots.incumbent()


def test_deleting_also_pauses(listener: User, learnt: Mixer, work: Work) -> None:
    services.delete_taste(listener=listener)
    work()
    assert of(listener) == [0, 0, 0, 0, 0]
    assert own_taste.settings_of(listener).paused
    assert personal.learn(listener.pk) is None


def test_the_export_holds_settings_model_and_weights(listener: User, learnt: Mixer) -> None:
    data = services.export_taste(listener)
    assert data == services.export_taste(listener)
    archive = zipfile.ZipFile(io.BytesIO(data))
    document = json.loads(archive.read("taste.json"))
    assert (document["votes"], document["paused"]) == (12, False)
    assert document["personal_mixer"] == str(learnt.pk)
    assert len(document["weights"]["linear"]) == len(document["descriptors"])
    known = beliefs.taste_of(listener).posterior
    exported = Taste.from_arrays(unpack(archive.read("model.safetensors")))
    assert exported.mean.tolist() == known.mean.tolist()
    assert document["weights"]["linear"] == known.mean[: len(document["descriptors"])].tolist()
    name = f"mixers/{learnt.pk}.safetensors"
    path = Path(django_settings.MODELS_ROOT) / learnt.genome_file
    assert archive.read(name) == path.read_bytes()


def test_somebody_new_can_take_away_what_little_there_is(listener: User, db: None) -> None:
    archive = zipfile.ZipFile(io.BytesIO(services.export_taste(listener)))
    assert archive.namelist() == ["taste.json"]
    assert json.loads(archive.read("taste.json"))["votes"] == 0
    assert not TasteSettings.objects.exists()


def test_a_guests_taste_becomes_the_accounts(
    songs: list[Song], house: list[Mixer], owner: User, work: Work
) -> None:
    guest = User.objects.create_guest()
    building.listen(guest, songs, house, BRIGHT, 12)
    personal.learn(guest.pk)
    personal.breed_for(guest.pk)
    before = of(guest)
    services.pause_taste(listener=guest)
    accounts.merge_guest(guest=guest, user=owner)
    assert of(owner) == before
    assert own_taste.settings_of(owner).paused
    assert PreferenceModel.objects.current(f"user:{owner.pk}") is not None
    run = EvolutionRun.objects.get(listener=owner)
    assert run.scope == f"user:{owner.pk}"
    work()


def test_an_account_with_a_taste_keeps_its_mixer_and_learns_from_the_guests_votes(
    listener: User, songs: list[Song], house: list[Mixer], learnt: Mixer, work: Work
) -> None:
    guest = User.objects.create_guest()
    building.listen(guest, songs, house, BRIGHT, 6)
    personal.learn(guest.pk)
    personal.breed_for(guest.pk)
    theirs = Mixer.objects.filter(owner=guest).first()
    assert theirs is not None
    if slots.personal_mixer(guest.pk) is None:
        name = slots.personal_slot(guest.pk)
        slots.move(name, theirs, slots.Decision("For the test."), expected=None)
    accounts.merge_guest(guest=guest, user=listener)
    assert slots.personal_mixer(listener.pk) == learnt
    assert not Slot.objects.filter(name=slots.personal_slot(guest.pk)).exists()
    work()
    row = PreferenceModel.objects.current(f"user:{listener.pk}")
    assert row is not None
    assert row.votes == 18
    listed = Mixer.objects.filter(owner=listener, status=Mixer.Status.LISTED)
    assert list(listed) == [slots.personal_mixer(listener.pk)]


def test_an_account_goes_with_all_that_was_learnt(
    listener: User, owner: User, songs: list[Song], learnt: Mixer
) -> None:
    """Also with mixes that its mixer made of somebody else's public song."""
    mix = building.mix_of(songs[0], learnt)
    everybodys = building.mix_of(songs[0], slots.incumbent())
    tournament = Tournament.objects.filter(owner=listener).first()
    assert tournament is not None
    HoldBack.objects.create(
        tournament=tournament,
        listener=listener,
        place=0,
        personal=learnt,
        community=slots.incumbent(),
    )
    building.judge(listener, songs[0], (learnt, slots.incumbent()), 1.0)
    accounts.erase(user=listener)
    run_commit_hooks()
    assert not User.objects.filter(pk=listener.pk).exists()
    assert not PreferenceModel.objects.exclude(scope="crowd").exists()
    assert not EvolutionRun.objects.exists()
    assert not HoldBack.objects.exists()
    assert not Mixer.objects.filter(pk=learnt.pk).exists()
    assert not Mix.objects.filter(pk=mix.pk).exists()
    assert Mix.objects.filter(pk=everybodys.pk).exists()
    assert not list(Path(django_settings.MODELS_ROOT).glob(f"{registry.PREFIX}-*"))
