"""The networks in fp32, fp16 and int8: size, time, error in console units, and in rendered mixes.

Errors in console units are over the probe songs (``networks.probe``), those of mixes over the demo
songs: each variant hears and decides for itself, the console renders its settings, and the mix is
compared with the one by the exact networks. What is loaded follows from the former two alone.
"""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path
from typing import Any, Final

import numpy as np

from mixing.audio import SAMPLE_RATE
from mixing.audio.console import Rendered, render
from mixing.audio.loudness import integrated_lufs
from mixing.audio.parameters import Settings
from mixing.audio.spectrogram import log_mel
from mixing.benchmarks.material import Audio
from mixing.benchmarks.measuring import Figures, Progress, conditions
from mixing.networks import fidelity
from mixing.networks.export import ExportedMixer, export_house_mixers
from mixing.networks.fidelity import WORST_STEPS, WORTH_IT, Candidate
from mixing.networks.formats import PRECISIONS, Precision
from mixing.networks.inference import Embedder, HeadSession, hear
from mixing.networks.placement import stereo_width
from mixing.networks.pooling import pool
from mixing.networks.quantisation import make_variant
from mixing.synthesis.demos import DEMOS, demo_song

_AUDIBLE_DB: Final = 40.0
"""Third octaves this far under a mix's loudest are not compared: nobody hears them in it."""


@dataclass(frozen=True)
class Song:
    """Stems (channels, samples) of one length and the roles that are told."""

    name: str
    stems: Sequence[Audio]
    roles: Sequence[str]


@dataclass(frozen=True)
class Networks:
    """The shared encoder and the house heads, by slug, in one precision."""

    encoder: Embedder
    heads: Mapping[str, HeadSession]
    files: Sequence[Path]

    def settings(self, song: Song) -> list[Settings]:
        """What every head makes of a song, heard by this encoder."""
        heard = self.encoder.embed_heard(
            *hear(
                [pool(log_mel(stem)) for stem in song.stems],
                [integrated_lufs(stem, SAMPLE_RATE) for stem in song.stems],
                roles=song.roles,
                widths=[stereo_width(stem) for stem in song.stems],
            )
        )
        return [head.settings(heard) for head in self.heads.values()]


def measure(songs: int, seconds: float, models: Path, progress: Progress) -> Figures:
    """Figures of all precisions. ``models`` keeps the exact networks; variants are made anew.

    Args:
        songs: how many demo songs are rendered, 0 for none.
        seconds: how much of each, from its start.

    Raises:
        ModelUnavailable, ModelInvalid: shipped weights are missing or damaged.
    """
    before = conditions()
    progress("Making variants …")
    exported = export_house_mixers(models)
    with tempfile.TemporaryDirectory() as folder:
        networks = {
            precision: _networks(exported, precision, Path(folder)) for precision in PRECISIONS
        }
        progress("Comparing consoles …")
        encoders = {p: _encoder_figures(networks[p], networks["fp32"]) for p in PRECISIONS}
        heads = {p: _head_figures(networks[p], networks["fp32"]) for p in PRECISIONS}
        mixes = _mix_figures(networks, _demo_songs(songs, seconds, progress), progress)
    loaded = {"encoder": _best(encoders), "heads": _best(heads)}
    return {
        "benchmark": "quantise",
        "songs": songs,
        "seconds": seconds,
        **before,
        "threads": 1,
        "mixers": len(exported),
        "threshold": {"worst_steps": WORST_STEPS, "share_of_fp32_time": WORTH_IT},
        "encoder": encoders,
        "head": heads,
        "mixes": mixes,
        "recommendation": {
            **loaded,
            "why": " ".join(starmap(_reason, (("encoder", encoders), ("head", heads)))),
        },
    }


def compare_mixes(mix: Rendered, exact: Rendered) -> Figures:
    """How far a mix is from the exact one: LU, dB of third octaves, dB of what differs."""
    thirds, exact_thirds = (np.array(m.measurements.third_octaves_db) for m in (mix, exact))
    heard = exact_thirds > exact_thirds.max() - _AUDIBLE_DB
    apart = np.abs(thirds - exact_thirds)[heard]
    courses = [np.array(m.measurements.loudness_course_lufs) for m in (mix, exact)]
    rest = np.square(mix.audio - exact.audio, dtype=np.float64).sum()
    whole = np.square(exact.audio, dtype=np.float64).sum()
    return {
        "loudness_lu": abs(mix.measurements.lufs - exact.measurements.lufs),
        "short_term_lu": float(np.abs(courses[0] - courses[1]).max(initial=0.0)),
        "spectrum_mean_db": float(apart.mean()),
        "spectrum_worst_db": float(apart.max()),
        "residual_db": 10 * float(np.log10(max(rest, 1e-20) / max(whole, 1e-20))),
    }


