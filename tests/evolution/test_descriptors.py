"""Predicted descriptors against what can be derived on paper."""

from dataclasses import replace

import numpy as np
import pytest

from evolution.descriptors import (
    COLUMN,
    COUNT,
    DESCRIPTORS,
    SongSound,
    describe,
    describe_genomes,
    heard,
)
from evolution.descriptors.bands import (
    BANDS,
    balance_membership,
    equaliser_curves,
    mean_of_members,
    membership,
)
from mixing.audio.measurements import BANDS as MEASURED_BANDS
from mixing.networks.equaliser import GAINS, eq_curve_db
from mixing.networks.shapes import GLOBAL_NAMES, STRIP_COLUMN
from tests.evolution.sounds import consoles, house, probe_songs, recorded, settings


@pytest.fixture(scope="module")
def song() -> SongSound:
    return next(s for s in probe_songs() if "vocal" in s.roles and "bass" in s.roles)


@pytest.fixture
def desk(song: SongSound) -> tuple[np.ndarray, np.ndarray]:
    """The balanced mixer's positions, twice: the second is there to be changed."""
    return consoles(np.repeat(house()[:1], 2, axis=0), song)


def _change(desk: tuple[np.ndarray, np.ndarray], song: SongSound) -> np.ndarray:
    before, after = describe(*desk, song)
    return after - before


def test_the_reference_mixers_mix_is_zero_in_everything() -> None:
    for song in probe_songs()[:4]:
        assert np.abs(describe_genomes(house()[:1], [song])).max() < 1e-4


def test_house_styles_are_what_their_names_say() -> None:
    rows = describe_genomes(house(), probe_songs()).mean(axis=1)
    balanced, warm, bright, punchy, spacious = rows
    brightness, air = COLUMN["brightness"], COLUMN["air"]
    assert warm[brightness] < balanced[brightness] - 1 < bright[brightness] - 2
    assert warm[air] < balanced[air] < bright[air]
    assert punchy[COLUMN["drums_level"]] > 1
    assert punchy[COLUMN["wetness"]] < -2 < 2 < spacious[COLUMN["wetness"]]
    assert spacious[COLUMN["width"]] > 2
    assert punchy[COLUMN["density"]] > 0 > spacious[COLUMN["density"]]


def test_three_decibels_on_the_vocal_faders_are_three_steps_of_vocal_level(
    song: SongSound, desk: tuple[np.ndarray, np.ndarray]
) -> None:
    vocals = [role in ("vocal", "backing_vocal") for role in song.roles]
    desk[0][1, vocals, STRIP_COLUMN["fader_db"]] += 3.0 / 60.0
    change = _change(desk, song)
    # Sends follow the fader, so only the master's compressor could spoil it, and it is idle here.
    assert change[COLUMN["vocal_level"]] == pytest.approx(3.0, abs=0.01)
    assert change[COLUMN["vocal_wetness"]] == pytest.approx(0.0, abs=0.01)
    assert change[COLUMN["vocal_tone"]] == pytest.approx(0.0, abs=0.01)
    assert change[COLUMN["drums_level"]] < -0.2


def test_half_the_master_width_is_six_decibels_of_width(
    song: SongSound, desk: tuple[np.ndarray, np.ndarray]
) -> None:
    desk[1][:, GLOBAL_NAMES.index("master.width")] = 1.2 / 1.6, 0.6 / 1.6
    change = _change(desk, song)
    assert change[COLUMN["width"]] == pytest.approx(-20 * np.log10(2), abs=0.01)


def test_louder_returns_count_in_two_decibel_steps(
    song: SongSound, desk: tuple[np.ndarray, np.ndarray]
) -> None:
    for name in ("reverb.return_db", "delay.return_db"):
        desk[1][1, GLOBAL_NAMES.index(name)] += 2.0 / 54.0
    change = _change(desk, song)
    # Less than a step: wetness counts from a floor 30 dB under the dry sound, where the bass is.
    assert 0.6 < change[COLUMN["wetness"]] <= 1.0
    assert 0.9 < change[COLUMN["vocal_wetness"]] <= 1.0


