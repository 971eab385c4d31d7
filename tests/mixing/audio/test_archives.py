"""Zips of stems, and zips that are something else (rows U12 to U14 of the bad-input table)."""

from __future__ import annotations

import io
import os
import random
import shutil
import stat
import struct
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from mixing.audio.archives import ArchiveLimits, Unpacked, unpack
from mixing.audio.errors import AudioRejected
from tests.mixing.audio.building import Entry, wav, zip_file

STEM = wav(os.urandom(4000))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "stems.zip"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "unpacked"


def unpacked(archive: Path, folder: Path, *entries: Entry, **limits: int) -> Unpacked:
    archive.write_bytes(zip_file(entries))
    return unpack(archive, folder, ArchiveLimits(**limits))


def refused(archive: Path, folder: Path, *entries: Entry, **limits: int) -> str:
    with pytest.raises(AudioRejected) as refusal:
        unpacked(archive, folder, *entries, **limits)
    assert not folder.exists()
    assert refusal.value.message.endswith(".")
    return refusal.value.code


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def zeros_deflated(mebibytes: int) -> bytes:
    """So many MiB of zeros packed a thousand to one, without packing them one by one."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return piece * mebibytes + deflated(b"")


def test_a_zip_of_stems_is_unpacked_in_its_order(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("Song/Drums/Kick.wav", STEM)
        file.mkdir("Song/Bass")
        file.writestr("Song/Bass/DI.wav", STEM[::-1])
    found = unpack(archive, folder)
    assert [member.display_name for member in found.members] == [
        "Drums - Kick.wav",
        "Bass - DI.wav",
    ]
    assert [member.path.read_bytes() for member in found.members] == [STEM, STEM[::-1]]
    assert {member.path.parent for member in found.members} == {folder}
    assert [member.path.name for member in found.members] == ["member-000", "member-001"]
    assert found.skipped == ()


def test_a_streamed_zip_with_data_descriptors_works(archive: Path, folder: Path) -> None:
    class Unseekable(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, piece: bytes) -> int:  # type: ignore[override]
            self.data += piece
            return len(piece)

    stream = Unseekable()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:  # type: ignore[arg-type]
        file.writestr("a.wav", STEM)
    archive.write_bytes(stream.data)
    assert unpack(archive, folder).members[0].path.read_bytes() == STEM


def test_clutter_is_ignored_and_notes_are_listed(archive: Path, folder: Path) -> None:
    found = unpacked(
        archive,
        folder,
        Entry(b"Song/", b"", mode=0o040755),
        Entry(b"Song/kick.wav", STEM),
        Entry(b"Song/README.TXT"),
        Entry(b"Song/cover.jpg"),
        Entry(b"__MACOSX/Song/._kick.wav"),
        Entry(b"Song/.DS_Store"),
        Entry(b"Song/._kick.wav"),
        Entry(b"Song/Thumbs.db"),
    )
    assert [member.display_name for member in found.members] == ["kick.wav"]
    assert found.skipped == ("README.TXT", "cover.jpg")
    assert len(list(folder.iterdir())) == 1


def test_what_may_be_audio_is_left_for_the_decoder_to_judge(archive: Path, folder: Path) -> None:
    found = unpacked(archive, folder, Entry(b"kick", STEM), Entry(b"snare.wav", b"<html>"))
    assert [member.display_name for member in found.members] == ["kick", "snare.wav"]


def test_a_zip_without_audio_is_empty(archive: Path, folder: Path) -> None:
    assert refused(archive, folder) == "empty_audio"
    assert refused(archive, folder, Entry(b"notes.txt")) == "empty_audio"


def test_names_to_show_are_harmless(archive: Path, folder: Path) -> None:
    found = unpacked(archive, folder, Entry(b'a/<b>"\n.wav'), Entry(b"c/" + b"x" * 5000))
    assert found.members[0].display_name == "a - _b__.wav"
    assert len(found.members[1].display_name) == 200


@pytest.mark.parametrize(
    "name",
    [
        b"../evil.wav",
        b"a/../../evil.wav",
        b"a/..",
        b"/etc/cron.d/evil",
        b"C:evil.wav",
        b"c:/evil.wav",
        b"\\\\server\\share\\evil.wav",
        b"..\\evil.wav",
        b"stems\\kick.wav",
        b"kick.wav\0.txt",
        b"",
        b".",
    ],
)
def test_u12_names_that_point_outside(name: bytes, archive: Path, folder: Path) -> None:
    assert refused(archive, folder, Entry(b"kick.wav", STEM), Entry(name)) == "bad_archive"
    assert [path.name for path in archive.parent.iterdir()] == [archive.name]


def test_u12_a_hostile_name_among_the_clutter_counts_too(archive: Path, folder: Path) -> None:
    entries = Entry(b"kick.wav", STEM), Entry(b"__MACOSX/../../evil")
    assert refused(archive, folder, *entries) == "bad_archive"


def test_u13_a_bomb_is_refused_by_its_ratio(archive: Path, folder: Path) -> None:
    bomb = Entry(b"a.wav", packed=zeros_deflated(300), method=8, size=300 << 20)
    began = time.process_time()
    assert refused(archive, folder, bomb) == "bad_archive"
    assert time.process_time() - began < 1  # by the directory alone


def test_u13_many_entries_that_are_a_bomb_together(archive: Path, folder: Path) -> None:
    packed = zeros_deflated(100)
    entries = [
        Entry(b"%d.wav" % number, packed=packed, method=8, size=100 << 20) for number in range(3)
    ]
    assert refused(archive, folder, *entries) == "bad_archive"


def test_u13_a_bomb_that_lies_about_its_size_is_stopped(archive: Path, folder: Path) -> None:
    packed = zeros_deflated(64)
    for size in (1000, 0, 2 << 30):
        lying = Entry(b"a.wav", packed=packed, method=8, size=size)
        assert refused(archive, folder, Entry(b"0.wav", STEM), lying) == "bad_archive"


def test_silence_that_packs_well_is_no_bomb(archive: Path, folder: Path) -> None:
    silence = wav(bytes(20 << 20))
    entry = Entry(b"a.wav", silence, packed=deflated(silence), method=8)
    assert len(silence) > 500 * len(entry.packed or b"")
    assert unpacked(archive, folder, entry).members[0].path.stat().st_size == len(silence)


def test_u13_more_than_the_archive_may_hold(archive: Path, folder: Path) -> None:
    assert refused(archive, folder, Entry(b"a.wav", STEM), max_bytes=1000) == "too_large"
    assert unpacked(archive, folder, Entry(b"a.wav", STEM), max_bytes=len(STEM)).members


@pytest.mark.parametrize("name", [b"inner.zip", b"INNER.ZIP", b"kick.wav"])
def test_u13_a_zip_in_a_zip(name: bytes, archive: Path, folder: Path) -> None:
    inner = zip_file([Entry(b"kick.wav", STEM)])
    assert refused(archive, folder, Entry(name, inner)) == "bad_archive"


def test_u13_a_hundred_thousand_entries(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive, "w") as file:
        info = zipfile.ZipInfo
        for number in range(100_000):
            file.writestr(info(f"{number}.wav"), b"")
    content = archive.read_bytes()
    # The honest archive, one that states five entries, and one without its Zip64 records.
    short = bytearray(content[: content.rindex(b"PK\x06\x06")] + content[-22:])
    directory = content.index(b"PK\x01\x02")
    struct.pack_into("<HHII", short, len(short) - 14, 5, 5, len(short) - 22 - directory, directory)
    for hostile in (content, bytes(short)):
        archive.write_bytes(hostile)
        began = time.process_time()
        with pytest.raises(AudioRejected) as refusal:
            unpack(archive, folder)
        assert refusal.value.code == "bad_archive"
        assert time.process_time() - began < 0.1  # the directory is not even read


def test_u13_a_hundred_and_one_entries(archive: Path, folder: Path) -> None:
    entries = [Entry(b"%d.wav" % number) for number in range(101)]
    assert len(unpacked(archive, folder, *entries[:100]).members) == 100
    archive.write_bytes(zip_file(entries, stated_entries=3))
    with pytest.raises(AudioRejected, match="more than 100 entries"):
        unpack(archive, folder / "again")


def test_u13_overlapping_entries(archive: Path, folder: Path) -> None:
    kernel = Entry(b"a.wav", STEM)
    assert refused(archive, folder, kernel, Entry(b"b.wav", STEM, offset=0)) == "bad_archive"
    # An entry whose bytes hold another whole entry (the quine trick).
    inside = zip_file([Entry(b"b.wav", STEM)])
    outer = Entry(b"a.wav", inside)
    nested = Entry(b"b.wav", STEM, offset=30 + len(b"a.wav"))
    assert refused(archive, folder, outer, nested) == "bad_archive"


def test_u13_wrong_sizes_and_checksums(archive: Path, folder: Path) -> None:
    good = Entry(b"good.wav", STEM)
    for lie in (
        Entry(b"a.wav", STEM, crc=1),
        Entry(b"a.wav", STEM, size=10),
        Entry(b"a.wav", STEM, size=5000),
        Entry(b"a.wav", packed=b"\xff" * 40, method=8, size=100),
        Entry(b"a.wav", packed=deflated(STEM)[:-50], method=8, size=len(STEM)),
    ):
        assert refused(archive, folder, good, lie) == "bad_archive"


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFBLK, stat.S_IFCHR, stat.S_IFIFO])
def test_u14_links_and_devices(kind: int, archive: Path, folder: Path) -> None:
    entry = Entry(b"kick.wav", b"/etc/passwd", mode=kind | 0o644)
    assert refused(archive, folder, entry) == "bad_archive"


@pytest.mark.parametrize("flags", [0x1, 0x41, 0x2000])
def test_u14_encrypted_entries(flags: int, archive: Path, folder: Path) -> None:
    assert refused(archive, folder, Entry(b"kick.wav", STEM, flags=flags)) == "bad_archive"


@pytest.mark.parametrize(
    "names",
    [
        (b"a.wav", b"a.wav"),
        (b"x/a.wav", b"x//a.wav"),
        (b"x/a.wav", b"./x/a.wav"),
        ("\u00e9.wav".encode(), "e\u0301.wav".encode()),
    ],
)
def test_u14_duplicate_names(names: tuple[bytes, bytes], archive: Path, folder: Path) -> None:
    entries = [Entry(name, STEM, flags=0x800) for name in names]
    assert refused(archive, folder, *entries) == "bad_archive"


@pytest.mark.parametrize("method", [1, 9, 12, 14, 99])
def test_compressions_we_do_not_read(method: int, archive: Path, folder: Path) -> None:
    assert refused(archive, folder, Entry(b"kick.wav", STEM, method=method)) == "bad_archive"


def test_archives_that_are_damaged(archive: Path, folder: Path) -> None:
    whole = zip_file([Entry(b"kick.wav", STEM)])
    for content in (
        b"",
        b"PK\x03\x04",
        whole[:-30],
        whole[:-1],
        whole[20:],
        whole[:-10] + b"\xff\xff\0\0" + whole[-6:],  # a directory larger than the file
        whole.replace(b"PK\x01\x02", b"PK\x01\x03"),
        whole.replace(b"PK\x03\x04", b"PK\x03\x05"),
        whole.replace(b"kick.wav", b"KICK.wav", 1),
    ):
        archive.write_bytes(content)
        with pytest.raises(AudioRejected) as refusal:
            unpack(archive, folder)
        assert refusal.value.code == "bad_archive"
        assert not folder.exists()


def test_a_failure_takes_only_its_own_files_away(archive: Path, folder: Path) -> None:
    folder.mkdir()
    (folder / "kept").touch()
    archive.write_bytes(zip_file([Entry(b"a.wav", STEM), Entry(b"b.wav", STEM, crc=1)]))
    with pytest.raises(AudioRejected):
        unpack(archive, folder)
    assert [path.name for path in folder.iterdir()] == ["kept"]


def test_damaged_archives_are_read_or_refused_and_nothing_else(archive: Path, folder: Path) -> None:
    rng = random.Random(12)
    honest = zip_file([Entry(b"a/kick.wav", STEM), Entry("é.wav".encode(), STEM, flags=0x800)])
    directory = honest.index(b"PK\x01\x02")
    outcomes = set()
    for _ in range(200):
        damaged = bytearray(honest)
        for _ in range(rng.randrange(1, 5)):
            place = rng.choice((rng.randrange(60), rng.randrange(directory, len(honest))))
            damaged[place] = rng.choice((0, 1, 127, 128, 255))
        archive.write_bytes(damaged)
        try:
            unpack(archive, folder)
            outcomes.add("read")
            shutil.rmtree(folder)
        except AudioRejected as rejection:
            outcomes.add(rejection.code)
            assert not folder.exists()
    assert {"read", "bad_archive"} <= outcomes
