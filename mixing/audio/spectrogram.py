"""Log-mel spectrograms: what the encoder hears of a stem.

Frames of 2,048 samples every 1,024, Hann window, zeros beyond the ends: frame i is centred on
sample 1,024 i, and n samples give 1 + n // 1,024 frames. Channels are folded to mono by their mean.
The 128 triangles lie between 20 Hz and 20 kHz, evenly on the mel scale of Slaney's Auditory Toolbox
(1998; linear below 1 kHz, logarithmic above), which at this frame length leaves no band without a
bin.

Level: power is scaled by Parseval's rule so that the bands of a frame sum to the frame's mean
square within the range. A full-scale sine reads -3.01 dB in all, silence the floor of -100 dB.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as serialise
from scipy import fft, sparse

from mixing.audio import SAMPLE_RATE
from mixing.audio.files import replacing

FRONT_END_VERSION: Final = 1
"""Changes whenever the same audio would give other numbers: cached spectrograms carry it."""

N_FFT: Final = 2048
HOP: Final = 1024
BANDS: Final = 128
LOW_HZ: Final = 20.0
HIGH_HZ: Final = 20_000.0
FLOOR_DB: Final = -100.0

STORED_FRAMES: Final = 512
"""Frames per stored block, 12 s: a section is read without the rest of its song."""

_MEL: Final = "mel"
_STOPS: Final = "stops"
_ALL: Final = slice(None)
_NPY: Final = b"\x93NUMPY"
_EFFORT: Final = 1  # of zlib: more than twice the time for another 3 % of the WAV's size
_BLOCK_FRAMES: Final = 64  # frames per FFT call: the block and its spectrum stay in the L2 cache


def log_mel(audio: NDArray[np.float32], rate: int = SAMPLE_RATE) -> NDArray[np.float32]:
    """Log-mel power of (channels, samples) audio as (frames, 128) in dB, -100 dB at the least.

    Raises ValueError for another shape, an empty signal, or a rate other than 44.1 kHz (the frame
    length is counted in samples, so another rate would silently mean something else).
    """
    if audio.ndim != 2 or audio.shape[1] == 0:
        raise ValueError(f"audio must be (channels, samples) and not empty, not {audio.shape}")
    if rate != SAMPLE_RATE:
        raise ValueError(f"log_mel hears {SAMPLE_RATE} Hz, not {rate} Hz")
    weights = _mel_weights()
    mel = np.empty((frame_count(audio.shape[1]), BANDS), dtype=np.float32)
    for first, frames in _frame_blocks(audio):
        spectrum = fft.rfft(frames, axis=1)
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        mel[first : first + len(frames)] = (weights @ power.T).T
    np.maximum(mel, np.finfo(np.float32).tiny, out=mel)
    np.log10(mel, out=mel)
    mel *= np.float32(10.0)
    return np.maximum(mel, np.float32(FLOOR_DB), out=mel)


def frame_count(samples: int) -> int:
    """How many frames a signal of this many samples has."""
    return 1 + samples // HOP


def band_centres_hz() -> NDArray[np.float64]:
    """The peak frequency of each of the 128 bands, in Hz."""
    return _band_edges_hz()[1:-1]


def save(path: Path, mel: NDArray[np.float32], **beside: NDArray[np.float32]) -> None:
    """Write a spectrogram in float16 (0.03 dB of rounding at -100 dB), atomically.

    The file is a safetensors container: ``mel`` holds the float16 bytes in blocks of
    ``STORED_FRAMES`` frames, of each all high bytes before all low ones, deflated without further
    loss; ``stops`` says where each block ends. Other arrays lie beside it as they are, so that
    whoever wants only them reads only them (``load_beside``). Compression takes two thirds off and
    makes a memory map of the spectrogram itself impossible; `manage.py bench features` shows what
    either costs.
    """
    half = np.ascontiguousarray(mel, dtype=np.float16).view(np.uint16)
    blocks = [_packed(half[at : at + STORED_FRAMES]) for at in range(0, len(half), STORED_FRAMES)]
    tensors: dict[str, NDArray[Any]] = {
        _MEL: np.frombuffer(b"".join(blocks), np.uint8),
        _STOPS: np.cumsum([len(block) for block in blocks], dtype=np.int64),
        **beside,
    }
    about = {"frames": str(len(mel)), "front_end_version": str(FRONT_END_VERSION)}
    with replacing(path) as file:
        file.write(serialise(tensors, metadata=about))


def load(path: Path, frames: slice = _ALL) -> NDArray[np.float16]:
    """The (frames, 128) float16 spectrogram of a file, or some frames of it (no step).

    Files of earlier releases (.npy, not compressed) come memory-mapped and read-only. Raises
    ValueError when the file holds anything else.
    """
    with path.open("rb") as file:
        if file.read(len(_NPY)) == _NPY:
            return _load_npy(path)[frames]
    held, about = _read(path, [_MEL, _STOPS])
    count, stops = int(about.get("frames", "0")), [0, *held[_STOPS].tolist()]
    if len(stops) != 1 + -(-count // STORED_FRAMES):
        raise ValueError(f"{path.name} holds no spectrogram of {count} frames")
    first, last, _ = frames.indices(count)
    begin, end = first // STORED_FRAMES, -(-last // STORED_FRAMES)
    blocks = [np.empty((0, BANDS), np.float16)]
    for block in range(begin, end):
        size = min(STORED_FRAMES, count - block * STORED_FRAMES)
        packed = held[_MEL][stops[block] : stops[block + 1]].tobytes()
        blocks.append(_unpacked(packed, size, path.name))
    start = begin * STORED_FRAMES
    return np.concatenate(blocks)[first - start : max(first, last) - start]


def _packed(half: NDArray[np.uint16]) -> bytes:
    planes = np.stack([half >> 8, half & 0xFF]).astype(np.uint8)
    return zlib.compress(planes.tobytes(), _EFFORT)


def _unpacked(packed: bytes, frames: int, name: str) -> NDArray[np.float16]:
    size = frames * BANDS * 2
    try:
        planes = zlib.decompressobj().decompress(packed, size + 1)
    except zlib.error as error:
        raise ValueError(f"{name} is damaged") from error
    if len(planes) != size:
        raise ValueError(f"{name} lacks frames")
    high, low = np.frombuffer(planes, np.uint8).reshape(2, frames, BANDS)
    return (high.astype(np.uint16) << 8 | low).view(np.float16)


def load_beside(path: Path, names: Sequence[str]) -> list[NDArray[np.float32]]:
    """Arrays that were saved beside the spectrogram, by name; only they are read.

    Raises ValueError for a file without them, such as those of earlier releases.
    """
    found, _ = _read(path, names)
    return [found[name] for name in names]


def _read(path: Path, names: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
    try:
        with safe_open(path, framework="numpy") as file:
            return {name: file.get_tensor(name) for name in names}, dict(file.metadata() or {})
    except SafetensorError as error:
        raise ValueError(f"{path.name} is no spectrogram with {', '.join(names)}") from error


def _load_npy(path: Path) -> NDArray[np.float16]:
    mel: NDArray[np.float16] = np.load(path, mmap_mode="r", allow_pickle=False)
    if mel.dtype != np.float16 or mel.ndim != 2 or mel.shape[1] != BANDS:
        raise ValueError(f"{path.name} is not a (frames, {BANDS}) float16 spectrogram")
    return mel


def _frame_blocks(
    audio: NDArray[np.float32],
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Windowed mono frames as (first frame, (frames, 2048) block), in order."""
    samples = audio.shape[1]
    total = frame_count(samples)
    window = _window()
    for first in range(0, total, _BLOCK_FRAMES):
        count = min(_BLOCK_FRAMES, total - first)
        start = first * HOP - N_FFT // 2
        stop = start + (count - 1) * HOP + N_FFT
        padded = np.zeros(stop - start, dtype=np.float32)
        inside = slice(max(start, 0), min(stop, samples))
        np.mean(audio[:, inside], axis=0, out=padded[inside.start - start : inside.stop - start])
        frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
        yield first, frames * window


