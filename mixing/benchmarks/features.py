"""The front end against torch.stft: log-mel spectrograms of a song's stems, each on one thread."""

import numpy as np
import torch

from mixing.audio import SAMPLE_RATE
from mixing.audio.spectrogram import (
    FLOOR_DB,
    HIGH_HZ,
    HOP,
    LOW_HZ,
    N_FFT,
    band_centres_hz,
    log_mel,
)
from mixing.benchmarks.material import Audio, multitrack
from mixing.benchmarks.measuring import Figures, Progress, conditions, median
from mixing.benchmarks.torch_thread import one_torch_thread


def measure(stems: int, seconds: float, runs: int, progress: Progress) -> Figures:
    """Time both on the same stems, and tell how far apart their results are."""
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
    return {
        "benchmark": "features",
        "stems": stems,
        "seconds": seconds,
        "runs": runs,
        **before,
        "threads": 1,
        "log_mel": own.against(seconds),
        "peer": {"name": "torch.stft", "version": torch.__version__, **other.against(seconds)},
        "ratio": round(other.seconds / own.seconds, 2),
        "ratio_cpu": round(other.cpu_seconds / own.cpu_seconds, 2),
        "largest_difference_db": round(max(apart), 4),
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
