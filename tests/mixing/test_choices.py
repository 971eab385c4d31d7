"""What mixers choose is decided once per state of the stems, and counted."""

from typing import Any

import numpy as np
import pytest

from mixing import choices, counting, listening, sessions
from mixing.models import CacheCount, ChosenSettings, Embedding, Mixer, Song
from mixing.networks.errors import ModelInvalid
from tests.mixing import making
from tests.mixing.networks.conftest import flat


@pytest.fixture
def stems(song: Song) -> list[Any]:
    CacheCount.objects.all().delete()
    return list(song.stems.ready())


def test_a_mixer_decides_once(song: Song, house: list[Mixer], stems: list[Any]) -> None:
    first = choices.settings_of(song, stems, house[0])
    expected = sessions.head(house[0]).settings(listening.hear(song, stems, house[0]))
    assert first == expected
    assert choices.settings_of(song, stems, house[0]) == first
    counts = counting.counts()
    assert counts["settings"] == {"hits": 1, "misses": 1}
    assert counts["embeddings"] == {"hits": 1, "misses": 1}


def test_many_decide_in_one_run_and_in_their_order(
    song: Song, house: list[Mixer], stems: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = choices.settings_of(song, stems, house[3])
    monkeypatch.setattr(sessions, "head", None)  # No session is opened for the other four.
    together = choices.settings_by(house, song, stems)
    assert together[3] == alone
    assert counting.counts()["settings"] == {"hits": 1, "misses": 5}
    assert ChosenSettings.objects.count() == 5
    monkeypatch.undo()
    heard = listening.hear(song, stems, house[0])
    for mixer, settings in zip(house, together, strict=True):
        exact = sessions.head(mixer).settings(heard)
        np.testing.assert_allclose(flat(settings), flat(exact), atol=1e-5)


def test_what_the_decision_depends_on_is_in_its_key(
    song: Song, house: list[Mixer], stems: list[Any]
) -> None:
    before = choices.settings_of(song, stems, house[0])
    stems[0].role, stems[0].role_source = "vocal", "person"
    assert choices.settings_of(song, stems, house[0]) != before
    assert counting.counts()["settings"] == {"hits": 0, "misses": 2}
    house[0].encoder_onnx_sha256 = "another"
    assert choices._known([house[0]], song, "") == {}


def test_a_prepared_song_has_its_decisions(owner: Any, house: list[Mixer]) -> None:
    CacheCount.objects.all().delete()
    song = making.ready_song(owner)
    assert ChosenSettings.objects.filter(song=song).count() == 5
    assert Embedding.objects.filter(song=song).count() == 1
    choices.settings_of(song, list(song.stems.ready()), house[4])
    assert counting.counts()["settings"] == {"hits": 1, "misses": 5}


def test_a_broken_mixer_is_reported_and_the_song_is_heard_all_the_same(
    song: Song, house: list[Mixer], stems: list[Any], monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    def broken(mixers: object) -> object:
        raise ModelInvalid("Its weights are damaged.")

    monkeypatch.setattr(sessions, "heads", broken)
    choices.decide_ahead(song, stems)
    assert "Its weights are damaged." in caplog.text
    assert Embedding.objects.filter(song=song).count() == 1
    assert not ChosenSettings.objects.exists()


def test_decisions_go_with_their_song(song: Song, house: list[Mixer], stems: list[Any]) -> None:
    choices.settings_of(song, stems, house[0])
    Song.objects.filter(pk=song.pk).delete()
    assert not ChosenSettings.objects.exists()
