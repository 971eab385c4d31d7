"""What admins decide: one decision counts, every one is written down, harm is not promoted."""

import threading
from uuid import uuid4

import pytest
from django.db import connection

from accounts.models import User
from accounts.refusals import Refusal
from evolution import deciding, services, slots
from evolution.models import Promotion
from evolution.refusals import (
    AlreadyDecided,
    AlreadyThere,
    BadSlot,
    HoldsSlot,
    NoListeningCopies,
    NothingToRollBack,
    NotPromotable,
    PersonalMixer,
    ReasonNeeded,
    SlotMoved,
    UnsafeMixer,
)
from evolution.slots import Decision
from mixing.models import Mix, Mixer, Slot, SlotMove, Song
from tests.evolution.building import mix_of
from tests.tournaments.conftest import make_mixer

REASON = "It won."


@pytest.fixture
def candidate(mixers: list[Mixer], plain_song: Song) -> Mixer:
    """A community candidate with a listening copy that is safe."""
    mixer = make_mixer("Candidate")
    mixer.status = Mixer.Status.CANDIDATE
    mixer.save()
    mix_of(plain_song, mixer)
    return mixer


def promote(mixer: Mixer, by: User, slot: str = "champion", reason: str = REASON) -> Promotion:
    return services.promote_mixer(mixer=mixer, slot=slot, by=by, reason=reason)


def test_promotion_moves_the_alias_and_writes_down_why(
    candidate: Mixer, mixers: list[Mixer], staff: User
) -> None:
    done = promote(candidate, staff)
    assert slots.incumbent() == candidate
    candidate.refresh_from_db()
    assert candidate.status == Mixer.Status.LISTED
    assert (done.kind, done.slot, done.from_mixer, done.to_mixer, done.by, done.reason) == (
        "promote", "champion", mixers[0], candidate, staff, REASON,
    )  # fmt: skip
    assert done.evidence["votes"]["incumbent"] == str(mixers[0].pk)
    moves = SlotMove.objects.filter(slot__name="champion").order_by("pk")
    assert [move.to_mixer for move in moves] == [mixers[0], candidate]
    # A house mixer holds a place of its own and stays on the list.
    mixers[0].refresh_from_db()
    assert mixers[0].status == Mixer.Status.LISTED


def test_rollback_gives_the_place_back_and_again_further_back(
    candidate: Mixer, mixers: list[Mixer], staff: User, plain_song: Song
) -> None:
    second = make_mixer("Second", owner=None)
    mix_of(plain_song, second)
    promote(candidate, staff)
    promote(second, staff)
    for expected in (candidate, mixers[0]):
        done = services.roll_back_slot(slot="champion", by=staff, reason="It sounds worse.")
        assert done.kind == Promotion.Kind.ROLLBACK
        assert slots.holder("champion") == expected
    candidate.refresh_from_db()
    assert candidate.status == Mixer.Status.RETIRED
    with pytest.raises(NothingToRollBack):
        services.roll_back_slot(slot="champion", by=staff, reason="Once more.")


def test_a_place_nobody_was_promoted_to_has_no_past(mixers: list[Mixer], staff: User) -> None:
    with pytest.raises(NothingToRollBack):
        services.roll_back_slot(slot="champion", by=staff, reason=REASON)
    assert not Slot.objects.filter(name="champion").exists()


def test_of_two_admins_one_wins_and_the_other_is_told(
    candidate: Mixer, mixers: list[Mixer], staff: User, plain_song: Song
) -> None:
    other = make_mixer("Other")
    mix_of(plain_song, other)
    seen = slots.incumbent().pk  # Both look at the same page.
    services.promote_mixer(mixer=candidate, slot="champion", by=staff, reason="A", expected=seen)
    with pytest.raises(SlotMoved) as told:
        services.promote_mixer(mixer=other, slot="champion", by=staff, reason="B", expected=seen)
    assert told.value.details == {"incumbent": str(candidate.pk)}
    with pytest.raises(AlreadyThere):
        services.promote_mixer(
            mixer=candidate, slot="champion", by=staff, reason="A", expected=seen
        )
    assert Promotion.objects.count() == 1
    assert slots.incumbent() == candidate


