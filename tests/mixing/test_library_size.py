"""What the library takes: bytes of the files that rows name, counted here by hand."""

import json
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command

from mixing import counting, library_size, services
from mixing.models import Mix, Mixer, Song
from mixing.storage import media_path
from tests.mixing.conftest import Work


@pytest.fixture
def mix(song: Song, house: list[Mixer], work: Work) -> Mix:
    mixes = services.request_mixes(song=song, by=song.owner, mixers=house[:1])
    work()
    return Mix.objects.get(pk=mixes[0].pk)


def size(*names: str) -> int:
    return sum(media_path(name).stat().st_size for name in names)


def test_every_kind_is_what_its_rows_name(mix: Mix, song: Song) -> None:
    uploads = Path(django_settings.UPLOAD_ROOT)
    uploads.mkdir(exist_ok=True)
    (uploads / "arriving").write_bytes(b"12345")
    kinds = library_size.by_kind()
    stems = list(song.stems.all())
    assert kinds["stems"].bytes == size(*(stem.audio_file for stem in stems))
    assert kinds["features"].bytes == size(*(stem.spectrogram_file for stem in stems))
    # Three stems of 3 s: two of one channel, one of two.
    assert kinds["stems"].wav_bytes == 2 * 44_100 * 3 * (1 + 1 + 2)
    assert kinds["mixes"].bytes == size(*Mix.objects.values_list("audio_file", flat=True))
    assert kinds["mixes"].files == 2  # A preview and the whole song.
    assert kinds["models"].files == 11  # Five heads, their weights, and the encoder.
    assert kinds["exports"].files == 0
    named = [kind for name, kind in kinds.items() if name not in ("all", "other")]
    assert kinds["all"].bytes == kinds["other"].bytes + sum(kind.bytes for kind in named)
    assert kinds["other"].bytes >= 5


def test_features_take_less_than_a_tenth(mix: Mix) -> None:
    told = library_size.by_kind()["features"].to_json()
    assert told["smaller_than_wav"] > 0.9
    assert told["smaller_than_wav"] == round(1 - told["bytes"] / told["wav_16_bit_bytes"], 4)


def test_a_file_that_is_gone_counts_for_nothing(mix: Mix) -> None:
    media_path(mix.audio_file).unlink()
    assert library_size.by_kind()["mixes"].files == 1


def test_the_command_speaks_and_prints_json(mix: Mix, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("storage", "--json")
    found = json.loads(capsys.readouterr().out)
    assert found["kinds"]["features"]["smaller_than_wav"] > 0.9
    assert found["caches"] == counting.counts()
    assert found["caches"]["settings"]["hits"] == 1  # The full mix after its preview.
    call_command("storage")
    text = capsys.readouterr().out
    assert "% smaller" in text
    assert "cache of settings: 1 hits, 1 misses" in text


def test_an_empty_library_is_fine(db: None) -> None:
    kinds = library_size.by_kind()
    assert kinds["stems"] == library_size.Kind(0, 0)
    assert "smaller_than_wav" not in kinds["stems"].to_json()
