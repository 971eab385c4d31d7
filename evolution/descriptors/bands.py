"""The spectrum in fifteen bands, and what the console's linear processors do to each of them.

The bands lie inside the five of ``mixing.audio.measurements``, so that predicted and measured
balance speak of the same frequencies. Equaliser curves come from the console's own biquads.
"""

from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mixing.audio import SAMPLE_RATE
from mixing.audio.biquad import response_db
from mixing.audio.delay import lowpass_pole
from mixing.audio.loudness import k_weighting
from mixing.audio.measurements import BAND_EDGES_HZ
from mixing.audio.parameters import DELAY, REVERB
from mixing.audio.reverb import line_filters, line_lengths
from mixing.audio.spectrogram import band_centres_hz
from mixing.networks.equaliser import GAINS, eq_curve_db
from mixing.networks.pooling import power_of

Array = NDArray[np.float32]

EDGES_HZ: Final = (
    20.0, 65.0, 120.0, 190.0, 310.0, 500.0, 800.0, 1250.0, 2000.0,
    2900.0, 4200.0, 6000.0, 8000.0, 10500.0, 14000.0, 20000.0,
)  # fmt: skip
BANDS: Final = len(EDGES_HZ) - 1
BALANCE_BANDS: Final = len(BAND_EDGES_HZ) - 1
_GRID_DB: Final = np.linspace(-12.0, 12.0, 49)
_DECAYS: Final = 33


@cache
def membership() -> Array:
    """(128, BANDS): 1 where a band of the spectrogram belongs to a band here."""
    place = np.searchsorted(EDGES_HZ, band_centres_hz(), side="right") - 1
    return np.asarray(place[:, None] == np.arange(BANDS), np.float32)


@cache
def balance_membership() -> Array:
    """(BANDS, 5): 1 where a band here belongs to a band of the measured balance."""
    centres = [(low * high) ** 0.5 for low, high in pairwise(EDGES_HZ)]
    place = np.searchsorted(BAND_EDGES_HZ, centres, side="right") - 1
    return np.asarray(place[:, None] == np.arange(BALANCE_BANDS), np.float32)


@cache
def equaliser_curves() -> Array:
    """(2 x 5, BANDS): a curve in nepers of power is [gains, gains * |gains|] (dB) times this.

    The response in dB is an odd function of the gain, nearly proportional to it; the second term
    takes most of the rest (worst error 0.02 dB inside +-12 dB).
    """
    gains = np.zeros((len(_GRID_DB), len(GAINS), len(GAINS)))
    for band in range(len(GAINS)):
        gains[:, band, band] = _GRID_DB
    curves = eq_curve_db(gains.astype(np.float32)) @ mean_of_members()
    terms = np.stack([_GRID_DB, _GRID_DB * np.abs(_GRID_DB)], axis=1)
    fits = [np.linalg.lstsq(terms, curves[:, band])[0] for band in range(len(GAINS))]
    stacked = np.stack(fits, axis=1).reshape(2 * len(GAINS), BANDS)
    return np.asarray(stacked * np.log(10.0) / 10.0, np.float32)


@cache
def mean_of_members() -> Array:
    """(128, BANDS): means over the members of each band."""
    members = membership()
    return np.asarray(members / members.sum(axis=0), np.float32)


@cache
def highpass_slopes() -> Array:
    """(BANDS,): f ** -4 with f in units of 100 Hz; a Butterworth high-pass at c passes
    1 / (1 + c ** 4 f ** -4) of the power."""
    octaves = np.log2(band_centres_hz() / 100.0) @ mean_of_members()
    return np.asarray(2.0 ** (-4.0 * octaves), np.float32)


@cache
def loudness_weights() -> Array:
    """(BANDS,): power factor of K-weighting (ITU-R BS.1770)."""
    curve = response_db(k_weighting(SAMPLE_RATE), band_centres_hz()).sum(axis=0)
    return power_of(np.asarray(curve @ mean_of_members(), np.float32))


@cache
def reverb_power() -> Array:
    """(decay positions, BANDS): power that comes back per power sent, decay from 0.2 to 6 s.

    The network's lines taken as incoherent, scaled to unit power for pink noise (``Reverb``).
    """
    decay = next(p for p in REVERB if p.name == "decay_s")
    damping_hz = next(p for p in REVERB if p.name == "damping_hz").default
    rows = []
    for position in np.linspace(0.0, 1.0, _DECAYS):
        g, pole = line_filters(
            line_lengths(SAMPLE_RATE), decay.denormalise(position), damping_hz, SAMPLE_RATE
        )
        scale = _recirculated(g, pole, np.geomspace(100.0, 8000.0, 64)).mean()
        rows.append(_recirculated(g, pole, band_centres_hz()) / scale @ mean_of_members())
    return np.asarray(rows, np.float32)


@cache
def delay_power() -> Array:
    """(BANDS,): power of all echoes per power sent, at the delay's default tone and feedback."""
    values = {p.name: p.default for p in DELAY}
    pole = lowpass_pole(values["damping_hz"], SAMPLE_RATE)
    z = np.exp(-2j * np.pi * band_centres_hz() / SAMPLE_RATE)
    lowpass = np.abs((1 - pole) / (1 - pole * z)) ** 2
    echoes = lowpass / (1 - values["feedback"] ** 2 * lowpass)
    return np.asarray(echoes @ mean_of_members(), np.float32)


def _recirculated(
    g: NDArray[np.float64], pole: NDArray[np.float64], hz: NDArray[np.float64]
) -> NDArray[np.float64]:
    z = np.exp(-2j * np.pi * hz / SAMPLE_RATE)[:, None]
    loss = np.abs(g * (1 - pole) / (1 - pole * z)) ** 2
    return np.asarray(loss.sum(axis=1) / (1 - loss.mean(axis=1)))
