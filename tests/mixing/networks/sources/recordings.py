"""Half-second recordings and stand-ins for published collections, laid out as their makers do."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import yaml

RATE = 44_100
MUSDB_STEMS = ("drums", "bass", "other", "vocals")


def tone(hz: float, seconds: float = 0.5) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return 0.3 * np.sin(2.0 * np.pi * hz * time)


def record(path: Path, hz: float = 440.0) -> Path:
    """Half a second of a sine at -13 dBFS."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, tone(hz), RATE, subtype="PCM_16")
    return path


def multitrack(folder: Path, names: Iterable[str]) -> Path:
    for number, name in enumerate(names):
        record(folder / name, 110.0 * (number + 1))
    return folder


def musdb_hq(root: Path, half: str, title: str, *, without: str = "") -> Path:
    stems = [f"{stem}.wav" for stem in ("mixture", *MUSDB_STEMS) if stem != without]
    return multitrack(root / half / title, stems)


def medley(root: Path, name: str, instruments: Mapping[str, Any], *, apart: bool = False) -> Path:
    """A song of MedleyDB: stem ids to instruments; the metadata beside the audio or apart."""
    folder = root / "Audio" / name
    stems = {
        key: {
            "component": "",
            "filename": f"{name}_STEM_{key[1:]}.wav",
            "instrument": instrument,
            "raw": {"R01": {"filename": f"{name}_RAW_{key[1:]}_01.wav", "instrument": instrument}},
        }
        for key, instrument in instruments.items()
    }
    multitrack(folder / f"{name}_STEMS", [stem["filename"] for stem in stems.values()])
    record(folder / f"{name}_MIX.wav")
    described = {
        "artist": name.split("_")[0], "excerpt": "no", "genre": "Rock", "has_bleed": "no",
        "instrumental": "no", "mix_filename": f"{name}_MIX.wav", "origin": "Studio",
        "raw_dir": f"{name}_RAW", "stem_dir": f"{name}_STEMS", "stems": stems, "version": "1.1",
    }  # fmt: skip
    metadata = (root / "Metadata" if apart else folder) / f"{name}_METADATA.yaml"
    metadata.parent.mkdir(parents=True, exist_ok=True)
    metadata.write_text(yaml.safe_dump(described))
    return metadata


def moises(
    root: Path, song_id: str, artist: str, title: str, stems: Mapping[str, Mapping[str, str]]
) -> Path:
    """A song of MoisesDB: stem names to track ids and their types."""
    folder = root / "moisesdb_v0.1" / song_id
    described = {
        "song": title, "artist": artist, "genre": "pop",
        "stems": [
            {
                "id": f"{song_id}-{name}", "stemName": name,
                "tracks": [
                    {"id": key, "trackType": kind, "extension": "wav", "has_bleed": False}
                    for key, kind in tracks.items()
                ],
            }
            for name, tracks in stems.items()
        ],
    }  # fmt: skip
    for name, tracks in stems.items():
        multitrack(folder / name, [f"{key}.wav" for key in tracks])
    data = folder / "data.json"
    data.write_text(json.dumps(described))
    return data
