"""Tournaments, battles and votes for staff: to read, to hear, and to hold a vote out of the fit.

Votes are append-only, so nothing here edits what somebody chose.
"""

import logging
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from mixing.admin import ReadOnlyAdmin
from mixing.streaming import range_response
from tournaments.clips import clip_path, is_playable
from tournaments.models import Battle, Entry, EntryMix, Tournament, Vote

logger = logging.getLogger(__name__)

HELD_OUT = "held_out_by_staff"


class ReadOnlyInline(admin.TabularInline):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class EntryInline(ReadOnlyInline):
    model = Entry
    fields = ("number", "kind", "mixer", "label", "owner", "seeding")


class BattleInline(ReadOnlyInline):
    model = Battle
    fk_name = "tournament"
    fields = ("number", "side_a", "side_b", "state", "clip_lufs", "decided_at")
    show_change_link = True


class VoteInline(ReadOnlyInline):
    model = Vote
    fields = ("choice", "heard_a_s", "heard_b_s", "switches", "counted", "withdrawn_at")


@admin.register(Tournament)
class TournamentAdmin(ReadOnlyAdmin):
    list_display = (
        "song", "owner", "format", "state", "decided", "battle_budget", "is_shared", "created_at",
    )  # fmt: skip
    list_filter = (
        "state", "format", ("share_token", admin.EmptyFieldListFilter), "created_at",
    )  # fmt: skip
    list_select_related = ("song", "owner")
    search_fields = ("id", "song__title", "owner__email")
    date_hierarchy = "created_at"
    # The seed would tell the sides of battles to come; the token opens the public page.
    exclude = ("seed", "share_token")
    inlines: ClassVar[list[Any]] = [EntryInline, BattleInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tournament]:
        tournaments: QuerySet[Tournament] = super().get_queryset(request)
        decided = Q(battles__state=Battle.State.DECIDED)
        return tournaments.annotate(decided_battles=Count("battles", filter=decided))

    @admin.display(description="decided", ordering="decided_battles")
    def decided(self, tournament: Any) -> int:
        return int(tournament.decided_battles)

    @admin.display(description="shared", boolean=True)
    def is_shared(self, tournament: Tournament) -> bool:
        return tournament.share_token is not None


@admin.register(Battle)
class BattleAdmin(ReadOnlyAdmin):
    list_display = (
        "tournament", "number", "state", "side_a", "clip_a", "side_b", "clip_b", "decided_at",
    )  # fmt: skip
    list_filter = ("state", "side_a__mixer", "side_b__mixer", "created_at")
    list_select_related = (
        "tournament__song", "side_a__mixer", "side_b__mixer", "mix_a__preview",
        "mix_a__recording", "mix_b__preview", "mix_b__recording",
    )  # fmt: skip
    search_fields = ("id", "tournament__id", "tournament__song__title")
    date_hierarchy = "created_at"
    readonly_fields = ("clip_a", "clip_b")
    inlines: ClassVar[list[Any]] = [VoteInline]

    def get_urls(self) -> list[URLPattern]:
        clip = path(
            "<uuid:battle_id>/clip/<str:side>",
            self.admin_site.admin_view(self.clip),
            name="tournaments_battle_clip",
        )
        return [clip, *super().get_urls()]

    @admin.display(description="hear A", empty_value="–")
    def clip_a(self, battle: Battle) -> str | None:
        return _player(battle, "a") if _is_audible(battle.mix_a) else None

    @admin.display(description="hear B", empty_value="–")
    def clip_b(self, battle: Battle) -> str | None:
        return _player(battle, "b") if _is_audible(battle.mix_b) else None

    def clip(self, request: HttpRequest, battle_id: UUID, side: str) -> HttpResponseBase:
        """What the listener hears of a side, for staff who may see battles; it is logged."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        battle = get_object_or_404(Battle, pk=battle_id)
        letter = "a" if side == "a" else "b"
        logger.info("staff %s hears side %s of battle %s", request.user.pk, letter, battle.pk)
        return range_response(
            request, clip_path(battle, letter), content_type="audio/wav", cache="no-store"
        )


@admin.register(Vote)
class VoteAdmin(ReadOnlyAdmin):
    list_display = (
        "battle", "listener", "choice", "heard_a_s", "heard_b_s", "switches", "first_side",
        "counted", "why_not_counted", "is_withdrawn", "created_at",
    )  # fmt: skip
    list_filter = (
        "choice", "counted", "why_not_counted", "first_side",
        ("withdrawn_at", admin.EmptyFieldListFilter), "created_at",
    )  # fmt: skip
    list_select_related = ("battle__tournament__song", "listener")
    search_fields = ("id", "battle__id", "listener__id", "listener__email")
    date_hierarchy = "created_at"
    actions = ("hold_out", "count_again")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="taken back", boolean=True)
    def is_withdrawn(self, vote: Vote) -> bool:
        return vote.withdrawn_at is not None

    @admin.action(description="Hold out of the standings", permissions=["hold_out"])
    def hold_out(self, request: HttpRequest, queryset: QuerySet[Vote]) -> None:
        """The rows stay; strengths are fitted without them from now on."""
        changed = queryset.filter(counted=True).update(counted=False, why_not_counted=HELD_OUT)
        self.message_user(request, f"{changed} votes are held out.")

    @admin.action(description="Count again", permissions=["hold_out"])
    def count_again(self, request: HttpRequest, queryset: QuerySet[Vote]) -> None:
        """Undoes holding out; votes that never counted stay so."""
        changed = queryset.filter(why_not_counted=HELD_OUT).update(counted=True, why_not_counted="")
        self.message_user(request, f"{changed} votes count again.")

    def has_hold_out_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tournaments.change_vote")


def _is_audible(mix: EntryMix | None) -> bool:
    return mix is not None and is_playable(mix.sound)


def _player(battle: Battle, side: str) -> str:
    url = reverse("admin:tournaments_battle_clip", args=[battle.pk, side])
    return format_html('<audio controls preload="none" src="{}"></audio>', url)
