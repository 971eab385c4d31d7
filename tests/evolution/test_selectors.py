"""What pages show: claims with their votes, families, stories, candidates with evidence."""

from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from evolution import beliefs, community, personal, selectors, services, slots
from evolution.models import EvolutionRun, Generation, PreferenceModel, Promotion
from evolution.promotion_test import Decision as Verdict
from evolution.registry import Birth, add_mixer, genome_of_mixer
from mixing.models import Mix, Mixer, Song
from tests.evolution import building
from tests.evolution.building import likes
from tests.tournaments.conftest import make_mixer
from tournaments.models import Vote

BRIGHT = likes(brightness=4.0, air=2.0)


@pytest.fixture
def learnt(listener: User, songs: list[Song], house: list[Mixer]) -> Generation:
    """Twenty votes of a listener, and a generation bred from them."""
    building.listen(listener, songs, house, BRIGHT, 20)
    personal.learn(listener.pk)
    generation = personal.breed_for(listener.pk)
    assert generation is not None
    return generation


def test_taste_names_what_the_votes_say(listener: User, learnt: Generation) -> None:
    taste = selectors.my_taste(listener)
    assert (taste.votes, taste.version, taste.generation) == (20, 1, 1)
    assert not taste.starts_from_crowd
    assert not taste.is_paused
    claims = {claim.descriptor.name: claim for claim in taste.claims}
    bright = claims["brightness"]
    assert bright.words == "brighter"
    assert bright.steps > 0
    assert bright.is_sure
    assert bright.low <= bright.steps <= bright.high
    assert bright.amount.endswith("dB")
    # The surest first, and each with the votes that made it so.
    chances = [claim.probability for claim in taste.claims]
    assert chances == sorted(chances, reverse=True)
    assert bright.votes
    assert any(vote.agrees for vote in bright.votes)
    own = Vote.objects.filter(listener=listener)
    assert {vote.vote_id for vote in bright.votes} <= set(own.values_list("pk", flat=True))


def test_the_personal_mixer_and_where_it_comes_from(
    listener: User, songs: list[Song], house: list[Mixer], learnt: Generation
) -> None:
    own = slots.personal_mixer(listener.pk)
    assert own is not None
    for score in (1.0, 1.0, 0.5, 0.0):
        building.judge(listener, songs[0], (own, house[0]), score)
    beliefs.refresh_taste(listener)
    personal_mixer = selectors.my_taste(listener).personal
    assert personal_mixer is not None
    record = personal_mixer.record
    assert (record.wins, record.ties, record.losses, record.share) == (2, 1, 1, 0.625)
    assert record.low < 0.625 < record.high
    assert personal_mixer.changes
    shares = {relative.mixer: relative.share for relative in personal_mixer.ancestors}
    assert set(shares) <= set(house)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert [change.mixer for change in personal_mixer.history] == [own]


def test_somebody_new_starts_from_the_crowd(
    stranger: User, listener: User, songs: list[Song], house: list[Mixer]
) -> None:
    building.listen(listener, songs, house, BRIGHT, 12)
    beliefs.refresh_crowd()
    taste = selectors.my_taste(stranger)
    assert taste.starts_from_crowd
    assert (taste.votes, taste.crowd_votes, taste.crowd_listeners) == (0, 12, 1)
    assert taste.personal is None
    assert taste.votes_to_next_generation == 4
    assert not any(claim.votes for claim in taste.claims)
    assert not PreferenceModel.objects.filter(listener=stranger).exists()


