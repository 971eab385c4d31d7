"""Tastes, populations and decisions for staff: to read; decisions go through the services."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from accounts.models import User
from accounts.refusals import Refusal
from evolution import services
from evolution.models import (
    EvolutionRun,
    Generation,
    HoldBack,
    Individual,
    PreferenceModel,
    Promotion,
    PromotionRule,
    TasteSettings,
)
from mixing.admin import ReadOnlyAdmin


class GenerationInline(admin.TabularInline):
    model = Generation
    fields = ("number", "state", "votes", "votes_horizon", "created_at")
    readonly_fields = fields
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class IndividualInline(admin.TabularInline):
    model = Individual
    fields = (
        "place", "operator", "niche", "utility", "p_better", "strength", "battles", "mixer",
        "genome_sha256",
    )  # fmt: skip
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(PreferenceModel)
class PreferenceModelAdmin(ReadOnlyAdmin):
    list_display = (
        "scope", "version", "is_current", "votes", "listeners", "feature_version",
        "descriptor_version", "fit_ms", "created_at",
    )  # fmt: skip
    list_filter = ("is_current", "feature_version", "descriptor_version", "created_at")
    search_fields = ("scope", "listener__email")
    date_hierarchy = "created_at"
    exclude = ("arrays",)


@admin.register(EvolutionRun)
class EvolutionRunAdmin(ReadOnlyAdmin):
    list_display = ("scope", "generation_count", "created_at")
    search_fields = ("scope", "listener__email")
    inlines: ClassVar[list[Any]] = [GenerationInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[EvolutionRun]:
        runs: QuerySet[EvolutionRun] = super().get_queryset(request)
        return runs.annotate(generation_count=Count("generations"))

    @admin.display(description="generations", ordering="generation_count")
    def generation_count(self, run: Any) -> int:
        return int(run.generation_count)


@admin.register(Generation)
class GenerationAdmin(ReadOnlyAdmin):
    list_display = ("run", "number", "state", "votes", "created_at")
    list_filter = ("state", "created_at")
    list_select_related = ("run",)
    search_fields = ("run__scope",)
    actions = ("run_again",)
    inlines: ClassVar[list[Any]] = [IndividualInline]

    @admin.action(description="Breed again from its seed and compare", permissions=["view"])
    def run_again(self, request: HttpRequest, queryset: QuerySet[Generation]) -> None:
        for generation in queryset.select_related("run", "taste"):
            try:
                again = services.rerun_generation(generation=generation)
            except Refusal as refusal:
                self.message_user(request, f"{generation}: {refusal.message}", messages.ERROR)
                continue
            said = "the same genomes" if again.identical else "OTHER genomes"
            level = messages.SUCCESS if again.identical else messages.ERROR
            self.message_user(request, f"{generation}: {said}.", level)


@admin.register(Promotion)
class PromotionAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "kind", "slot", "from_mixer", "to_mixer", "by", "rule", "reason")
    list_filter = ("kind", "rule", "created_at")
    list_select_related = ("from_mixer", "to_mixer", "by")
    search_fields = ("slot", "reason", "by__email")
    date_hierarchy = "created_at"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(PromotionRule)
class PromotionRuleAdmin(admin.ModelAdmin):
    list_display = (
        "slot", "least_probability", "least_votes", "enabled", "set_by", "updated_at",
    )  # fmt: skip
    fields = ("slot", "least_probability", "least_votes", "enabled", "reason")

    def save_model(self, request: HttpRequest, obj: PromotionRule, form: Any, change: bool) -> None:
        self._told(request, lambda: self._set(request, obj))

    def _set(self, request: HttpRequest, obj: PromotionRule) -> None:
        assert isinstance(request.user, User)
        rule = services.set_rule(
            slot=obj.slot,
            by=request.user,
            reason=obj.reason,
            least_probability=obj.least_probability,
            least_votes=obj.least_votes,
            enabled=obj.enabled,
        )
        obj.pk = rule.pk

    def _told(self, request: HttpRequest, do: Callable[[], None]) -> None:
        try:
            do()
        except Refusal as refusal:
            self.message_user(request, refusal.message, messages.ERROR)


@admin.register(TasteSettings)
class TasteSettingsAdmin(ReadOnlyAdmin):
    list_display = ("listener", "paused", "reset_at")
    list_filter = ("paused",)
    list_select_related = ("listener",)


@admin.register(HoldBack)
class HoldBackAdmin(ReadOnlyAdmin):
    list_display = ("tournament", "place", "personal", "community", "created_at")
    list_select_related = ("tournament__song", "personal", "community")
    date_hierarchy = "created_at"