def _networks(exported: Sequence[ExportedMixer], precision: Precision, folder: Path) -> Networks:
    def variant(path: Path) -> Path:
        copy = folder / path.name
        if not copy.exists():
            shutil.copyfile(path, copy)
        return make_variant(copy, precision)

    encoder = variant(exported[0].encoder_onnx)
    heads = {mixer.house.slug: variant(mixer.head_onnx) for mixer in exported}
    return Networks(
        Embedder(encoder),
        {slug: HeadSession(path) for slug, path in heads.items()},
        [encoder, *heads.values()],
    )


def _encoder_figures(variant: Networks, exact: Networks) -> Figures:
    return {
        "bytes": variant.files[0].stat().st_size,
        "microseconds": round(fidelity.encoder_microseconds(variant.encoder), 1),
        **fidelity.encoder_fidelity(variant.encoder, exact.encoder).to_json(),
    }


def _head_figures(variant: Networks, exact: Networks) -> Figures:
    """Of the head that is furthest off, and the mean size and time of all."""
    sizes = [path.stat().st_size for path in variant.files[1:]]
    times = [fidelity.head_microseconds(h, exact.encoder) for h in variant.heads.values()]
    found = [
        fidelity.head_fidelity(head, exact.heads[slug], exact.encoder)
        for slug, head in variant.heads.items()
    ]
    return {
        "bytes": round(float(np.mean(sizes))),
        "microseconds": round(float(np.mean(times)), 1),
        **max(found, key=lambda one: one.worst_steps).to_json(),
    }


def _mix_figures(
    networks: Mapping[Precision, Networks], songs: Sequence[Song], progress: Progress
) -> Figures:
    """Per variant the mean and worst difference of all mixers' mixes of all songs."""
    found: dict[Precision, list[Figures]] = {p: [] for p in networks if p != "fp32"}
    for song in songs:
        progress(f"Rendering {song.name} …")
        settings = {precision: networks[precision].settings(song) for precision in networks}
        for number, exact_settings in enumerate(settings["fp32"]):
            exact = render(song.stems, exact_settings)
            for precision, rows in found.items():
                mix = render(song.stems, settings[precision][number])
                rows.append(compare_mixes(mix, exact))
    return {precision: _summary(rows) for precision, rows in found.items() if rows}


def _summary(rows: Sequence[Figures]) -> Figures:
    table = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return {"mixes": len(rows)} | {
        name: {"mean": round(float(values.mean()), 4), "worst": round(float(values.max()), 4)}
        for name, values in table.items()
    }


def _demo_songs(count: int, seconds: float, progress: Progress) -> list[Song]:
    songs = []
    for demo in DEMOS[:count]:
        progress(f"Synthesising {demo.slug} …")
        stems = demo_song(demo.slug).stems
        samples = round(seconds * SAMPLE_RATE)
        songs.append(
            Song(demo.slug, [s.audio[:, :samples] for s in stems], [s.role for s in stems])
        )
    return songs


def _best(figures: Mapping[Precision, Mapping[str, Any]]) -> Precision:
    return fidelity.best(
        [Candidate(p, f["microseconds"], f["worst_steps"]) for p, f in figures.items()]
    )


def _reason(name: str, figures: Mapping[Precision, Mapping[str, Any]]) -> str:
    """Why a precision is recommended, from the figures."""
    exact, chosen = figures["fp32"], _best(figures)
    told = []
    for precision in ("fp16", "int8"):
        found = figures[precision]
        share = found["microseconds"] / exact["microseconds"]
        verdict = "too far off" if found["worst_steps"] > WORST_STEPS else "close enough"
        told.append(
            f"{precision} takes {share:.0%} of the time and {found['bytes'] / exact['bytes']:.0%} "
            f"of the size and is {verdict} ({found['worst_steps']:.3f} audible steps at worst)"
        )
    return f"Load the {name} as {chosen}: {'; '.join(told)}."