def test_taste_takes_a_fixed_number_of_queries(
    listener: User, learnt: Generation, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(26):
        selectors.my_taste(listener)


def test_the_tree_leads_from_founders_to_everybody_alive(
    listener: User, house: list[Mixer], learnt: Generation
) -> None:
    tree = selectors.tree(learnt.run)
    assert tree.generations == 2
    assert [member.mixer for member in tree.layers[0]] != []
    assert {member.mixer for member in tree.layers[0]} == set(house)
    alive = {member.id for member in tree.layers[1]}
    assert alive == set(learnt.individuals.values_list("pk", flat=True))
    known = {member.id for member in tree.members}
    for member in tree.layers[1]:
        assert member.parents
        assert set(member.parents) <= known


def test_a_generations_story(
    listener: User, songs: list[Song], house: list[Mixer], learnt: Generation
) -> None:
    first = selectors.story(learnt)
    assert (first.new_votes, first.decided) == (20, 0)  # No taste before it foresaw anything.
    assert first.changes[0].steps != 0
    assert sum(count for _, count in first.operators) == learnt.individuals.count()
    moment = timezone.now()
    for k in range(6):
        at = moment + timedelta(seconds=k)
        building.choose(listener, songs[k % 2], (house[k % 4], house[k % 4 + 1]), BRIGHT, at=at)
    second = personal.breed_for(listener.pk)
    assert second is not None
    told = selectors.story(second)
    assert told.new_votes == told.decided == 6
    assert told.foreseen_share is not None
    assert told.foreseen_share > 0.5  # It learnt from twenty votes of the same taste.
    assert selectors.recent_stories(learnt.run) == [told, selectors.story(reloaded(learnt))]


def reloaded(generation: Generation) -> Generation:
    return Generation.objects.select_related("run").get(pk=generation.pk)


def test_what_became_of_the_heard_is_written_when_their_turn_ends(
    listener: User, songs: list[Song], house: list[Mixer], learnt: Generation
) -> None:
    heard = learnt.individuals.exclude(mixer=None).first()
    assert heard is not None
    assert heard.mixer is not None
    for k in range(6):
        at = timezone.now() + timedelta(seconds=k)
        building.judge(listener, songs[0], (heard.mixer, house[0]), 1.0, at=at)
    personal.breed_for(listener.pk)
    heard.refresh_from_db()
    assert heard.battles == 6
    assert heard.strength is not None
    assert heard.strength > 0
    member = next(one for one in selectors.tree(learnt.run).members if one.id == heard.pk)
    assert member.low is not None
    assert member.high is not None
    assert member.low < heard.strength < member.high


def test_populations_are_seen_by_whom_they_concern(
    listener: User, stranger: User, learnt: Generation
) -> None:
    everybodys = EvolutionRun.objects.create(scope="overall", seed=1)
    assert selectors.runs_visible_to(listener) == [learnt.run, everybodys]
    assert selectors.runs_visible_to(stranger) == [everybodys]
    assert set(selectors.runs(None)) == {everybodys}
    assert set(selectors.generations(stranger)) == set()
    assert learnt in selectors.generations(listener)


# --- Review ---------------------------------------------------------------------------------------


@pytest.fixture
def candidate(mixers: list[Mixer], plain_song: Song) -> Mixer:
    mixer = make_mixer("Candidate")
    created = timezone.now() - timedelta(days=1)
    Mixer.objects.filter(pk=mixer.pk).update(status=Mixer.Status.CANDIDATE, created_at=created)
    mixer.refresh_from_db()
    building.mix_of(plain_song, mixer)
    return mixer


def test_a_review_counts_fresh_votes_against_the_incumbent_only(
    candidate: Mixer, mixers: list[Mixer], listener: User, plain_song: Song
) -> None:
    building.mix_of(plain_song, mixers[0])
    for score in (1.0, 1.0, 0.5, None):
        building.judge(listener, plain_song, (candidate, mixers[0]), score)
    building.judge(listener, plain_song, (mixers[1], candidate), 1.0)
    old = building.judge(listener, plain_song, (candidate, mixers[0]), 1.0)
    Vote.objects.filter(pk=old.pk).update(created_at=candidate.created_at - timedelta(hours=1))
    (review,) = selectors.review_queue()
    assert (review.mixer, review.incumbent, review.slot) == (candidate, mixers[0], "champion")
    assert (review.votes.wins, review.votes.ties, review.votes.losses) == (2, 1, 0)
    assert review.test.fresh_votes == 3
    assert review.test.decision is Verdict.CONTINUE
    assert review.test.votes_needed is not None
    assert review.test.votes_needed >= 17  # Twenty are the least.
    assert review.record.battles == 4
    (worst,) = review.worst_songs
    assert (worst.song, worst.wins, worst.losses) == (plain_song, 2, 1)
    (pair,) = review.listening
    assert (pair.own, pair.incumbents) == (
        Mix.objects.get(mixer=candidate, section="preview"),
        Mix.objects.get(mixer=mixers[0], section="preview"),
    )
    assert [check.name for check in review.checks] == ["loudness", "peaks", "speed"]
    assert review.may_promote
    assert review.lufs == (-14.0, -14.0)
    assert review.render_seconds == pytest.approx(0.1)
    assert review.console_distance == 0.0  # Both leave the console as it is.


def test_a_candidate_nobody_has_heard(candidate: Mixer, mixers: list[Mixer]) -> None:
    Mix.objects.all().delete()
    (review,) = selectors.review_queue("champion")
    assert review.test.p_better == 0.5
    assert not review.has_copies
    assert not review.may_promote
    assert review.lufs is None
    assert review.console_distance is None


def test_ten_candidates_cost_few_queries_more_than_one(
    candidate: Mixer,
    mixers: list[Mixer],
    listener: User,
    plain_song: Song,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    building.judge(listener, plain_song, (candidate, mixers[0]), 1.0)
    with CaptureQueriesContext(connection) as alone:
        selectors.review_queue()
    for number in range(9):
        other = make_mixer(f"Other {number}")
        other.status = Mixer.Status.CANDIDATE
        other.save()
    # Each has a lineage of its own: two queries.
    with django_assert_max_num_queries(len(alone) + 9 * 2):
        assert len(selectors.review_queue()) == 10


def test_no_mixers_no_queue(db: None) -> None:
    assert selectors.review_queue() == []
    assert selectors.community_slots() == []


def test_slots_tell_who_holds_them_and_whether_there_is_a_way_back(
    candidate: Mixer, mixers: list[Mixer], staff: User
) -> None:
    (slot,) = selectors.community_slots()
    assert (slot.label, slot.incumbent, slot.is_filled, slot.can_roll_back) == (
        "All music", mixers[0], False, False,
    )  # fmt: skip
    services.promote_mixer(mixer=candidate, slot="champion:rock", by=staff, reason="It won.")
    services.set_rule(slot="champion:rock", by=staff, reason="Votes may decide.")
    slot = selectors.community_slots()[1]
    assert (slot.label, slot.incumbent, slot.is_filled, slot.can_roll_back) == (
        "Rock", candidate, True, True,
    )  # fmt: skip
    assert slot.rule is not None
    (decision,) = selectors.decisions()
    assert decision == Promotion.objects.get()
    assert selectors.decisions("champion") == []


# --- The community --------------------------------------------------------------------------------


def test_a_rule_promotes_what_fresh_votes_prove_and_votes_take_it_back(
    candidate: Mixer, mixers: list[Mixer], listener: User, staff: User, plain_song: Song
) -> None:
    for _ in range(24):
        building.judge(listener, plain_song, (candidate, mixers[0]), 1.0)
    assert community.apply_rules() == []  # Nobody allowed it.
    rule = services.set_rule(slot="champion", by=staff, reason="Votes may decide.")
    (done,) = community.apply_rules()
    assert (done.to_mixer, done.by, done.rule) == (candidate, None, f"rule:{rule.pk}")
    assert done.evidence["wins"] == 24
    assert community.apply_rules() == []
    assert community.take_back() == []
    for _ in range(20):
        building.judge(listener, plain_song, (candidate, mixers[0]), 0.0)
    (back,) = community.take_back()
    assert (back.kind, back.from_mixer, back.to_mixer) == ("rollback", candidate, mixers[0])
    assert community.take_back() == []


def test_a_rule_does_not_promote_harm(
    candidate: Mixer, mixers: list[Mixer], listener: User, staff: User, plain_song: Song
) -> None:
    for _ in range(24):
        building.judge(listener, plain_song, (candidate, mixers[0]), 1.0)
    Mix.objects.filter(mixer=candidate).update(true_peak_dbtp=0.3)
    services.set_rule(slot="champion", by=staff, reason="Votes may decide.")
    assert community.apply_rules() == []
    assert slots.incumbent() == mixers[0]


def test_the_community_breeds_when_enough_people_voted(
    listener: User, stranger: User, owner: User, songs: list[Song], house: list[Mixer]
) -> None:
    for person, count in ((listener, 15), (stranger, 12)):
        building.listen(person, songs, house, BRIGHT, count)
    assert community.refresh() is not None
    assert community.breed_due() == []  # Two people are no community.
    building.listen(owner, songs, house, BRIGHT, 8)
    generation = community.breed()
    assert generation is not None
    assert generation.run.scope == "overall"
    assert generation.votes == 35
    offered = Mixer.objects.filter(owner=None, status=Mixer.Status.CANDIDATE)
    assert 0 < offered.count() <= community.CANDIDATES
    assert community.breed() is None
    assert services.rerun_generation(generation=generation).identical


def test_the_crowd_is_fitted_anew_when_enough_is_new(
    listener: User, songs: list[Song], house: list[Mixer]
) -> None:
    assert community.refresh() is None
    building.listen(listener, songs, house, BRIGHT, 12)
    first = community.refresh()
    assert first is not None
    assert (first.scope, first.votes, first.listeners) == ("crowd", 12, 1)
    assert community.refresh() is None
    building.choose(listener, songs[0], (house[0], house[1]), BRIGHT)
    assert community.refresh() is None  # One vote hardly moves it.


def test_three_peoples_mixers_make_a_candidate_that_names_nobody(
    house: list[Mixer], listener: User, stranger: User, owner: User
) -> None:
    genomes = []
    for person, mixer in zip((listener, stranger, owner), house, strict=False):
        assert community.blend_winners() is None
        genomes.append(genome_of_mixer(mixer))
        birth = Birth(name="Own", slug="own", owner=person)
        own = add_mixer(genomes[-1], house[0], birth)
        slots.move(slots.personal_slot(person.pk), own, slots.Decision("Why."), expected=None)
    blend = community.blend_winners()
    assert blend is not None
    assert (blend.owner, blend.status, blend.origin) == (None, "candidate", "merged")
    assert genome_of_mixer(blend) == pytest.approx(np.mean(genomes, axis=0), abs=1e-6)
    assert not blend.parents.exists()
    assert community.blend_winners() is None  # The same people again.


def test_old_versions_are_forgotten_but_those_bred_from(
    listener: User, songs: list[Song], house: list[Mixer], learnt: Generation
) -> None:
    for k in range(9):
        building.choose(listener, songs[k % 2], (house[k % 4], house[k % 4 + 1]), BRIGHT)
        beliefs.refresh_taste(listener)
    scope = f"user:{listener.pk}"
    assert beliefs.prune_versions(scope) == 3
    left = PreferenceModel.objects.filter(scope=scope).order_by("version")
    assert [row.version for row in left] == [1, 5, 6, 7, 8, 9, 10]
    assert learnt.taste == left[0]
