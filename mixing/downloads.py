"""What mixes can be taken away as: what the files are called, what they are, who may have them."""

from dataclasses import dataclass
from typing import Final

from mixing import console_access
from mixing.audio import ffmpeg
from mixing.audio.names import display_name
from mixing.models import Export, Mix, Song


@dataclass(frozen=True, slots=True)
class Format:
    suffix: str
    content_type: str


FORMATS: Final[dict[str, Format]] = {
    Export.Kind.WAV: Format("wav", "audio/wav"),
    Export.Kind.WAV16: Format("wav", "audio/wav"),
    Export.Kind.WAV32F: Format("wav", "audio/wav"),
    Export.Kind.FLAC: Format("flac", "audio/flac"),
    Export.Kind.MP3: Format("mp3", "audio/mpeg"),
    Export.Kind.OPUS: Format("opus", "audio/ogg"),
    Export.Kind.AAC: Format("m4a", "audio/mp4"),
    Export.Kind.STEMS: Format("zip", "application/zip"),
    Export.Kind.DAWPROJECT: Format("dawproject", "application/vnd.dawproject+zip"),
    Export.Kind.SETTINGS: Format("json", "application/json"),
}


_CODECS: Final[dict[str, ffmpeg.Codec]] = {Export.Kind.OPUS: "opus", Export.Kind.AAC: "aac"}
"""Kinds that only ffmpeg writes."""
_ADDED: Final[dict[str, str]] = {
    Export.Kind.WAV16: "16-bit",
    Export.Kind.WAV32F: "32-bit float",
    Export.Kind.STEMS: "stems",
    Export.Kind.SETTINGS: "settings",
}


def is_makeable(kind: str) -> bool:
    """Whether this server has the encoder."""
    return kind not in _CODECS or _CODECS[kind] in ffmpeg.codecs()


def unmakeable() -> list[str]:
    """Labels of the kinds that this server cannot make, for a sentence that says so."""
    return [kind.label for kind in Export.Kind if not is_makeable(kind)]


def kinds_for(song: Song, user: object) -> list[tuple[str, str]]:
    """(kind, label) of what this person may ask for; sessions hold raw stems."""
    may_have_stems = console_access.may_use(song, user)
    return [
        (kind.value, kind.label)
        for kind in Export.Kind
        if is_makeable(kind) and (may_have_stems or kind != Export.Kind.DAWPROJECT)
    ]


def export_name(export: Export) -> str:
    """ "Song - Warm.wav"; previews, stems, settings and other kinds of WAV say so."""
    parts = [mix_title(export.mix)]
    if export.kind in _ADDED:
        parts.append(_ADDED[export.kind])
    return display_name(f"{' '.join(parts)}.{FORMATS[export.kind].suffix}")


def mix_title(mix: Mix) -> str:
    preview = " (preview)" if mix.is_preview() else ""
    return _flat(f"{mix.song.title} - {mix.mixer.name}{preview}")


def _flat(text: str) -> str:
    """Titles may hold slashes, which would look like folders."""
    return text.replace("/", "_").replace("\\", "_")
