"""Files into stems: what they sound like survives, what is broken is named."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixing.audio.spectrogram import band_centres_hz
from mixing.networks.sources.songs import Part
from mixing.networks.sources.tracks import Track, hear_tracks, is_mixdown, song_of

from .recordings import RATE, record, tone


def test_a_track_sounds_as_recorded_at_any_rate(tmp_path: Path) -> None:
    left, right = tone(1000.0), 0.0 * tone(1000.0)
    path = tmp_path / "Lead.flac"
    soundfile.write(
        path, np.stack([left, right], axis=1)[::2], RATE // 2
    )  # an octave, half as fast
    (stem,) = hear_tracks([Track(path, "synth")]).stems
    assert stem.role == "synth"
    loudest = band_centres_hz()[stem.mel[4:-4].mean(axis=0).argmax()]
    assert loudest == pytest.approx(1000.0, rel=0.03)
    assert stem.width > 0.0


def test_damaged_empty_and_missing_files_are_named_and_left_out(tmp_path: Path) -> None:
    good = record(tmp_path / "good.wav")
    damaged = tmp_path / "damaged.flac"
    damaged.write_bytes(b"fLaC" + bytes(200))
    empty = tmp_path / "empty.wav"
    empty.touch()
    text = tmp_path / "text.wav"
    text.write_text("<html>not found</html>")
    missing = tmp_path / "missing.wav"
    paths = [damaged, empty, good, text, missing]
    hearing = hear_tracks([Track(path, "bass") for path in paths])
    assert len(hearing.stems) == 1
    named = [fault.split(": ")[0] for fault in hearing.faults]
    assert named == [str(path) for path in paths if path != good]


def test_what_is_kept_of_a_song_changes_with_its_files(tmp_path: Path) -> None:
    path = record(tmp_path / "a.wav")

    def kept_as(role: str) -> str | None:
        return song_of("folder", "A", Part.TRAINING, [Track(path, role)]).keep_as

    before = kept_as("bass")
    assert kept_as("bass") == before
    assert kept_as("keys") != before
    record(path, 441.0)
    assert kept_as("bass") != before


@pytest.mark.parametrize("name", ["mixture", "Full Mix", "99_MASTER", "Final Mix 2"])
def test_mixdowns_are_known_by_name(name: str) -> None:
    assert is_mixdown(name)


@pytest.mark.parametrize("name", ["Drum Mix", "01_Kick", "Mixolydian Lead", "Master Pad"])
def test_and_parts_are_not_taken_for_them(name: str) -> None:
    assert not is_mixdown(name)