@pytest.mark.django_db(transaction=True)
def test_promotions_at_the_same_moment(
    candidate: Mixer, mixers: list[Mixer], staff: User, plain_song: Song
) -> None:
    rivals = [candidate, *(make_mixer(name) for name in ("B", "C", "D"))]
    for rival in rivals[1:]:
        mix_of(plain_song, rival)
    seen = slots.incumbent().pk
    start = threading.Barrier(len(rivals))
    said: list[str] = []

    def decide(mixer: Mixer) -> None:
        try:
            start.wait()
            services.promote_mixer(
                mixer=mixer, slot="champion", by=staff, reason=REASON, expected=seen
            )
            said.append("won")
        except Refusal as refusal:
            said.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=(mixer,)) for mixer in rivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["slot_moved", "slot_moved", "slot_moved", "won"]
    assert Promotion.objects.count() == 1
    assert slots.holder("champion") == Promotion.objects.get().to_mixer


@pytest.mark.parametrize("status", [Mixer.Status.QUARANTINED, Mixer.Status.RETIRED])
def test_who_was_sent_away_is_not_promoted(candidate: Mixer, staff: User, status: str) -> None:
    Mixer.objects.filter(pk=candidate.pk).update(status=status)
    with pytest.raises(NotPromotable):
        promote(candidate, staff)


def test_personal_mixers_are_not_the_communitys(candidate: Mixer, staff: User) -> None:
    Mixer.objects.filter(pk=candidate.pk).update(owner=staff)
    for decide in (promote, lambda mixer, by: deciding.reject(mixer, Decision(REASON, by))):
        with pytest.raises(PersonalMixer):
            decide(candidate, staff)


@pytest.mark.parametrize(
    "slot", ["", "champion:", "champion: rock", "champion:ROCK", "house:none", "personal:x", "x"]
)
def test_only_the_communitys_places(candidate: Mixer, staff: User, slot: str) -> None:
    with pytest.raises(BadSlot):
        promote(candidate, staff, slot)


def test_a_genre_and_a_house_style_have_places_too(candidate: Mixer, staff: User) -> None:
    assert promote(candidate, staff, "champion:rock").to_mixer == candidate
    assert slots.incumbent("champion:rock") == candidate
    assert slots.incumbent() != candidate
    slots.check_community_slot("house:balanced")


@pytest.mark.parametrize(
    "fault",
    [{"lufs": -7.9}, {"lufs": -31.0}, {"lufs": None}, {"true_peak_dbtp": -0.5},
     {"true_peak_dbtp": float("inf")}, {"timings": {"mixing": 0.3}}],
)  # fmt: skip
def test_harm_is_not_promoted(
    candidate: Mixer, mixers: list[Mixer], staff: User, plain_song: Song, fault: dict[str, object]
) -> None:
    mix_of(plain_song, mixers[0])  # The incumbent takes 0.1 s.
    Mix.objects.filter(mixer=candidate).update(**fault)
    with pytest.raises(UnsafeMixer) as told:
        promote(candidate, staff)
    assert len(told.value.details["checks"]) == 1
    assert not Promotion.objects.exists()
    assert not Slot.objects.filter(name="champion").exists()


def test_unheard_mixers_are_not_promoted(candidate: Mixer, staff: User) -> None:
    Mix.objects.all().delete()
    with pytest.raises(NoListeningCopies):
        promote(candidate, staff)


def test_every_decision_needs_a_reason(candidate: Mixer, staff: User) -> None:
    with pytest.raises(ReasonNeeded):
        promote(candidate, staff, reason="  ")
    with pytest.raises(ReasonNeeded):
        services.reject_mixer(mixer=candidate, by=staff, reason="")


def test_turning_down_counts_once(candidate: Mixer, staff: User) -> None:
    done = services.reject_mixer(mixer=candidate, by=staff, reason="Too dull.")
    assert (done.kind, done.from_mixer, done.to_mixer) == ("reject", candidate, None)
    for decide in (services.reject_mixer, services.retire_mixer):
        with pytest.raises(AlreadyDecided):
            decide(mixer=candidate, by=staff, reason="Again.")
    services.quarantine_mixer(mixer=candidate, by=staff, reason="It clips.")
    candidate.refresh_from_db()
    assert candidate.status == Mixer.Status.QUARANTINED


def test_who_holds_a_place_is_rolled_back_first(candidate: Mixer, staff: User) -> None:
    promote(candidate, staff)
    for decide in (services.quarantine_mixer, services.retire_mixer):
        with pytest.raises(HoldsSlot):
            decide(mixer=candidate, by=staff, reason="It clips.")


def test_decisions_are_append_only(candidate: Mixer, staff: User) -> None:
    done = promote(candidate, staff)
    done.reason = "Something else."
    with pytest.raises(TypeError):
        done.save()


def test_a_stale_rollback_is_told(candidate: Mixer, staff: User) -> None:
    promote(candidate, staff)
    with pytest.raises(SlotMoved):
        services.roll_back_slot(slot="champion", by=staff, reason=REASON, expected=uuid4())
    assert slots.holder("champion") == candidate
