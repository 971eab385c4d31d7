"""Networks at work for staff: variants with what was measured of them, and the caches' counts."""

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from mixing.inference_models import CacheCount, ModelVariant
from mixing.models import Mixer


class _Measured(admin.ModelAdmin):
    """Rows that only workers write; what is made by them can be made again."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ModelVariant)
class ModelVariantAdmin(_Measured):
    list_display = ("__str__", "precision", "bytes", "microseconds", "worst_steps", "problem")
    list_filter = ("precision", "made_at")
    search_fields = ("file", "sha256", "of_sha256")
    date_hierarchy = "made_at"
    fields = (
        "precision", "file", "sha256", "bytes", "of_sha256", "mixers", "microseconds",
        "worst_steps", "errors", "problem", "made_at",
    )  # fmt: skip
    readonly_fields = fields

    @admin.display(description="mixers")
    def mixers(self, variant: ModelVariant) -> str:
        """Whose network it is; an encoder is everybody's."""
        heads = Mixer.objects.filter(head_onnx_sha256=variant.of_sha256)
        return ", ".join(map(str, heads)) or "all (the encoder)"

    @admin.display(description="errors in console units")
    def errors(self, variant: ModelVariant) -> str:
        return format_html("<pre>{}</pre>", json.dumps(variant.fidelity, indent=2))


@admin.register(CacheCount)
class CacheCountAdmin(_Measured):
    list_display = ("name", "hits", "misses", "share")

    @admin.display(description="found there")
    def share(self, row: CacheCount) -> str:
        asked = row.hits + row.misses
        return f"{row.hits / asked:.0%}" if asked else "–"


def variants_of(mixer: Mixer) -> SafeString | str:
    """The measured variants of a mixer's networks, one to a line."""
    networks = {mixer.encoder_onnx_sha256: "encoder", mixer.head_onnx_sha256: "head"}
    rows = ModelVariant.objects.filter(of_sha256__in=networks).order_by("of_sha256", "-bytes")
    lines = (
        (networks[row.of_sha256], row.precision, f"{row.bytes:,}", f"{row.microseconds:.0f}",
         f"{row.worst_steps:.3f}")
        for row in rows
    )  # fmt: skip
    text = "{} {}: {} bytes, {} µs, {} audible steps off at worst"
    return format_html_join(SafeString("<br>"), text, lines) or "none yet"


def lineage_of(mixer: Mixer) -> SafeString | str:
    """Parents and children, by name and generation."""
    lines = [
        (kind, f"{other} (generation {other.generation})")
        for kind, others in (("from", mixer.parents.all()), ("to", mixer.children.all()[:20]))
        for other in others
    ]
    return format_html_join(SafeString("<br>"), "{} {}", lines) or "none"
