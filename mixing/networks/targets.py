"""What a house style wants of a multitrack, as console settings: the labels of the training.

A stem is known by *facts* measured on its clean sound and by how it was *spoiled*; the label is
the console that undoes the spoiling and then does what the style wants in this company of stems:
levels depend on who else plays, a vocal gets its pocket, compression follows the dynamics, sends
follow the density. Everything is vectorised: arrays are (..., stems) or (..., stems, 5).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio.parameters import Parameter
from mixing.audio.roles import ROLES
from mixing.audio.spectrogram import band_centres_hz
from mixing.networks.equaliser import GAINS, eq_curve_db, loudness_db
from mixing.networks.pooling import centroid_octaves, power_of, power_sum_db
from mixing.networks.shapes import ANCHOR_LUFS, GLOBAL_NAMES, GLOBAL_PARAMETERS, STRIP_PARAMETERS
from mixing.networks.styles import LEAD, LOW, RHYTHM, ROLE_TARGETS, HouseStyle

Array = NDArray[np.float32]
Label = dict[str, Array]

BAND_EDGES_HZ: Final = (0.0, 160.0, 500.0, 1900.0, 5300.0, 30_000.0)
"""Halfway (in octaves) between the five equaliser frequencies."""

_VOCALS: Final = tuple(ROLES.index(role) for role in ("vocal", "backing_vocal"))
_DETECTOR_DB: Final = 3.0
"""How far above its mean level in a 46 ms frame the console's compressor takes a stem to be: with
this, the mean reduction over synthesised stems agrees with what the compressor was seen to do."""


@dataclass(frozen=True)
class Facts:
    """The clean stems. Energy is the mean power per band in dB; one row of 128 per stem.

    role: index into ROLES; dynamics: dB; onset_rate: per second; frame_levels: (..., stems, 20)
    dB; width: 0..1; present: False for padding and silence.
    """

    role: NDArray[np.intp]
    present: NDArray[np.bool_]
    energy: Array
    dynamics: Array
    onset_rate: Array
    frame_levels: Array
    width: Array


@dataclass(frozen=True)
class Spoiling:
    """What was done to the clean stems: equaliser gains (..., stems, 5) dB and the level of the
    clean stem (LUFS, after the random gain, before the equaliser)."""

    eq_db: Array
    clean_lufs: Array


def strip_labels(style: HouseStyle, facts: Facts, spoiling: Spoiling) -> Label:
    """Values of every learned strip parameter, (..., stems) each; pan holds the *spread* 0..1."""
    table = _role_table()
    role = {name: column[facts.role] for name, column in table.items()}
    wanted_eq = _wanted_eq(style, facts)
    wanted_energy = facts.energy + eq_curve_db(wanted_eq)
    post_lufs = spoiling.clean_lufs + loudness_db(wanted_energy) - loudness_db(facts.energy)
    # Detectors are not K-weighted: a bass is louder to a compressor than to the ear.
    post_level = post_lufs + power_sum_db(wanted_energy) - loudness_db(wanted_energy)
    octaves = centroid_octaves(facts.energy)
    dynamic = np.clip(facts.dynamics / 8.0, 0.5, 1.25)
    ratio = np.exp(np.log(role["ratio"]) * style.compression * dynamic)
    threshold = post_level - 1.0 + 0.25 * facts.dynamics + style.threshold_db
    reduction = _mean_reduction_db(facts, ratio, threshold - post_level)
    calm = np.sqrt(3.0 / (1.0 + facts.onset_rate))
    low_sound = np.maximum(0.0, -octaves - 2.0)
    label = {
        "highpass_hz": _highpass_hz(facts, role["highpass_hz"] * style.highpass_scale),
        "comp_threshold_db": threshold,
        "comp_ratio": ratio,
        "comp_attack_ms": role["attack_ms"] * style.attack_scale,
        "comp_release_ms": role["release_ms"] * style.release_scale * np.clip(calm, 0.6, 1.6),
        "comp_makeup_db": reduction,
        "pan": _spread(style, facts, role["spread"], octaves),
        "width": 1.0 + (role["width"] * style.width - 1.0) * _widens(facts),
        "reverb_send_db": role["reverb_db"] + style.reverb_db - 14.0 * low_sound + _air(facts),
        "delay_send_db": role["delay_db"] + style.delay_db + 4.0 * np.clip(calm - 1.0, -0.5, 0.5),
        "fader_db": wanted_lufs(style, facts) - post_lufs,
    }
    gains = wanted_eq - spoiling.eq_db
    label |= {name: gains[..., i] for i, name in enumerate(GAINS)}
    return {p.name: _bounded(label[p.name], p) for p in STRIP_PARAMETERS}


def wanted_lufs(style: HouseStyle, facts: Facts) -> Array:
    """Loudness of each stem in the mix: by role, company and brightness; (..., stems)."""
    level = _role_table()["level_db"][facts.role]
    level = level + _by_role(style.role_level_db)[facts.role]
    rhythm = _member(facts, RHYTHM)
    # K-weighting flatters cymbals: bright rhythm parts sit lower than their loudness says.
    level = level - rhythm * np.clip(2.0 * (centroid_octaves(facts.energy) - 1.0), 0.0, 5.0)
    level = level - 6.0 * np.log10(_same_role(facts)) * ~rhythm
    sung = _with_vocal(facts)[..., None]
    accompaniment = ~rhythm & ~_member(facts, LOW) & ~_member(facts, LEAD)
    return np.asarray(ANCHOR_LUFS + level + 2.5 * (accompaniment & ~sung), dtype=np.float32)


def shared_labels(style: HouseStyle, facts: Facts, reference_db: Array) -> Label:
    """Values of every learned global parameter by GLOBAL_NAMES, in their order, (...,) each.

    ``reference_db`` (5,) is the band balance of an average mix: half of what this mix differs
    from it is corrected on the master.
    """
    wanted = wanted_lufs(style, facts)
    off_balance = np.clip(reference_db - mix_balance_db(wanted, facts), -6.0, 6.0)
    master_eq = np.asarray(style.master_eq_db) + 0.5 * off_balance
    mix_lufs = power_sum_db(np.where(facts.present, wanted, -120.0))
    busy = _mean_over_stems(facts.onset_rate, facts)
    same = np.ones_like(busy)
    threshold = mix_lufs + 5.0 + style.bus_threshold_db
    label = {
        "reverb.decay_s": style.decay_s * np.clip(1.5 - 0.25 * busy, 0.6, 1.5),
        "reverb.return_db": same * style.reverb_return_db,
        "delay.return_db": same * style.delay_return_db,
        "master.comp_threshold_db": threshold,
        "master.comp_ratio": same * style.bus_ratio,
        "master.comp_attack_ms": same * style.bus_attack_ms,
        "master.comp_release_ms": style.bus_release_ms * np.clip(1.5 - 0.25 * busy, 0.6, 1.5),
        "master.comp_makeup_db": same * style.bus_makeup_db,
        "master.width": same * style.master_width,
    }
    label |= {f"master.{name}": master_eq[..., i] for i, name in enumerate(GAINS)}
    named = zip(GLOBAL_NAMES, GLOBAL_PARAMETERS, strict=True)
    return {name: _bounded(label[name], parameter) for name, parameter in named}


def mix_balance_db(wanted_lufs_: Array, facts: Facts) -> Array:
    """Five band levels (..., 5) dB re their power sum, of the stems summed at these levels."""
    parts = facts.energy + (wanted_lufs_ - loudness_db(facts.energy))[..., None]
    parts = np.where(facts.present[..., None], parts, -200.0)
    spectrum = power_sum_db(np.swapaxes(parts, -1, -2))  # (..., 128)
    centres = band_centres_hz()
    masks = [(centres >= low) & (centres < high) for low, high in pairwise(BAND_EDGES_HZ)]
    bands = np.stack([power_sum_db(spectrum[..., mask]) for mask in masks], axis=-1)
    return np.asarray(bands - power_sum_db(bands)[..., None], dtype=np.float32)


def _wanted_eq(style: HouseStyle, facts: Facts) -> Array:
    eq = np.array([ROLE_TARGETS[role].eq_db for role in ROLES], np.float32)
    for index, role in enumerate(ROLES):
        opinion = style.eq_db
        if role in RHYTHM:
            opinion = style.rhythm_eq_db
        elif role in LOW:
            opinion = style.low_eq_db
        elif role in LEAD:
            opinion = style.lead_eq_db
        eq[index] += opinion
    wanted = eq[facts.role]
    harmony = ~_member(facts, RHYTHM | LOW | LEAD)
    pocket = style.pocket_db * (harmony & _with_vocal(facts)[..., None])
    wanted[..., 3] -= pocket
    wanted[..., 2] -= 0.5 * pocket
    return wanted


def _highpass_hz(facts: Facts, highest_hz: Array) -> Array:
    """Under the stem's own lowest energy (1 % of its power), never above the role's limit."""
    power = power_of(facts.energy - facts.energy.max(axis=-1, keepdims=True))
    share = np.cumsum(power, axis=-1) / power.sum(axis=-1, keepdims=True)
    edge_hz = band_centres_hz()[np.argmax(share > 0.01, axis=-1)]
    return np.asarray(np.clip(0.6 * edge_hz, 20.0, highest_hz), dtype=np.float32)


def _mean_reduction_db(facts: Facts, ratio: Array, threshold_db: Array) -> Array:
    over = facts.frame_levels + _DETECTOR_DB - threshold_db[..., None]
    return np.asarray((1.0 - 1.0 / ratio) * np.maximum(over, 0.0).mean(axis=-1))


def _spread(style: HouseStyle, facts: Facts, spread: Array, octaves: Array) -> Array:
    """Distance from the centre: small drum parts with highs leave it, stereo stems less."""
    drums = facts.role == ROLES.index("drums")
    spread = spread + drums * np.clip(0.3 * (octaves - 1.5), 0.0, 0.35)
    company = np.clip(0.5 + 0.08 * facts.present.sum(axis=-1, keepdims=True), 0.6, 1.0)
    return np.asarray(spread * style.spread * company * (1.0 - 0.6 * facts.width))


def _widens(facts: Facts) -> Array:
    """Mono stems have no width to change; their knob stays near 1."""
    return np.asarray(np.clip(0.3 + 2.0 * facts.width, 0.0, 1.0))


def _air(facts: Facts) -> Array:
    """A thin arrangement gets more reverb, a crowded one less, dB (..., 1)."""
    count = facts.present.sum(axis=-1, keepdims=True)
    return np.asarray(np.clip(3.0 * np.log2(6.0 / np.maximum(count, 1)), -4.0, 4.0))


def _same_role(facts: Facts) -> Array:
    """How many present stems share each stem's role, at least 1."""
    same = facts.role[..., :, None] == facts.role[..., None, :]
    return np.asarray(np.maximum((same & facts.present[..., None, :]).sum(axis=-1), 1))


