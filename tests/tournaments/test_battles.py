"""Choosing the next battle, and what is heard of it."""

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from mixing import blindness
from mixing.jobs import JobState
from mixing.models import Mix, Mixer, Song
from tests.tournaments.conftest import Clock, make_song, mix_all, play
from tournaments import selectors, services
from tournaments.models import Battle, Tournament
from tournaments.refusals import BadEvent, NotAssigned


def test_the_open_battle_comes_back_until_it_is_decided(
    tournament: Tournament, battle: Battle, owner: User
) -> None:
    assert services.next_battle(tournament=tournament, listener=owner) == battle
    assert battle.number == 1
    assert battle.side_a_id != battle.side_b_id
    assert battle.duration_s == pytest.approx(3.0)


def test_nobody_else_is_given_a_battle(tournament: Tournament, stranger: User) -> None:
    with pytest.raises(NotAssigned):
        services.next_battle(tournament=tournament, listener=stranger)


def test_a_tournament_closes_with_its_last_vote(
    tournament: Tournament, owner: User, clock: Clock
) -> None:
    votes = play(tournament, clock)
    tournament.refresh_from_db()
    assert len(votes) == tournament.battle_budget == 7
    assert not tournament.is_open()
    assert tournament.closed_at == clock.now
    assert [vote.battle.number for vote in votes] == [1, 2, 3, 4, 5, 6, 7]


def test_every_mix_is_heard_within_three_battles(
    tournament: Tournament, owner: User, clock: Clock
) -> None:
    votes = play(tournament, clock, battles=3)
    sides = {entry for v in votes for entry in (v.battle.side_a_id, v.battle.side_b_id)}
    assert len(sides) == 5


def test_battles_start_with_the_previews_that_are_ready(owner: User, mixers: list[Mixer]) -> None:
    song = make_song(owner)
    mix_all(song, owner, but=("Balanced", "Bright", "Punchy"))
    tournament = services.start_tournament(owner=owner, song=song)
    battle = services.next_battle(tournament=tournament, listener=owner)
    assert battle is not None
    names = {battle.side_a.mixer.name, battle.side_b.mixer.name}
    assert names == {"Spacious", "Warm"}


def test_without_two_previews_the_battle_waits(owner: User, mixers: list[Mixer]) -> None:
    song = make_song(owner)
    mix_all(song, owner, but=("Balanced", "Bright", "Punchy", "Warm"))
    tournament = services.start_tournament(owner=owner, song=song)
    assert services.next_battle(tournament=tournament, listener=owner) is None
    progress = selectors.progress(tournament)
    assert (progress.state, progress.previews_ready, progress.previews_total) == ("waiting", 1, 5)


def test_a_failed_render_is_a_bye(owner: User, mixers: list[Mixer], clock: Clock) -> None:
    song = make_song(owner)
    mix_all(song, owner, but=("Punchy",))
    tournament = services.start_tournament(owner=owner, song=song)
    song.mixes.filter(mixer__name="Punchy").update(state=JobState.FAILED)
    assert len(play(tournament, clock)) == 7
    table = selectors.standings(tournament)
    assert {row.entry.mixer.name for row in table} == {"Balanced", "Bright", "Spacious", "Warm"}
    assert selectors.progress(tournament).previews_failed == 1


def test_a_silent_preview_is_a_bye(song: Song, owner: User, clock: Clock) -> None:
    song.mixes.filter(mixer__name="Punchy", section=Mix.Section.PREVIEW).update(lufs=None)
    tournament = services.start_tournament(owner=owner, song=song)
    assert len(play(tournament, clock)) == 7
    assert len(selectors.standings(tournament)) == 4


def test_a_tournament_ends_when_fewer_than_two_mixes_are_left(
    song: Song, tournament: Tournament, owner: User, clock: Clock
) -> None:
    play(tournament, clock, battles=2)
    song.mixes.exclude(mixer__name="Warm").update(state=JobState.FAILED)
    assert services.next_battle(tournament=tournament, listener=owner) is None
    tournament.refresh_from_db()
    assert not tournament.is_open()


