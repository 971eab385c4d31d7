"""What every page's template needs: icons, the import map, times and compact waveforms."""

import base64
import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from mixing import advice
from mixing.models import Stem

register = template.Library()

VENDORED = {"wavesurfer.js": "vendor/wavesurfer/wavesurfer.esm.js"}


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing from images/icons.svg; always beside a word or inside a labelled button."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>',
        static("images/icons.svg"),
        name,
    )


@register.simple_tag
def import_map() -> SafeString:
    """JSON for `<script type="importmap">`: every module of static/js by its name.

    Modules import each other as `mixarena/<name>`, so that a file's hashed address changes with
    its content and nobody runs half of an old release.
    """
    imports = {f"mixarena/{name}": static(f"js/{name}.js") for name in _module_names()}
    imports |= {name: static(path) for name, path in VENDORED.items()}
    # "<" would let a value end the script element.
    return mark_safe(json.dumps({"imports": imports}).replace("<", "\\u003c"))


def _module_names() -> list[str]:
    return _cached_module_names() if not settings.DEBUG else _scan_module_names()


def _scan_module_names() -> list[str]:
    folder = Path(settings.BASE_DIR) / "static" / "js"
    return sorted(
        path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.js")
    )


@cache
def _cached_module_names() -> list[str]:
    return _scan_module_names()


@register.filter
def clock(seconds: float | None) -> str:
    """A duration as people read it: 0:07, 3:25, 1:02:03; an en dash when unknown."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    if hours:
        return f"{hours}:{minutes:02}:{whole % 60:02}"
    return f"{minutes}:{whole % 60:02}"


@register.filter
def level(value: float | None, unit: str = "") -> str:
    """A level with one decimal and a true minus sign: "−14.0 LUFS"; an en dash when unknown."""
    if value is None:
        return "–"
    number = f"{value:.1f}".replace("-", "\N{MINUS SIGN}")
    return f"{number} {unit}".rstrip()


@register.filter
def kilohertz(sample_rate: int) -> str:
    """44100 → "44.1 kHz", 48000 → "48 kHz"."""
    return f"{sample_rate / 1000:.4g} kHz"


@register.filter
def compact_peaks(outline: Sequence[int] | None, bins: int = 600) -> str:
    """Stored peaks (min, max, min, max, …; −127 to 127) as base64 of signed bytes.

    Folded to at most `bins` pairs: a card is about that many pixels wide.
    """
    if not outline:
        return ""
    pairs = len(outline) // 2
    kept = min(bins, pairs)
    folded = bytearray()
    for index in range(kept):
        start, stop = index * pairs // kept, (index + 1) * pairs // kept
        folded.append(min(outline[2 * start : 2 * stop : 2]) & 0xFF)
        folded.append(max(outline[2 * start + 1 : 2 * stop : 2]) & 0xFF)
    return base64.b64encode(folded).decode("ascii")


@register.filter
def stacked_peaks(stems: Iterable[Stem], bins: int = 80) -> str:
    """The outlines of several stems for `<wave-form peaks="…">`, one under the other."""
    return " ".join(compact_peaks(stem.peaks, bins) for stem in stems if stem.peaks)


@register.filter
def advice_for_refused(code: str) -> str:
    return advice.for_refused(code)


@register.filter
def advice_for_warning(name: str) -> str:
    return advice.for_warning(name)


@register.filter
def share(value: float | None) -> str:
    """A probability or share as people read it: 0.87 → "87 %"; an en dash when unknown."""
    return "–" if value is None else f"{round(100 * value)} %"
