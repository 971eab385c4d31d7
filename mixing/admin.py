"""Songs, stems, mixers, mixes, exports and presets for staff.

Job columns are read-only, because workers own them. Mixes can be heard; stems cannot, because raw
stems are for their owner alone.
"""

import json
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from mixing import inference_admin, selectors, services
from mixing.jobs import FINAL, Job
from mixing.models import (
    Export,
    HandMix,
    Mix,
    Mixer,
    OutboxMessage,
    Preset,
    Slot,
    SlotMove,
    Song,
    Stem,
    Upload,
)
from mixing.storage import media_path
from mixing.streaming import range_response

JOB_FILTERS = ("state", "error_code", "created_at")


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that only the product writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class JobAdmin(ReadOnlyAdmin):
    """Jobs, the latest first, with what went wrong."""

    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    list_filter: ClassVar[Any] = JOB_FILTERS

    @admin.display(description="took", empty_value="–")
    def took(self, job: Job) -> str | None:
        if job.started_at is None or job.finished_at is None:
            return None
        return f"{(job.finished_at - job.started_at).total_seconds():.1f} s"

    @admin.display(description="LUFS", ordering="lufs", empty_value="–")
    def level(self, audio: Stem | Mix) -> str | None:
        return _tenths(audio.lufs)