def test_a_fifth_longer_decay_is_one_step_of_room(
    song: SongSound, desk: tuple[np.ndarray, np.ndarray]
) -> None:
    desk[1][1, GLOBAL_NAMES.index("reverb.decay_s")] += np.log(1.2) / np.log(6.0 / 0.2)
    assert _change(desk, song)[COLUMN["room"]] == pytest.approx(1.0, abs=1e-3)


def test_the_masters_high_shelf_is_airier_and_brighter_by_its_own_curve(
    song: SongSound, desk: tuple[np.ndarray, np.ndarray]
) -> None:
    desk[1][1, GLOBAL_NAMES.index("master.high_shelf_gain_db")] += 3.0 / 12.0
    change = _change(desk, song)
    # +3 dB far above the shelf's 8 kHz, 1.5 dB at it, next to nothing below 2 kHz.
    assert 1.0 < change[COLUMN["air"]] < 3.0
    assert 0.5 < change[COLUMN["brightness"]] < 3.0
    assert abs(change[COLUMN["mud"]]) < 0.05
    assert abs(change[COLUMN["bass_level"]]) < 0.6


def test_harder_compression_counts_and_off_is_none(
    song: SongSound, desk: tuple[np.ndarray, np.ndarray]
) -> None:
    desk[0][:, :, STRIP_COLUMN["comp_ratio"]] = np.array([[0.0], [0.8]])
    desk[1][:, GLOBAL_NAMES.index("master.comp_ratio")] = 0.0
    off, hard = describe(*desk, song) - describe(np.zeros_like(desk[0][:1]), desk[1][:1], song)
    assert off[COLUMN["density"]] == pytest.approx(0.0, abs=1e-3)
    assert hard[COLUMN["density"]] > 1.0


def test_what_a_song_does_not_have_is_zero() -> None:
    song = next(s for s in probe_songs() if "vocal" in s.roles)
    silent = replace(song, roles=tuple(r if "vocal" not in r else "other" for r in song.roles))
    rows = describe_genomes(house(), [silent])[:, 0]
    for name in ("vocal_level", "vocal_wetness", "vocal_tone"):
        assert not rows[:, COLUMN[name]].any()
    assert rows[:, COLUMN["drums_level"]].any()


def test_stems_are_a_set_and_mixes_do_not_see_each_other(song: SongSound) -> None:
    strips, shared = consoles(house(), song)
    together = describe(strips, shared, song)
    alone = np.concatenate([describe(strips[i : i + 1], shared[i : i + 1], song) for i in range(5)])
    np.testing.assert_allclose(together, alone, atol=2e-4)
    order = np.random.default_rng(0).permutation(len(song.roles))
    shuffled = SongSound(
        song.embeddings[order], song.bands_db[order], song.moments_db[order], song.lufs[order],
        tuple(song.roles[i] for i in order), song.widths[order],
    )  # fmt: skip
    np.testing.assert_allclose(together, describe(strips[:, order], shared, shuffled), atol=1e-3)


def test_a_silent_desk_has_finite_descriptors(song: SongSound) -> None:
    strips, shared = consoles(house(), song)
    strips[..., STRIP_COLUMN["fader_db"]] = 0.0
    assert np.isfinite(describe(strips, shared, song)).all()


def test_a_silent_stem_changes_nothing(song: SongSound) -> None:
    mute = replace(
        song,
        embeddings=np.vstack([song.embeddings, np.zeros_like(song.embeddings[:1])]),
        bands_db=np.vstack([song.bands_db, np.zeros((1, BANDS), np.float32)]),
        moments_db=np.vstack([song.moments_db, np.zeros_like(song.moments_db[:1])]),
        lufs=np.append(song.lufs, -np.inf).astype(np.float32),
        roles=(*song.roles, "vocal"),
        widths=np.append(song.widths, 0.0).astype(np.float32),
    )
    np.testing.assert_allclose(
        describe_genomes(house(), [mute]), describe_genomes(house(), [song]), atol=1e-3
    )