def test_a_battle_whose_mix_is_gone_is_replaced(
    tournament: Tournament, battle: Battle, owner: User
) -> None:
    Mix.objects.filter(pk=battle.mix_a.preview_id).update(state=JobState.FAILED)
    other = services.next_battle(tournament=tournament, listener=owner)
    battle.refresh_from_db()
    assert battle.is_voided()
    assert other is not None
    assert other.number == battle.number == 1
    assert battle.side_a_id not in (other.side_a_id, other.side_b_id)


def test_the_database_keeps_one_open_battle(battle: Battle) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Battle.objects.create(
            tournament=battle.tournament,
            number=2,
            song=battle.song,
            side_a=battle.side_a,
            side_b=battle.side_b,
            listener=battle.listener,
            clip_lufs=-18,
            clip_frames=1,
        )


def test_the_database_refuses_a_mix_against_itself(battle: Battle) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Battle.objects.filter(pk=battle.pk).update(side_b=battle.side_a)


def test_listening_is_counted_by_the_servers_clock(
    battle: Battle, owner: User, clock: Clock
) -> None:
    def tell(event: str, side: str = "") -> None:
        services.record_listening(battle=battle, listener=owner, event=event, side=side)

    tell("play", "a")
    clock.advance(1.0)
    tell("tick", "a")
    clock.advance(0.5)
    tell("switch", "b")
    clock.advance(60.0)
    tell("pause")
    clock.advance(60.0)
    tell("seek")
    battle.listening.refresh_from_db()
    heard = battle.listening
    assert (heard.heard_a_ms, heard.heard_b_ms, heard.switches) == (1500, 2500, 1)
    assert (heard.playing, heard.first_side) == ("", "a")


def test_a_loop_region_lies_within_the_clip(battle: Battle, owner: User) -> None:
    def loop(start_s: float | None, stop_s: float | None) -> tuple[float, float] | None:
        row = services.record_listening(
            battle=battle, listener=owner, event="region", start_s=start_s, stop_s=stop_s
        )
        battle.listening = row
        return selectors.blind_battle(battle).region

    assert loop(0.5, 2.0) == (0.5, 2.0)
    for start, stop in ((2.0, 1.0), (-1.0, 1.0), (1.0, 99.0), (float("nan"), 1.0), (1.0, None)):
        with pytest.raises(BadEvent):
            loop(start, stop)
    assert loop(None, None) is None


@pytest.mark.parametrize(
    ("event", "side"), [("play", ""), ("play", "c"), ("pause", "a"), ("rewind", ""), ("", "")]
)
def test_unknown_events_are_refused(battle: Battle, owner: User, event: str, side: str) -> None:
    with pytest.raises(BadEvent):
        services.record_listening(battle=battle, listener=owner, event=event, side=side)


def test_only_the_listener_is_listened_to(battle: Battle, stranger: User) -> None:
    with pytest.raises(NotAssigned):
        services.record_listening(battle=battle, listener=stranger, event="play", side="a")


def test_after_the_vote_nothing_more_is_counted(heard: Battle, owner: User, clock: Clock) -> None:
    services.cast_vote(battle=heard, listener=owner, choice="a")
    before = services.record_listening(battle=heard, listener=owner, event="play", side="a")
    clock.advance(2)
    after = services.record_listening(battle=heard, listener=owner, event="tick", side="a")
    assert (before.heard_a_ms, before.playing) == (after.heard_a_ms, "")


def test_mixes_are_nameless_while_a_battle_is_open(
    tournament: Tournament, song: Song, owner: User, stranger: User, clock: Clock
) -> None:
    assert not blindness.is_blind(owner, song)
    services.next_battle(tournament=tournament, listener=owner)
    assert blindness.is_blind(owner, song)
    assert not blindness.is_blind(stranger, song)
    play(tournament, clock, battles=1)
    assert not blindness.is_blind(owner, song)
    services.next_battle(tournament=tournament, listener=owner)
    services.close_tournament(tournament=tournament, by=owner)
    assert not blindness.is_blind(owner, song)


def test_a_page_costs_a_fixed_number_of_queries(
    tournament: Tournament,
    battle: Battle,
    owner: User,
    django_assert_num_queries: object,
) -> None:
    with django_assert_num_queries(3):  # type: ignore[operator]
        selectors.progress(tournament)
    row = selectors.battles_of(owner).get(pk=battle.pk)
    with django_assert_num_queries(1):  # type: ignore[operator]
        selectors.blind_battle(row)
