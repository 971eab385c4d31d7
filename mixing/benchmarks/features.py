"""The front end against librosa and torch.stft, each on one thread; and what storing costs.

librosa computes the same frames and triangles (its window is scaled otherwise, which moves all
levels alike). Stored spectrograms are measured beside memory-mapped arrays that are not compressed,
which is the other way to keep them.
"""

import tempfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import numpy as np
import torch

from mixing.audio import SAMPLE_RATE, spectrogram
from mixing.audio.spectrogram import (
    BANDS,
    FLOOR_DB,
    HIGH_HZ,
    HOP,
    LOW_HZ,
    N_FFT,
    band_centres_hz,
    log_mel,
)
from mixing.benchmarks.material import Audio, multitrack
from mixing.benchmarks.measuring import Figures, Progress, Timing, conditions, median
from mixing.benchmarks.torch_thread import one_torch_thread
from mixing.networks import features

SECTION_S: Final = 30.0


def measure(stems: int, seconds: float, runs: int, progress: Progress) -> Figures:
    """Time all on the same stems, and tell how far apart their results are."""
    before = conditions()
    song = multitrack(stems, seconds)
    peer = TorchLogMel()
    with one_torch_thread():
        progress("Hearing with the front end …")
        own_mels = [log_mel(stem) for stem in song]
        own = median(lambda: [log_mel(stem) for stem in song], runs)
        progress("Hearing with torch …")
        peer_mels = [peer(stem) for stem in song]
        other = median(lambda: [peer(stem) for stem in song], runs)
    apart = [float(np.abs(a - b).max()) for a, b in zip(own_mels, peer_mels, strict=True)]
    progress("Hearing with librosa …")
    return {
        "benchmark": "features",
        "stems": stems,
        "seconds": seconds,
        "runs": runs,
        **before,
        "threads": 1,
        "log_mel": own.against(seconds),
        "peer": {"name": "torch.stft", "version": torch.__version__, **other.against(seconds)},
        **_ratios(own, other),
        "largest_difference_db": round(max(apart), 4),
        "librosa": _librosa(song, own_mels, own, seconds, runs),
        "stored": _stored(song, own_mels, runs),
    }


def _ratios(own: Timing, other: Timing) -> Figures:
    return {
        "ratio": round(other.seconds / own.seconds, 2),
        "ratio_cpu": round(other.cpu_seconds / own.cpu_seconds, 2),
    }


def _librosa(
    song: list[Audio], own_mels: list[Audio], own: Timing, seconds: float, runs: int
) -> Figures:
    """The same features by librosa, where it is installed."""
    try:
        found = version("librosa")
    except PackageNotFoundError:
        return {"version": None, "missing": "not installed; it comes with the dev extra"}
    mels = [librosa_log_mel(stem) for stem in song]  # compiles and fills its caches
    timing = median(lambda: [librosa_log_mel(stem) for stem in song], runs)
    apart = [_shape_difference_db(a, b) for a, b in zip(own_mels, mels, strict=True)]
    return {
        "version": found,
        **timing.against(seconds),
        **_ratios(own, timing),
        "largest_difference_db": round(max(apart), 4),
    }


def librosa_log_mel(audio: Audio) -> Audio:
    """Log-mel power (frames, 128) in dB of (channels, samples), by librosa."""
    import librosa  # dev extra

    power = librosa.feature.melspectrogram(
        y=audio.mean(axis=0), sr=SAMPLE_RATE, n_fft=N_FFT, hop_length=HOP, pad_mode="constant",
        n_mels=BANDS, fmin=LOW_HZ, fmax=HIGH_HZ, norm=None, htk=False,
    )  # fmt: skip
    mel: Audio = librosa.power_to_db(power, amin=1e-10, top_db=None).T
    return mel


def _shape_difference_db(own: Audio, other: Audio) -> float:
    """Largest difference where there is sound, the common scale taken out."""
    sounding = own > FLOOR_DB + 40.0
    apart = (own - other)[sounding]
    return float(np.abs(apart - np.median(apart)).max()) if apart.size else 0.0


def _stored(song: list[Audio], mels: list[Audio], runs: int) -> Figures:
    """Bytes and reading times of spectrograms as they are kept, and memory-mapped instead."""
    with tempfile.TemporaryDirectory() as folder:
        kept = [Path(folder) / f"{number}.mel" for number in range(len(mels))]
        mapped = [path.with_suffix(".npy") for path in kept]
        for path, plain, mel in zip(kept, mapped, mels, strict=True):
            features.save(path, mel)
            np.save(plain, mel.astype(np.float16))
        section = slice(0, round(SECTION_S * SAMPLE_RATE / HOP))
        reading: dict[str, Callable[[], object]] = {
            "compressed_whole": lambda: [spectrogram.load(path) for path in kept],
            "compressed_section": lambda: [spectrogram.load(path, section) for path in kept],
            "statistics": lambda: [features.load_pooled(path) for path in kept],
            "mapped_whole": lambda: [np.array(spectrogram.load(path)) for path in mapped],
            "mapped_section": lambda: [np.array(spectrogram.load(p, section)) for p in mapped],
        }
        wav = sum(2 * stem.size for stem in song)
        own, plain_bytes = (sum(p.stat().st_size for p in paths) for paths in (kept, mapped))
        return {
            "wav_16_bit_bytes": wav,
            "bytes": own,
            "smaller_than_wav": round(1 - own / wav, 4),
            "mapped_bytes": plain_bytes,
            "mapped_smaller_than_wav": round(1 - plain_bytes / wav, 4),
            "read_cpu_ms": {
                name: round(1000 * median(work, runs).cpu_seconds, 3)
                for name, work in reading.items()
            },
        }


class TorchLogMel:
    """The spectrogram of ``log_mel`` as one writes it in torch, with a dense mel matrix."""

    def __init__(self) -> None:
        window = torch.hann_window(N_FFT, dtype=torch.float64)
        self._window = (window * (2 / (N_FFT * window.square().sum())).sqrt()).float()
        edges = np.array([LOW_HZ, *band_centres_hz(), HIGH_HZ])[:, None]
        bins = np.fft.rfftfreq(N_FFT, 1 / SAMPLE_RATE)
        low, centre, high = edges[:-2], edges[1:-1], edges[2:]
        triangles = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre))
        self._weights = torch.from_numpy(np.maximum(triangles, 0.0)).float()

    def __call__(self, audio: Audio) -> Audio:
        """Log-mel power (frames, 128) in dB of (channels, samples)."""
        mono = torch.from_numpy(audio).mean(dim=0)
        spectrum = torch.stft(
            mono, N_FFT, HOP, window=self._window, pad_mode="constant", return_complex=True
        )
        power = self._weights @ (spectrum.real.square() + spectrum.imag.square())
        mel: Audio = (10.0 * power.clamp(min=1e-30).log10()).clamp(min=FLOOR_DB).T.numpy()
        return mel