def test_heard_is_the_prediction_until_something_was_measured(song: SongSound) -> None:
    strips, shared = consoles(house(), song)
    predicted = describe(strips, shared, song)
    chosen = settings(strips, shared)
    for row, one in zip(predicted, chosen, strict=True):
        np.testing.assert_allclose(heard(one, None, song), row, atol=0.02)
    figures = {"band_balance_db": [-3.0, -6.0, -8.0, -14.0, -19.0], "width": 0.5}
    beside = {"band_balance_db": [-3.0, -6.0, -8.0, -15.0, -22.0], "width": 0.25}
    row = heard(chosen[1], figures, song, beside=beside)
    assert row[COLUMN["brightness"]] == pytest.approx((1.0 + 3.0) / 2)
    assert row[COLUMN["air"]] == pytest.approx(2.0)
    assert row[COLUMN["low_end"]] == pytest.approx(0.0)
    assert row[COLUMN["width"]] == pytest.approx(20 * np.log10(2))
    vocal = COLUMN["vocal_level"]  # nobody measures it on a mix
    assert row[vocal] == pytest.approx(predicted[1][vocal], abs=0.02)


def test_a_song_survives_a_file(song: SongSound) -> None:
    again = SongSound.from_arrays(song.to_arrays())
    np.testing.assert_array_equal(
        describe_genomes(house(), [again]), describe_genomes(house(), [song])
    )
    assert again.roles == song.roles


def test_stereo_and_mono_recordings_of_one_sound_weigh_alike() -> None:
    """The spectrogram of a mono file and of the same file on both channels are equal, the
    loudness differs by 3 dB, and so must the power that the song is known by."""
    mel = np.random.default_rng(0).normal(-40, 3, (60, 128)).astype(np.float32)
    embedding = recorded(0).sound.embeddings[:1]

    def power(lufs: float) -> np.ndarray:
        return SongSound.from_stems([mel], [lufs], ["keys"], [0.0], embedding).bands_db

    np.testing.assert_allclose(power(-20.0) - power(-23.01), 3.01, atol=1e-3)


@pytest.mark.parametrize(
    "change",
    [
        {"lufs": np.zeros(1, np.float32)},
        {"roles": ("kazoo",) * 5},
        {"embeddings": np.zeros((2, 3))},
    ],
)
def test_parts_that_do_not_fit_are_refused(song: SongSound, change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"is \(|unknown"):
        replace(song, **change)


def test_bands_cover_the_spectrogram_and_the_measured_balance() -> None:
    assert (membership().sum(axis=0) >= 1).all()
    assert (membership().sum(axis=1) == 1).all()
    assert (balance_membership().sum(axis=1) == 1).all()
    assert balance_membership().shape == (BANDS, len(MEASURED_BANDS))


def test_equaliser_curves_agree_with_the_consoles() -> None:
    rng = np.random.default_rng(0)
    gains = rng.uniform(-12, 12, (200, len(GAINS))).astype(np.float32)
    quick = np.concatenate([gains, gains * np.abs(gains)], axis=1) @ equaliser_curves()
    exact = eq_curve_db(gains) @ mean_of_members()
    np.testing.assert_allclose(quick * 10 / np.log(10), exact, atol=0.06)  # five errors of 0.015


def test_every_descriptor_can_be_said() -> None:
    assert len({d.name for d in DESCRIPTORS}) == COUNT == len(COLUMN)
    for descriptor in DESCRIPTORS:
        assert descriptor.step > 0
        assert descriptor.more != descriptor.less
    assert DESCRIPTORS[COLUMN["wetness"]].amount(-1.5) == "3.0 dB"