def _with_vocal(facts: Facts) -> NDArray[np.bool_]:
    return np.asarray((np.isin(facts.role, _VOCALS) & facts.present).any(axis=-1))


def _member(facts: Facts, roles: frozenset[str]) -> NDArray[np.bool_]:
    return np.isin(facts.role, [ROLES.index(role) for role in roles])


def _mean_over_stems(values: Array, facts: Facts) -> Array:
    present = facts.present
    return np.asarray((values * present).sum(axis=-1) / np.maximum(present.sum(axis=-1), 1))


def _bounded(value: NDArray[np.floating], parameter: Parameter) -> Array:
    """Into the knob's range, except the two that follow the stem's level: they may lie beyond
    while training, where the head sees a stem as if it stood at the anchor."""
    if parameter.name in {"fader_db", "comp_threshold_db"}:
        return np.asarray(value, dtype=np.float32)
    bounded = np.clip(value, parameter.minimum, parameter.maximum)
    return np.asarray(bounded, dtype=np.float32)


def _by_role(offsets: Mapping[str, float]) -> Array:
    return np.array([offsets.get(role, 0.0) for role in ROLES], np.float32)


@cache
def _role_table() -> dict[str, Array]:
    fields = ("level_db", "highpass_hz", "ratio", "attack_ms", "release_ms", "spread", "width",
              "reverb_db", "delay_db")  # fmt: skip
    return {
        name: np.array([getattr(ROLE_TARGETS[role], name) for role in ROLES], np.float32)
        for name in fields
    }
