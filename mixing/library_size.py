"""What the library takes on disk, by kind, and how that compares with plain 16-bit WAV."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db.models import F, Sum

from mixing import counting
from mixing.models import Export, Mix, Mixer, ModelVariant, Stem
from mixing.storage import media_path, model_path

_WAV_BYTES: Final = 2
"""Of one 16-bit sample."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Files of one kind: how many, their bytes, and those of the same sound as 16-bit WAV (0 where
    there is no such thing)."""

    files: int
    bytes: int
    wav_bytes: int = 0

    def to_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {"files": self.files, "bytes": self.bytes}
        if self.wav_bytes:
            told |= {
                "wav_16_bit_bytes": self.wav_bytes,
                "smaller_than_wav": round(1 - self.bytes / self.wav_bytes, 4),
            }
        return told


def by_kind() -> dict[str, Kind]:
    """The library's files as rows name them; those that are missing count for nothing.

    `other` is what no row names: clips of battles, uploads on their way, work that is going on.
    """
    stems = Stem.objects.ready()
    stem_wav = _wav(stems.aggregate(frames=Sum(F("frames") * F("channels"))))
    mixes = Mix.objects.exclude(audio_file="")
    exports = Export.objects.exclude(file="").exclude(kind=Export.Kind.FLAC)
    kinds = {
        "stems": _media(stems.values_list("audio_file", flat=True), stem_wav),
        "features": _media(stems.values_list("spectrogram_file", flat=True), stem_wav),
        "mixes": _media(
            mixes.values_list("audio_file", flat=True),
            _wav(mixes.aggregate(frames=Sum(F("frames") * 2))),
        ),
        "exports": _media(exports.values_list("file", flat=True)),
        "models": _files(model_path(name) for name in _model_names()),
        "variants": _files(model_path(name) for name in _variant_names()),
    }
    named = sum(kind.bytes for kind in kinds.values())
    whole = _files(_all_files())
    count = sum(kind.files for kind in kinds.values())
    return kinds | {"other": Kind(whole.files - count, whole.bytes - named), "all": whole}


def figures() -> dict[str, Any]:
    """All of it as JSON can say it, with the counts of the result caches."""
    kinds = {name: kind.to_json() for name, kind in by_kind().items()}
    return {"kinds": kinds, "caches": counting.counts()}


def _wav(total: dict[str, int | None]) -> int:
    return _WAV_BYTES * (total["frames"] or 0)


def _media(names: Iterable[str], wav_bytes: int = 0) -> Kind:
    found = _files(media_path(name) for name in names if name)
    return Kind(found.files, found.bytes, wav_bytes)


def _files(paths: Iterable[Path]) -> Kind:
    sizes = [size for path in paths if (size := _size(path)) is not None]
    return Kind(len(sizes), sum(sizes))


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # Removed just now, or with its owner's account.
        return None


def _model_names() -> set[str]:
    rows = Mixer.objects.values_list("genome_file", "head_onnx_file", "encoder_onnx_file")
    return {name for row in rows for name in row if name}


def _variant_names() -> set[str]:
    rows = ModelVariant.objects.exclude(precision="fp32").exclude(file="")
    return set(rows.values_list("file", flat=True)) - _model_names()


def _all_files() -> Iterable[Path]:
    for root in (settings.MEDIA_ROOT, settings.MODELS_ROOT, settings.UPLOAD_ROOT):
        yield from (path for path in Path(root).rglob("*") if path.is_file())