class StemInline(admin.TabularInline):
    model = Stem
    fields = ("position", "name", "role", "role_source", "state", "lufs", "error_message")
    readonly_fields = fields
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Song)
class SongAdmin(admin.ModelAdmin):
    list_display = (
        "title", "artist", "owner", "status", "visibility", "stem_count", "ready_mix_count",
        "created_at",
    )  # fmt: skip
    list_filter = ("status", "visibility", "genre", "created_at")
    search_fields = ("id", "title", "artist", "owner__email")
    list_select_related = ("owner",)
    date_hierarchy = "created_at"
    fields = (
        "id", "title", "artist", "genre", "tempo_bpm", "visibility", "licence", "demo_slug",
        "owner", "status", "frames", "section_start", "section_stop", "training_agreed_at",
        "created_at",
    )  # fmt: skip
    readonly_fields = (
        "id", "owner", "demo_slug", "status", "frames", "section_start", "section_stop",
        "training_agreed_at", "created_at",
    )  # fmt: skip
    inlines: ClassVar[list[Any]] = [StemInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Song]:
        return selectors.with_counts(super().get_queryset(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Who may delete a song may delete what belongs to it, which has no button of its own."""
        shown, counts, _, protected = super().get_deleted_objects(objs, request)
        return shown, counts, set(), protected

    # Files and quota go with a song: the service does both.
    def delete_model(self, request: HttpRequest, obj: Song) -> None:
        services.delete_song(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Song]) -> None:
        for song in queryset:
            services.delete_song(song)

    @admin.display(description="stems")
    def stem_count(self, song: Any) -> int:
        return int(song.stem_count)

    @admin.display(description="full mixes")
    def ready_mix_count(self, song: Any) -> int:
        return int(song.ready_mix_count)


@admin.register(Stem)
class StemAdmin(JobAdmin):
    list_display = ("name", "song", "role", "role_source", "state", "level", "took", "created_at")
    list_filter = (*JOB_FILTERS, "role", "role_source")
    list_select_related = ("song",)
    search_fields = ("id", "name", "song__title", "fingerprint", "source_sha256")
    exclude = ("peaks",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # Deleting goes through the song, which frees files and quota.


@admin.register(Upload)
class UploadAdmin(JobAdmin):
    list_display = ("name", "song", "kind", "state", "received", "size", "created_at")
    list_filter = (*JOB_FILTERS, "kind")
    list_select_related = ("song",)
    search_fields = ("id", "name", "song__title")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Mix)
class MixAdmin(JobAdmin):
    list_display = (
        "song", "mixer", "section", "state", "level", "true_peak", "took", "player", "created_at",
    )  # fmt: skip
    list_filter = (*JOB_FILTERS, "section", "mixer")
    list_select_related = ("song", "mixer")
    search_fields = ("id", "song__title", "cache_key")
    exclude = ("peaks",)
    readonly_fields = ("player",)
    actions = ("try_again",)

    def get_urls(self) -> list[URLPattern]:
        audio = path(
            "<uuid:mix_id>/audio", self.admin_site.admin_view(self.audio), name="mixing_mix_audio"
        )
        return [audio, *super().get_urls()]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="dBTP", ordering="true_peak_dbtp", empty_value="–")
    def true_peak(self, mix: Mix) -> str | None:
        return _tenths(mix.true_peak_dbtp)

    @admin.display(description="audio", empty_value="–")
    def player(self, mix: Mix) -> str | None:
        if not mix.is_ready():
            return None
        url = reverse("admin:mixing_mix_audio", args=[mix.pk])
        return format_html('<audio controls preload="none" src="{}"></audio>', url)

    def audio(self, request: HttpRequest, mix_id: UUID) -> HttpResponseBase:
        """The mix's master, for staff who may see mixes."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        mix = get_object_or_404(Mix, pk=mix_id)
        if not mix.is_ready():
            raise Http404
        return range_response(request, media_path(mix.audio_file), content_type="audio/flac")

    @admin.action(description="Try failed mixes again", permissions=["view"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Mix]) -> None:
        again = [services.retry_mix(mix) for mix in queryset if _can_restart(mix)]
        messages.success(request, f"{len(again)} mixes wait for their turn again.")


@admin.register(Export)
class ExportAdmin(JobAdmin):
    list_display = ("mix", "kind", "state", "bytes", "took", "created_at")
    list_filter = (*JOB_FILTERS, "kind")
    list_select_related = ("mix__song", "mix__mixer")
    search_fields = ("id", "mix__song__title")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Mixer)
class MixerAdmin(admin.ModelAdmin):
    list_display = ("name", "slug", "status", "origin", "generation", "owner", "mix_count")
    list_filter = ("status", "origin", "architecture", "encoder_version")
    search_fields = ("id", "name", "slug", "genome_sha256")
    list_select_related = ("owner",)
    # A change of weights is a new row: only the listing can be changed here.
    fields = (
        "id", "name", "slug", "description", "status", "architecture", "encoder_version",
        "generation", "origin", "owner", "genome_file", "genome_sha256", "head_onnx_file",
        "head_onnx_sha256", "encoder_onnx_file", "encoder_onnx_sha256", "variants", "lineage",
        "metrics", "created_at",
    )  # fmt: skip
    readonly_fields = tuple(name for name in fields if name not in ("description", "status"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mixer]:
        mixers: QuerySet[Mixer] = super().get_queryset(request)
        return mixers.annotate(mix_count=models.Count("mixes"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="mixes")
    def mix_count(self, mixer: Any) -> int:
        return int(mixer.mix_count)

    @admin.display(description="variants")
    def variants(self, mixer: Mixer) -> str:
        return inference_admin.variants_of(mixer)

    @admin.display(description="lineage")
    def lineage(self, mixer: Mixer) -> str:
        return inference_admin.lineage_of(mixer)


class SlotMoveInline(admin.TabularInline):
    model = SlotMove
    fields = ("moved_at", "to_mixer", "moved_by", "reason")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Slot)
class SlotAdmin(ReadOnlyAdmin):
    list_display = ("name", "mixer")
    list_select_related = ("mixer",)
    search_fields = ("name",)
    inlines: ClassVar[list[Any]] = [SlotMoveInline]


@admin.register(Preset)
class PresetAdmin(admin.ModelAdmin):
    list_display = ("name", "owner", "description", "updated_at")
    list_filter = ("created_at",)
    search_fields = ("id", "name", "description", "owner__email")
    list_select_related = ("owner",)
    date_hierarchy = "created_at"
    fields = ("id", "owner", "name", "description", "moves", "created_at", "updated_at")
    readonly_fields = ("id", "owner", "moves", "created_at", "updated_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="content")
    def moves(self, preset: Preset) -> str:
        return format_html("<pre>{}</pre>", json.dumps(preset.content, indent=2, sort_keys=True))


@admin.register(HandMix)
class HandMixAdmin(admin.ModelAdmin):
    list_display = ("name", "owner", "full", "created_at")
    list_filter = ("created_at",)
    search_fields = ("id", "name", "owner__email", "full__song__title")
    list_select_related = ("owner", "full__song", "full__mixer")
    date_hierarchy = "created_at"
    fields = ("id", "owner", "name", "preview", "full", "created_at")
    readonly_fields = ("id", "owner", "preview", "full", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin):
    list_display = ("task", "args", "created_at", "published_at")
    list_filter = ("task", ("published_at", admin.EmptyFieldListFilter))
    date_hierarchy = "created_at"


def _can_restart(mix: Mix) -> bool:
    return mix.state in FINAL and not mix.is_ready()


def _tenths(level: float | None) -> str | None:
    return None if level is None else f"{level:.1f}"
