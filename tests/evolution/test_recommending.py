"""Suggested console changes: what they say, what they change, and that they fit the taste."""

import pytest

from accounts.models import User
from evolution import beliefs, recommending
from evolution.descriptors import heard
from evolution.models import StoredSound
from evolution.refusals import NothingLearnt, NothingToSuggest
from evolution.sounds import load_sound
from mixing import overrides
from mixing.audio.parameters import Settings
from mixing.models import Mix, Mixer, Song
from tests.evolution import building
from tests.evolution.building import likes

BRIGHT = likes(brightness=4.0, air=2.0)


@pytest.fixture
def mix(listener: User, songs: list[Song], house: list[Mixer]) -> Mix:
    """Everybody's mix, for a listener who likes it brighter."""
    building.listen(listener, songs, house, BRIGHT, 20)
    beliefs.refresh_taste(listener)
    return building.mix_of(songs[0], house[0])


def sounds(mix: Mix, settings: Settings) -> dict[str, float]:
    row = StoredSound.objects.get(song=mix.song)
    names = building.COLUMN
    values = heard(settings, None, load_sound(row))
    return {name: float(value) for name, value in zip(names, values, strict=True)}


def test_suggestions_move_the_mix_towards_the_taste(listener: User, mix: Mix) -> None:
    advice = recommending.advice_for(mix, listener)
    assert 1 <= len(advice.suggestions) <= recommending.MOST
    before = Settings.from_json(mix.settings)
    after = overrides.apply(before, advice.changes)
    assert BRIGHT(sounds(mix, after)) > BRIGHT(sounds(mix, before))
    assert sounds(mix, after)["brightness"] > sounds(mix, before)["brightness"]
    assert advice.probability >= recommending.LEAST_PROBABILITY
    for one in advice.suggestions:
        assert one.probability >= recommending.LEAST_PROBABILITY
        assert one.gain >= recommending.LEAST_EFFECT
        overrides.check(one.changes, strips=len(before.strips))


def test_suggestions_are_told_in_the_consoles_words(listener: User, mix: Mix) -> None:
    for one in recommending.advice_for(mix, listener).suggestions:
        sign = "+" if one.amount > 0 else "−"
        assert one.text.startswith(sign)
        assert " on " in one.text
        if one.parameter.endswith("_gain_db"):
            assert "Hz" in one.text
            assert " dB at " in one.text


def test_the_same_taste_suggests_the_same(listener: User, mix: Mix) -> None:
    assert recommending.advice_for(mix, listener) == recommending.advice_for(mix, listener)


def test_changes_come_on_top_of_changes(listener: User, mix: Mix) -> None:
    first = recommending.preview_of(mix, listener, {"strips": {"0": {"fader_db": -3.0}}})
    second = recommending.preview_of(
        first,
        listener,
        {"strips": {"0": {"pan": 0.5}, "1": {"pan": -0.5}}, "master": {"width": 1.2}},
    )
    assert second.overrides == {
        "strips": {"0": {"fader_db": -3.0, "pan": 0.5}, "1": {"pan": -0.5}},
        "master": {"width": 1.2},
    }
    third = recommending.preview_of(second, listener, {"strips": {"0": {"fader_db": 0.0}}})
    assert third.overrides["strips"]["0"] == {"fader_db": 0.0, "pan": 0.5}


def test_a_difference_is_what_an_override_needs() -> None:
    before = Settings.default(2)
    changes = {"strips": {"1": {"fader_db": -2.0}}, "reverb": {"decay_s": 2.0}}
    after = overrides.apply(before, changes)
    assert recommending.difference(before, after) == changes
    assert recommending.difference(before, before) == {}


def test_without_votes_there_is_nothing_to_suggest(stranger: User, mix: Mix) -> None:
    with pytest.raises(NothingLearnt):
        recommending.advice_for(mix, stranger)


def test_a_song_nobody_read_has_no_suggestions_yet(listener: User, mix: Mix) -> None:
    StoredSound.objects.all().delete()
    with pytest.raises(NothingLearnt):
        recommending.advice_for(mix, listener)


def test_a_mix_that_cannot_be_bettered(
    listener: User, mix: Mix, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recommending, "LEAST_PROBABILITY", 1.0)
    with pytest.raises(NothingToSuggest):
        recommending.advice_for(mix, listener)
