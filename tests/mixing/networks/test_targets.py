"""What the styles want, in words a mixing engineer would use."""

import numpy as np
import pytest

from mixing.audio.roles import ROLES
from mixing.networks import targets
from mixing.networks.pooling import pool
from mixing.networks.styles import BALANCED, BRIGHT, PUNCHY, SPACIOUS, STYLES, WARM

from .conftest import noise_mel

REFERENCE = np.full(5, -7.0, np.float32)


def facts(*roles: str) -> targets.Facts:
    """Stems that differ in nothing but their role."""
    stem, count = pool(noise_mel()), len(roles)
    return targets.Facts(
        role=np.array([ROLES.index(role) for role in roles]),
        present=np.ones(count, bool),
        energy=np.tile(stem.levels[0], (count, 1)),
        dynamics=np.full(count, 8.0, np.float32),
        onset_rate=np.full(count, 2.0, np.float32),
        frame_levels=np.tile(stem.frame_levels, (count, 1)),
        width=np.full(count, 0.5, np.float32),
    )


def labels(style: targets.HouseStyle, band: targets.Facts) -> targets.Label:
    count = len(band.role)
    untouched = targets.Spoiling(
        np.zeros((count, 5), np.float32), np.full(count, -23.0, np.float32)
    )
    return targets.strip_labels(style, band, untouched)


BAND = facts("vocal", "drums", "bass", "guitar", "keys", "strings")


def test_the_vocal_leads_in_a_balanced_mix() -> None:
    wanted = targets.wanted_lufs(BALANCED, BAND)
    assert wanted.argmax() == 0


def test_drums_and_bass_lead_in_a_punchy_mix() -> None:
    change = targets.wanted_lufs(PUNCHY, BAND) - targets.wanted_lufs(BALANCED, BAND)
    assert (change[1:3] > 1.0).all()
    assert (change[3:] <= 0.0).all()


def test_two_of_a_kind_are_each_quieter() -> None:
    one, two = facts("vocal", "guitar"), facts("vocal", "guitar", "guitar")
    alone, together = (targets.wanted_lufs(BALANCED, band)[1] for band in (one, two))
    assert alone - 3.0 < together < alone - 1.0


def test_without_a_vocal_the_accompaniment_comes_forward() -> None:
    sung, plain = (targets.wanted_lufs(BALANCED, b)[-1] for b in (BAND, facts("bass", "strings")))
    assert plain > sung


def test_a_vocal_gets_its_pocket() -> None:
    gain = "peak3_gain_db"
    sung = labels(BALANCED, facts("vocal", "guitar"))[gain][1]
    alone = labels(BALANCED, facts("bass", "guitar"))[gain][1]
    assert sung == alone - BALANCED.pocket_db


def test_warm_and_bright_tilt_opposite_ways() -> None:
    for low, high in (("low_shelf_gain_db", "high_shelf_gain_db"),):
        warm, bright, even = (labels(style, BAND) for style in (WARM, BRIGHT, BALANCED))
        assert (warm[low] > even[low]).all()
        assert (warm[high] < even[high]).all()
        assert (bright[high] > even[high]).all()


def test_spacious_is_wider_and_wetter_and_punchy_drier_and_denser() -> None:
    spacious, punchy, even = (labels(style, BAND) for style in (SPACIOUS, PUNCHY, BALANCED))
    assert spacious["pan"].sum() > even["pan"].sum()
    harmony = slice(3, None)
    assert (spacious["reverb_send_db"][harmony] > even["reverb_send_db"][harmony] + 3.0).all()
    assert (punchy["reverb_send_db"][harmony] < even["reverb_send_db"][harmony] - 3.0).all()
    assert (punchy["comp_ratio"] > even["comp_ratio"]).all()
    assert (spacious["comp_ratio"] < even["comp_ratio"]).all()


def test_bass_and_vocal_stay_in_the_middle() -> None:
    for style in STYLES:
        assert not labels(style, BAND)["pan"][[0, 2]].any()


def test_master_corrects_half_of_what_the_balance_is_off() -> None:
    even = targets.mix_balance_db(targets.wanted_lufs(BALANCED, BAND), BAND)
    brighter = even + np.array([0.0, 0.0, 0.0, 0.0, 4.0], np.float32)
    gain = "master.high_shelf_gain_db"
    as_it_is, lifted = (targets.shared_labels(BALANCED, BAND, r)[gain] for r in (even, brighter))
    assert as_it_is == pytest.approx(0.0, abs=1e-5)
    assert lifted == pytest.approx(2.0, abs=1e-5)
