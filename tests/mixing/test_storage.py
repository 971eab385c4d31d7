"""Files appear whole, belong to one row, and go with it."""

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import transaction

from mixing import storage
from tests.mixing import making


def make(folder: Path, content: bytes = b"sound") -> Path:
    path = folder / "made.flac"
    path.write_bytes(content)
    return path


def test_a_file_moves_to_a_name_that_carries_its_hash(tmp_path: Path) -> None:
    made = make(tmp_path)
    name, digest = storage.publish_file(made, folder="songs/1/mixes")
    stored = storage.media_path(name)
    assert not made.exists()
    assert stored.read_bytes() == b"sound"
    assert storage.sha256_of(stored) == digest
    assert name.startswith(f"songs/1/mixes/{digest}-")
    assert stored.suffix == ".flac"


def test_the_same_content_twice_is_two_files(tmp_path: Path) -> None:
    first, _ = storage.publish_file(make(tmp_path), folder="songs/1/mixes")
    second, _ = storage.publish_file(make(tmp_path), folder="songs/1/mixes")
    storage.discard(first, "")
    assert storage.media_path(second).read_bytes() == b"sound"
    assert not storage.media_path(first).exists()
    storage.discard(first)


def test_scratch_goes_whatever_happened() -> None:
    def fail() -> None:
        with storage.scratch() as folder:
            make(folder)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert making.left_files() == []


@pytest.mark.django_db(transaction=True)
def test_files_stay_until_their_row_is_gone_for_good(tmp_path: Path) -> None:
    name, _ = storage.publish_file(make(tmp_path), folder="songs/1/mixes")
    incoming = storage.incoming_path("upload")
    incoming.parent.mkdir(parents=True)
    incoming.write_bytes(b"x")
    with transaction.atomic():
        storage.discard_on_commit(name)
        storage.discard_incoming_on_commit("upload")
        transaction.set_rollback(True)
    assert len(making.left_files()) == 2
    with transaction.atomic():
        storage.discard_on_commit(name)
        storage.discard_incoming_on_commit("upload")
        storage.discard_incoming_on_commit("")
        assert len(making.left_files()) == 2
    assert making.left_files() == []


def test_a_song_goes_with_its_folder_and_no_other(tmp_path: Path) -> None:
    for song in ("1", "2"):
        storage.publish_file(make(tmp_path), folder=f"{storage.song_folder(song)}/mixes")
    storage.discard_song("1")
    storage.discard_song("unknown")
    assert [Path(name).parts[-3] for name in making.left_files()] == ["2"]
    assert Path(django_settings.MEDIA_ROOT).exists()
