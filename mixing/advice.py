"""What somebody can do about a stem that was refused or that looks odd, by stable code."""

from typing import Final

_REFUSED: Final[dict[str, str]] = {
    "empty_audio": "Export the track again: this file holds no sound.",
    "unsupported_type": "Export it as WAV, AIFF, FLAC, OGG or MP3 and add it again.",
    "unsupported_format": "Export it as 16-, 24- or 32-bit WAV, mono or stereo, and add it again.",
    "too_long": "Bring the part of the song you want to mix, up to 15 minutes.",
    "too_large": "FLAC holds the same sound in about half the size.",
    "non_finite": "A plug-in probably broke while exporting. Export the track again.",
    "decode_failed": "The file is probably incomplete. Export or copy it again.",
    "bad_archive": "Pack the stems into a plain zip, or drop the files themselves.",
    "too_many_stems": "A song holds 32 stems. Group some of them into one file.",
}

_WARNED: Final[dict[str, str]] = {
    "truncated": "The file ends earlier than its header says. It may be cut off.",
    "above_full_scale": "Louder than full scale. Nothing is lost: the mix uses its full level.",
    "silent": "This stem is silent and will not be heard.",
}


def for_refused(code: str) -> str:
    """What to do about a refused file; empty when the reason says it all."""
    return _REFUSED.get(code, "")


def for_warning(name: str) -> str:
    """What a warning of the decoder means for the mix."""
    return _WARNED.get(name, name.replace("_", " "))
