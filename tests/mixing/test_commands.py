"""The command line: mixing a folder, installing mixers and demo songs, sweeping."""

import json
from io import StringIO
from pathlib import Path

import pytest
import soundfile
from django.core.management import CommandError, call_command

from mixing import folder_mix
from mixing.audio import ffmpeg
from mixing.audio.parameters import Settings
from mixing.jobs import JobState
from mixing.models import Mix, Mixer, Slot, SlotMove, Song
from tests.mixing import making


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Stems as people keep them: in folders, with notes beside."""
    folder = tmp_path / "stems"
    (folder / "Drums").mkdir(parents=True)
    (folder / "Drums" / "01.wav").write_bytes(making.wav_of(making.KICK))
    (folder / "Bass.wav").write_bytes(making.wav_of(making.BASS))
    (folder / "notes.txt").write_text("by heart")
    (folder / ".hidden.wav").write_bytes(b"x")
    return folder


def run(*arguments: object) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_a_folder_is_mixed(folder: Path, tmp_path: Path, house: list[Mixer]) -> None:
    output = tmp_path / "out.flac"
    out, err = run("mix", folder, "-o", output, "--mixer", "Warm")
    line = json.loads(out)
    assert (line["output"], line["mixer"]) == (str(output), "warm")
    assert line["true_peak_dbtp"] <= -1.0
    assert -20 < line["lufs"] < -9
    assert line["seconds"] > 0
    assert line["times_real_time"] == pytest.approx(3.0 / line["seconds"], abs=0.1)
    audio, rate = soundfile.read(output)
    assert (audio.shape, rate) == ((3 * 44_100, 2), 44_100)
    settings = Settings.from_json(json.loads(Path(line["settings"]).read_text()))
    assert len(settings.strips) == 2
    assert line["measurements"]["lufs"] == pytest.approx(line["lufs"], abs=0.01)
    assert err == "notes.txt is not audio and is left out.\n"
    assert not Song.objects.exists()


def test_only_the_best_part_in_another_format(tmp_path: Path, house: list[Mixer]) -> None:
    folder = tmp_path / "long"
    folder.mkdir()
    (folder / "Bass.wav").write_bytes(making.wav_of(making.LONG_PARTS[1]))
    out, _ = run("mix", folder, "-o", tmp_path / "out.wav", "--preview")
    assert json.loads(out)["duration_s"] == 30.0
    assert soundfile.info(tmp_path / "out.wav").frames == 30 * 44_100


def test_opus_and_aac_are_offered_where_ffmpeg_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg, "codecs", frozenset)
    assert list(folder_mix.writers()) == [".flac", ".wav", ".mp3"]
    monkeypatch.setattr(ffmpeg, "codecs", lambda: frozenset(["aac"]))
    assert list(folder_mix.writers())[3:] == [".m4a"]


def test_what_cannot_be_mixed_is_said(folder: Path, tmp_path: Path, house: list[Mixer]) -> None:
    out = tmp_path / "out.flac"
    empty = tmp_path / "empty"
    empty.mkdir()
    (folder / "broken.wav").write_bytes(making.wav_of(making.VOX)[:44])
    (tmp_path / "taken.flac").mkdir()
    for arguments, complaint in (
        ((tmp_path / "nowhere", "-o", out), "is not a folder"),
        ((folder, "-o", tmp_path / "out.exe"), "Write to one of"),
        ((folder, "-o", tmp_path / "no" / "out.flac"), "is not a folder"),
        ((folder, "-o", tmp_path / "taken.flac"), r"taken\.flac is a folder"),
        ((folder, "-o", "/proc/out.flac"), "cannot be written"),
        ((folder, "-o", out, "--mixer", "nobody"), "no mixer named 'nobody'. Installed: balanced"),
        ((empty, "-o", out), "no stems"),
        ((folder, "-o", out), r"broken\.wav: "),
    ):
        with pytest.raises(CommandError, match=complaint):
            run("mix", *arguments)
    assert not out.exists()


def test_an_earlier_mix_in_the_folder_is_no_stem(folder: Path, house: list[Mixer]) -> None:
    run("mix", folder, "-o", folder / "out.flac")
    first = (folder / "out.flac").read_bytes()
    _, err = run("mix", folder, "-o", folder / "out.flac")
    assert (folder / "out.flac").read_bytes() == first
    assert err == "notes.txt is not audio and is left out.\n"


def test_a_full_disk_is_said(
    folder: Path, tmp_path: Path, house: list[Mixer], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(folder_mix.WRITERS, ".flac", fail)
    with pytest.raises(CommandError, match=r"out\.flac cannot be written: No space left"):
        run("mix", folder, "-o", tmp_path / "out.flac")


def test_without_mixers_the_command_says_what_to_do(folder: Path, tmp_path: Path, db: None) -> None:
    with pytest.raises(CommandError, match="install_house_mixers"):
        run("mix", folder, "-o", tmp_path / "out.flac")


def test_house_mixers_are_installed_once(house: list[Mixer]) -> None:
    out, _ = run("install_house_mixers")
    assert out == "House mixers: Balanced, Warm, Bright, Punchy, Spacious.\n"
    assert Mixer.objects.count() == 5
    assert SlotMove.objects.count() == 5
    assert Slot.objects.get(name="house:warm").mixer.slug == "warm"


def test_new_weights_move_the_slot_and_retire_the_mixer_before(house: list[Mixer]) -> None:
    earlier = Mixer.objects.filter(slug="warm")
    earlier.exported_anew(genome_sha256="of an earlier release")  # update() refuses that
    before = Mixer.objects.get(slug="warm")
    run("install_house_mixers")
    before.refresh_from_db()
    assert before.status == Mixer.Status.RETIRED
    slot = Slot.objects.get(name="house:warm")
    assert slot.mixer != before
    assert slot.mixer.status == Mixer.Status.LISTED
    assert slot.moves.count() == 2


def test_sweeping_says_what_was_done(db: None) -> None:
    out, _ = run("sweep")
    assert out.startswith("Swept: 0 published, 0 requeued")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_demo_songs_are_made_once_and_are_public(house: list[Mixer]) -> None:
    run("install_demo_songs")
    songs = list(Song.objects.all())
    assert len(songs) == 3
    for song in songs:
        assert (song.visibility, song.licence) == ("public", "CC0-1.0")
        assert 6 <= song.stems.filter(state=JobState.READY).count() <= 10
        assert song.mixes.filter(section="preview", state=JobState.READY).count() == 5
    made = set(Mix.objects.values_list("audio_file", flat=True))
    run("install_demo_songs")
    assert set(Song.objects.all()) == set(songs)
    assert set(Mix.objects.values_list("audio_file", flat=True)) == made
