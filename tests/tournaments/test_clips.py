"""What a listener hears: loudness, peaks, headers, sizes, and files that come and go."""

import os
import struct
import time
from datetime import timedelta

import numpy as np
import pytest
import soundfile
from django.utils import timezone

from accounts.models import User
from mixing.audio import SAMPLE_RATE
from mixing.audio.loudness import integrated_lufs, true_peak_dbtp
from mixing.models import Mix
from mixing.storage import media_path
from tests.tournaments.conftest import audio_of, play
from tournaments import clips, services
from tournaments.models import Battle, Tournament
from tournaments.refusals import ClipUnavailable
from tournaments.tasks import prune_clips


def every_battle(tournament: Tournament, clock: object) -> list[Battle]:
    return [vote.battle for vote in play(tournament, clock)]  # type: ignore[arg-type]


def test_both_sides_are_within_a_twentieth_of_a_unit_of_the_battles_loudness(
    tournament: Tournament, clock: object
) -> None:
    """The mixers' levels lie up to 11 dB apart."""
    for battle in every_battle(tournament, clock):
        assert battle.clip_lufs == pytest.approx(clips.CLIP_LUFS, abs=0.05)
        for side in "ab":
            audio, rate = soundfile.read(clips.clip_path(battle, side), dtype="float32")
            assert rate == SAMPLE_RATE
            lufs = integrated_lufs(audio.T, rate)
            assert lufs == pytest.approx(battle.clip_lufs, abs=0.05)
            assert true_peak_dbtp(audio.T, rate) <= -1.0


def test_both_targets_drop_when_one_side_would_pass_the_ceiling(
    tournament: Tournament, battle: Battle
) -> None:
    """A quiet mix with a high peak: at -18 LUFS its peak would be over -1 dBTP."""
    quiet = battle.mix_a.sound
    quiet.lufs, quiet.true_peak_dbtp = -27.0, -0.5
    rng = np.random.default_rng(0)
    level = clips.matched_lufs((quiet, battle.mix_b.sound), rng)
    assert -27.6 < level <= -27.0 - 0.5
    gain_db = level - quiet.lufs
    assert quiet.true_peak_dbtp + gain_db <= clips.CEILING_DBTP


def test_a_clip_is_the_mix_at_another_level_and_nothing_else(battle: Battle) -> None:
    """One linear gain: what is left after undoing it is dither, below 2 steps of 16 bits."""
    audio, _ = soundfile.read(clips.clip_path(battle, "a"), dtype="float64")
    preview = battle.mix_a.sound
    assert preview.lufs is not None
    mix = audio_of(battle.side_a.mixer.name, battle.clip_frames).astype(np.float64)
    gain = 10 ** ((battle.clip_lufs - preview.lufs) / 20)
    error = audio.T - mix * gain
    assert np.abs(error).max() <= 2.0 / 32768
    # Triangular dither and rounding: a variance of 1/6 + 1/12 of a step squared.
    assert np.std(error) * 32768 == pytest.approx(0.5, rel=0.05)
    assert abs(np.mean(error)) < 0.01 / 32768


def test_headers_and_sizes_are_the_same_for_all_sides(
    tournament: Tournament, clock: object
) -> None:
    headers, sizes = set(), set()
    for battle in every_battle(tournament, clock):
        for side in "ab":
            content = clips.clip_path(battle, side).read_bytes()
            headers.add(content[:44])
            sizes.add(len(content))
    assert len(headers) == len(sizes) == 1
    header = headers.pop()
    assert header[:4] == b"RIFF"
    assert header[36:40] == b"data"
    assert struct.unpack("<I", header[40:44])[0] == sizes.pop() - 44


def test_the_shorter_preview_sets_the_length_of_both(tournament: Tournament, owner: User) -> None:
    short = Mix.objects.filter(section=Mix.Section.PREVIEW, mixer__name="Warm").get()
    Mix.objects.filter(pk=short.pk).update(frames=SAMPLE_RATE)
    tournament.entries.exclude(mixer__name__in=("Warm", "Bright")).delete()
    battle = services.next_battle(tournament=tournament, listener=owner)
    assert battle is not None
    assert battle.clip_frames == SAMPLE_RATE
    sizes = {clips.clip_path(battle, side).stat().st_size for side in "ab"}
    assert sizes == {44 + 4 * SAMPLE_RATE}


def test_a_file_shorter_than_its_row_says_is_padded(battle: Battle) -> None:
    battle.clip_frames += 1000
    audio, _ = soundfile.read(clips.clip_path(battle, "a"))
    assert len(audio) == battle.clip_frames
    assert np.abs(audio[-900:]).max() <= 1.5 / 32768


def test_no_checksum_comes_twice(tournament: Tournament, clock: object) -> None:
    """Else the reveal of one battle would name the sides of the next ones."""
    contents = [
        clips.clip_path(battle, side).read_bytes()
        for battle in every_battle(tournament, clock)
        for side in "ab"
    ]
    assert len(set(contents)) == len(contents) == 14


def test_a_clip_made_again_is_the_same(battle: Battle) -> None:
    path = clips.clip_path(battle, "b")
    first = (path.read_bytes(), path.stat().st_mtime)
    clips.discard(battle.pk)
    assert not path.exists()
    path = clips.clip_path(battle, "b")
    assert (path.read_bytes(), path.stat().st_mtime) == first


def test_a_clip_whose_mix_is_lost_is_refused(battle: Battle) -> None:
    media_path(battle.mix_a.sound.audio_file).unlink()
    with pytest.raises(ClipUnavailable):
        clips.clip_path(battle, "a")
    folder = media_path(f"clips/{battle.pk}")
    assert not folder.exists() or not any(folder.iterdir())


def test_a_clip_whose_mix_is_damaged_is_refused(battle: Battle) -> None:
    media_path(battle.mix_a.sound.audio_file).write_bytes(b"not a FLAC at all")
    with pytest.raises(ClipUnavailable):
        clips.clip_path(battle, "a")


def test_clips_of_battles_decided_long_ago_are_pruned(
    tournament: Tournament, owner: User, heard: Battle
) -> None:
    decided = clips.clip_path(heard, "a").parent
    services.cast_vote(battle=heard, listener=owner, choice="a")
    now_open = services.next_battle(tournament=tournament, listener=owner)
    assert now_open is not None
    kept = clips.clip_path(now_open, "a").parent
    nobodys = decided.with_name("left-over")
    nobodys.mkdir()
    assert clips.prune() == 0  # All of it is young.
    long_ago = time.time() - timedelta(days=2).total_seconds()
    for folder in (decided, kept, nobodys):
        os.utime(folder, (long_ago, long_ago))
    assert clips.prune() == 1  # The decided battle was decided just now.
    Battle.objects.filter(pk=heard.pk).update(decided_at=timezone.now() - timedelta(days=2))
    assert clips.prune() == 1
    assert (decided.exists(), kept.exists(), nobodys.exists()) == (False, True, False)


def test_pruning_without_any_clip_is_fine(db: None) -> None:
    assert clips.prune() == 0
    prune_clips()
