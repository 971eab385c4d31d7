"""What downloaded files are called and what they are."""

from dataclasses import dataclass
from typing import Final

from mixing.audio.names import display_name
from mixing.models import Export, Mix


@dataclass(frozen=True, slots=True)
class Format:
    suffix: str
    content_type: str


FORMATS: Final[dict[str, Format]] = {
    Export.Kind.WAV: Format("wav", "audio/wav"),
    Export.Kind.FLAC: Format("flac", "audio/flac"),
    Export.Kind.MP3: Format("mp3", "audio/mpeg"),
    Export.Kind.STEMS: Format("zip", "application/zip"),
    Export.Kind.SETTINGS: Format("json", "application/json"),
}


def export_name(export: Export) -> str:
    """ "Song - Warm.wav"; previews, stems and settings say so."""
    parts = [mix_title(export.mix)]
    if export.kind in (Export.Kind.STEMS, Export.Kind.SETTINGS):
        parts.append(export.kind)
    return display_name(f"{' '.join(parts)}.{FORMATS[export.kind].suffix}")


def mix_title(mix: Mix) -> str:
    preview = " (preview)" if mix.is_preview() else ""
    return _flat(f"{mix.song.title} - {mix.mixer.name}{preview}")


def _flat(text: str) -> str:
    """Titles may hold slashes, which would look like folders."""
    return text.replace("/", "_").replace("\\", "_")
