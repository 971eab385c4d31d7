"""Presets and mixes by hand for staff: to be looked at and, if they offend, removed."""

import json

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html

from mixing.models import HandMix, Preset


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
