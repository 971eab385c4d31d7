"""Other apps advise: who competes in what a listener starts, and which pair teaches most."""

from collections.abc import Sequence
from typing import Any

import pytest

from accounts.models import User
from mixing.models import Mixer, Song
from tests.tournaments.conftest import Clock, make_mixer, mix_all, play
from tournaments import advice, selectors, services, signals
from tournaments.models import Battle, Tournament


@pytest.fixture(autouse=True)
def _no_other_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advice, "_providers", [])
    monkeypatch.setattr(advice, "_advisors", [])


def test_invited_mixers_compete_in_personal_tournaments(song: Song, owner: User) -> None:
    mine = make_mixer("Mine", owner=owner)
    others = [make_mixer(f"Challenger{n}", owner=owner) for n in range(4)]
    Mixer.objects.filter(name__startswith="Challenger").update(status=Mixer.Status.CANDIDATE)
    advice.register_challengers(lambda listener, song: [mine, *others, mine])
    tournament = services.start_tournament(owner=owner, song=song)
    names = {entry.name for entry in selectors.entries_of(tournament)}
    assert names - {"Balanced", "Bright", "Punchy", "Spacious", "Warm"} == {
        "Mine",
        "Challenger0",
        "Challenger1",
    }


def test_advice_that_fails_is_left_out(song: Song, owner: User) -> None:
    def broken(*arguments: Any) -> Any:
        raise RuntimeError("no model")

    advice.register_challengers(broken)
    advice.register_pairing(broken)
    advice.register_pairing(lambda *arguments: (0, 99))
    tournament = services.start_tournament(owner=owner, song=song)
    assert len(selectors.entries_of(tournament)) == 5
    assert services.next_battle(tournament=tournament, listener=owner) is not None


def test_the_pair_that_teaches_most_is_heard(song: Song, owner: User, clock: Clock) -> None:
    asked: list[tuple[Sequence[Mixer], Sequence[advice.Heard]]] = []

    def advise(
        tournament: Tournament,
        listener: User,
        mixers: Sequence[Mixer],
        heard: Sequence[advice.Heard],
    ) -> tuple[int, int]:
        asked.append((mixers, list(heard)))
        return 4, 1

    advice.register_pairing(advise)
    tournament = services.start_tournament(owner=owner, song=song)
    votes = play(tournament, clock, battles=4)
    for vote in votes:
        assert {vote.battle.side_a.name, vote.battle.side_b.name} == {"Bright", "Warm"}
    mixers, heard = asked[-1]
    assert [mixer.name for mixer in mixers] == ["Balanced", "Bright", "Punchy", "Spacious", "Warm"]
    assert [{a, b} for a, b, _ in heard] == [{1, 4}] * 3


def test_who_learns_hears_of_every_vote_once_it_is_committed(
    tournament: Tournament, clock: Clock, django_capture_on_commit_callbacks: Any
) -> None:
    told: list[tuple[str, Any]] = []

    def arrived(sender: object, **arguments: Any) -> None:
        told.append(("vote", arguments["vote_id"]))

    def closed(sender: object, **arguments: Any) -> None:
        told.append(("closed", arguments["tournament_id"]))
        raise RuntimeError("its own trouble")

    signals.votes_arrived.connect(arrived)
    signals.tournament_closed.connect(closed)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            votes = play(tournament, clock)
            assert told == []
            services.undo_vote(tournament=tournament, listener=tournament.owner)
    finally:
        signals.votes_arrived.disconnect(arrived)
        signals.tournament_closed.disconnect(closed)
    assert [what for what, _ in told] == ["vote"] * 6 + ["closed", "vote", "vote"] or [
        what for what, _ in told
    ] == ["vote"] * 7 + ["closed", "vote"]
    assert [pk for what, pk in told if what == "vote"] == [
        *(vote.pk for vote in votes),
        votes[-1].pk,
    ]


def test_judgements_carry_what_learning_needs(
    tournament: Tournament, owner: User, clock: Clock
) -> None:
    choices = iter(("a", "b", "tie", "neither"))
    votes = play(tournament, clock, lambda battle: next(choices), battles=4)
    services.explain_vote(battle=votes[0].battle, listener=owner, chips=["muddy"])
    judged = selectors.comparisons(listener=owner)
    assert [pair.score for pair in judged] == [1.0, 0.0, 0.5, None]
    assert judged[0].chips == ("muddy",)
    first = Battle.objects.get(votes=votes[0])
    assert first.mix_a is not None
    assert (judged[0].mixer_a_id, judged[0].mix_a_id) == (
        first.side_a.mixer_id,
        first.mix_a.preview_id,
    )
    assert {(pair.personal, pair.first, pair.weight) for pair in judged} == {(True, 1, 1.0)}
    assert selectors.comparisons(since=judged[2].cast_at) == judged[2:]
    services.undo_vote(tournament=tournament, listener=owner)
    assert len(selectors.comparisons()) == 3


def test_a_song_mixed_for_the_owner_alone(song: Song, owner: User, mixers: list[Mixer]) -> None:
    """Mixers that are named compete, and no others."""
    mix_all(song, owner)
    tournament = services.create_tournament(owner=owner, songs=[song], mixers=mixers[:2])
    assert len(selectors.entries_of(tournament)) == 2
