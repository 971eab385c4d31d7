"""Short stems made in code, named as people name theirs."""

import zipfile
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 44_100
Signal = NDArray[np.float64]


def write_stems(folder: Path, *, seconds: float = 12.0) -> list[Path]:
    """Kick (24-bit), bass (16-bit, 48 kHz), lead vocal (FLAC): mono, a few hundred kilobytes."""
    time = np.arange(int(seconds * RATE)) / RATE
    beat = time % 0.5
    kick = 0.7 * np.sin(2 * np.pi * 50 * beat * (1 + 2 * np.exp(-30 * beat))) * np.exp(-9 * beat)
    slow = np.arange(int(seconds * 48_000)) / 48_000
    bass = 0.3 * np.sign(np.sin(2 * np.pi * 55 * slow)) * (0.6 + 0.4 * np.sin(np.pi * slow))
    sung = np.sin(0.5 * np.pi * time) > 0
    voice = 0.25 * sung * np.sin(2 * np.pi * 330 * time + 2 * np.sin(2 * np.pi * 5 * time))
    return [
        write(folder / "01 Kick.wav", kick, RATE, "PCM_24"),
        write(folder / "02 Bass DI.wav", bass, 48_000, "PCM_16"),
        write(folder / "03 Lead Vox.flac", voice, RATE, "PCM_16"),
    ]


def write(path: Path, signal: Signal, rate: int, subtype: str) -> Path:
    soundfile.write(path, signal, rate, subtype=subtype)
    return path


def write_zip(folder: Path, stems: list[Path], name: str) -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for stem in stems:
            archive.write(stem, f"My Song/{stem.name}")
        archive.writestr("__MACOSX/My Song/._01 Kick.wav", b"litter")
    return path