@cache
def _window() -> NDArray[np.float32]:
    """Periodic Hann window, scaled so that one-sided |FFT|² sums to the frame's mean square."""
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)
    # Parseval: sum over all bins of |X|² = N sum (w x)²; the factor 2 folds negative frequencies.
    scaled: NDArray[np.float64] = hann * np.sqrt(2 / (N_FFT * np.sum(hann**2)))
    return scaled.astype(np.float32)


@cache
def _mel_weights() -> sparse.csr_array:
    """(128, 1025) triangles of height one; at most two of them meet at any bin."""
    bins_hz = np.arange(N_FFT // 2 + 1) * (SAMPLE_RATE / N_FFT)
    edges = _band_edges_hz()
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (bins_hz - low) / (centre - low)
    falling = (high - bins_hz) / (high - centre)
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return sparse.csr_array(triangles.astype(np.float32))


@cache
def _band_edges_hz() -> NDArray[np.float64]:
    mels = np.linspace(_mel_of_hz(LOW_HZ), _mel_of_hz(HIGH_HZ), BANDS + 2)
    linear = mels * _HZ_PER_MEL
    logarithmic = _BREAK_HZ * np.exp(_LOG_STEP * (mels - _BREAK_HZ / _HZ_PER_MEL))
    edges: NDArray[np.float64] = np.where(linear < _BREAK_HZ, linear, logarithmic)
    return edges


_HZ_PER_MEL: Final = 200.0 / 3.0
_BREAK_HZ: Final = 1000.0
_LOG_STEP: Final = float(np.log(6.4)) / 27.0


def _mel_of_hz(frequency_hz: float) -> float:
    if frequency_hz < _BREAK_HZ:
        return frequency_hz / _HZ_PER_MEL
    return _BREAK_HZ / _HZ_PER_MEL + float(np.log(frequency_hz / _BREAK_HZ)) / _LOG_STEP
