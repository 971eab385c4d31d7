"""A person's changes on top of what a mixer chose."""

from collections.abc import Callable

import pytest
from django.db import connection

from accounts.models import User
from mixing import access, overrides, selectors, services
from mixing.audio.parameters import Settings, SettingsInvalid
from mixing.models import Mix, Mixer, Song

QUIETER = {"strips": {"1": {"fader_db": -6.0}}, "master": {"high_shelf_gain_db": 2.0}}


def test_changes_replace_only_what_they_name() -> None:
    before = Settings.default(3)
    after = overrides.apply(before, QUIETER)
    assert after.strips[1]["fader_db"] == -6.0
    assert after.master["high_shelf_gain_db"] == 2.0
    assert after.strips[0] == before.strips[0]
    assert after.strips[1] | {"fader_db": 0.0} == before.strips[1]


@pytest.mark.parametrize(
    "changes",
    [
        {"strips": {"3": {"fader_db": -6.0}}},
        {"strips": {"-1": {"fader_db": -6.0}}},
        {"strips": {"²": {"fader_db": -6.0}}},
        {"strips": [{"fader_db": -6.0}]},
        {"strips": {"0": {"fader_db": 60.0}}},
        {"strips": {"0": {"fader_db": float("nan")}}},
        {"strips": {"0": {"volume": 1.0}}},
        {"strips": {"0": 3}},
        {"bus": {}},
        [],
    ],
)
def test_changes_that_fit_no_console_are_refused(changes: object) -> None:
    with pytest.raises(SettingsInvalid):
        overrides.check(changes, strips=3)  # type: ignore[arg-type]


def test_the_hash_knows_the_content_and_nothing_else() -> None:
    assert overrides.digest({}) == overrides.digest({"strips": {}, "master": {}}) == ""
    turned = {"master": QUIETER["master"], "strips": QUIETER["strips"]}
    assert overrides.digest(turned) == overrides.digest(QUIETER) != ""


def test_a_changed_mix_is_a_mix_of_its_own(
    song: Song, owner: User, house: list[Mixer], work: Callable[[], list[str]]
) -> None:
    plain = services.request_mixes(song=song, by=owner, mixers=house[:1])[0]
    first = services.request_adjusted_mix(song=song, by=owner, mixer=house[0], changes=QUIETER)
    again = services.request_adjusted_mix(song=song, by=owner, mixer=house[0], changes=QUIETER)
    work()
    first.refresh_from_db()
    plain.refresh_from_db()
    assert first == again != plain
    assert first.is_ready()
    assert first.is_adjusted()
    assert not plain.is_adjusted()
    assert first.settings is not None
    assert plain.settings is not None
    chosen = Settings.from_json(plain.settings)
    assert Settings.from_json(first.settings) == overrides.apply(chosen, QUIETER)
    assert first.audio_sha256 != plain.audio_sha256
    # The board shows what mixers made by themselves.
    assert [card.preview for card in selectors.mix_board(song, owner) if card.preview] == [plain]


def test_no_changes_ask_for_the_mixers_own_mix(song: Song, owner: User, house: list[Mixer]) -> None:
    plain = services.request_mixes(song=song, by=owner, mixers=house[:1])[0]
    assert services.request_adjusted_mix(song=song, by=owner, mixer=house[0], changes={}) == plain


def test_bad_changes_leave_no_row(song: Song, owner: User, house: list[Mixer]) -> None:
    with pytest.raises(SettingsInvalid):
        services.request_adjusted_mix(
            song=song, by=owner, mixer=house[0], changes={"strips": {"9": {"fader_db": 0.0}}}
        )
    assert not Mix.objects.exists()
    assert connection.in_atomic_block


def test_own_mixers_come_first_and_are_nobody_elses(
    song: Song, owner: User, stranger: User, house: list[Mixer]
) -> None:
    Song.objects.filter(pk=song.pk).update(visibility=Song.Visibility.PUBLIC)
    house[2].owner = stranger
    house[2].save()
    assert next(iter(selectors.listed_mixers(stranger))) == house[2]
    assert house[2] not in selectors.listed_mixers(owner)
    song.refresh_from_db()
    mixes = services.request_mixes(song=song, by=stranger)
    assert mixes[0].mixer == house[2]
    theirs = {mix.pk for mix in access.mixes(owner)}
    assert {mix.pk for mix in mixes} - theirs == {
        mix.pk for mix in mixes if mix.mixer_id == house[2].pk
    }
    assert house[2] not in [card.mixer for card in selectors.mix_board(song, owner)]
