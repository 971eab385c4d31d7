"""Ears for the tests: pitch, chroma, onsets and tempo, measured apart from the synthesiser."""

import numpy as np
from scipy.signal import spectrogram

RATE = 44_100


def fundamental_hz(audio, near_hz):
    """Frequency of a steady tone: the phase its partial turns by between two windows.

    The sharpest estimate there is for a partial whose frequency is known to a few per cent.
    """
    size, hop = 32_768, 2_048
    window = np.hanning(size)
    first = np.fft.rfft(audio[:size] * window)
    second = np.fft.rfft(audio[hop : hop + size] * window)
    bins = np.fft.rfftfreq(size, 1 / RATE)
    inside = np.flatnonzero(np.abs(bins / near_hz - 1) < 0.05)
    k = inside[np.argmax(np.abs(first[inside]))]
    expected = 2 * np.pi * bins[k] * hop / RATE
    turned = np.angle(second[k]) - np.angle(first[k]) - expected
    turned -= 2 * np.pi * np.round(turned / (2 * np.pi))
    return bins[k] + turned * RATE / (2 * np.pi * hop)


def cents(frequency_hz, reference_hz):
    return 1200 * np.log2(frequency_hz / reference_hz)


def chroma(audio):
    """Share of the energy from 100 to 1500 Hz in each of the twelve pitch classes."""
    hz, _, power = spectrogram(audio, RATE, nperseg=8192, noverlap=4096)
    inside = (hz > 100) & (hz < 1500)
    classes = np.round(69 + 12 * np.log2(hz[inside] / 440)).astype(int) % 12
    energy = np.zeros(12)
    np.add.at(energy, classes, power[inside].sum(axis=1))
    return energy / energy.sum()


def novelty(audio, frames_per_second=200):
    """How much louder each band gets from frame to frame, summed."""
    hop = RATE // frames_per_second
    _, _, power = spectrogram(audio, RATE, nperseg=1024, noverlap=1024 - hop)
    bands = np.log1p(1e6 * np.add.reduceat(power, [1, 4, 12, 40, 120, 300], axis=0))
    return np.maximum(np.diff(bands, axis=1), 0).sum(axis=0), RATE / hop


def beat_strength(audio, beat_s):
    """Autocorrelation of the onsets at a period, against the mean over periods 7 to 12 % off."""
    onsets, rate = novelty(audio)
    onsets = onsets - onsets.mean()
    spectrum = np.abs(np.fft.rfft(onsets, 2 * len(onsets))) ** 2
    correlation = np.fft.irfft(spectrum)[: len(onsets)]
    lags = np.arange(len(correlation)) / rate

    def at(seconds):
        return np.interp(seconds, lags, correlation)

    # The best within a hundredth: a frame is half a per cent of a beat.
    here = max(at(beat_s * factor) for factor in np.linspace(0.99, 1.01, 9))
    around = np.mean([at(beat_s * f) for f in (0.88, 0.90, 0.93, 1.07, 1.10, 1.12)])
    return here / correlation[0], around / correlation[0]
