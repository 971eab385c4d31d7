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
from tournaments import services
from tournaments.clips import clip_path, is_playable
from tournaments.models import (
    Battle,
    Entry,
    EntryMix,
    ListenerTrust,
    Participant,
    Recording,
    Tournament,
    TournamentSong,
    Vote,
)

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


class SongInline(ReadOnlyInline):
    model = TournamentSong
    fields = ("position", "song")


class VoteInline(ReadOnlyInline):
    model = Vote
    fields = ("choice", "heard_a_s", "heard_b_s", "switches", "counted", "withdrawn_at")


@admin.register(Tournament)
class TournamentAdmin(ReadOnlyAdmin):
    list_display = (
        "__str__", "owner", "format", "voters", "state", "ended_because", "decided", "vote_budget",
        "is_community", "is_shared", "created_at",
    )  # fmt: skip
    list_filter = (
        "state", "format", "voters", "is_community", "ended_because",
        ("share_token", admin.EmptyFieldListFilter), "created_at",
    )  # fmt: skip
    list_select_related = ("song", "owner")
    search_fields = ("id", "title", "song__title", "owner__email")
    date_hierarchy = "created_at"
    # The seed would tell the sides of battles to come; tokens open pages.
    exclude = ("seed", "share_token", "join_token")
    # Battles have a list of their own: there may be a hundred thousand.
    inlines: ClassVar[list[Any]] = [SongInline, EntryInline]

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
        "tournament", "number", "listener", "kind", "match", "state", "reason", "side_a", "clip_a",
        "side_b", "clip_b", "decided_at",
    )  # fmt: skip
    list_filter = ("state", "kind", "reason", "side_a__mixer", "side_b__mixer", "created_at")
    list_select_related = (
        "tournament__song", "listener", "side_a__mixer", "side_b__mixer", "mix_a__preview",
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
        "battle", "listener", "choice", "chips", "heard_a_s", "heard_b_s", "switches",
        "first_side", "device", "weight", "counted", "why_not_counted", "is_withdrawn",
        "created_at",
    )  # fmt: skip
    list_filter = (
        "choice", "counted", "why_not_counted", "battle__kind", "first_side", "device",
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


@admin.register(ListenerTrust)
class ListenerTrustAdmin(ReadOnlyAdmin):
    """Who is weighed how, and why; staff's word stands above what was measured."""

    list_display = (
        "listener", "weight", "checks", "checks_passed", "verdict", "reason", "staff_verdict",
        "measured_at",
    )  # fmt: skip
    list_filter = ("verdict", "staff_verdict", "measured_at")
    list_select_related = ("listener",)
    search_fields = ("listener__id", "listener__email", "listener__name")
    actions = ("trust", "distrust", "let_measure")

    @admin.display(description="reason")
    def reason(self, trust: ListenerTrust) -> str:
        return "; ".join(trust.reasons)

    @admin.action(description="Count their votes", permissions=["review"])
    def trust(self, request: HttpRequest, queryset: QuerySet[ListenerTrust]) -> None:
        self._review(request, queryset, ListenerTrust.Verdict.CLEAR)

    @admin.action(description="Leave their votes out", permissions=["review"])
    def distrust(self, request: HttpRequest, queryset: QuerySet[ListenerTrust]) -> None:
        self._review(request, queryset, ListenerTrust.Verdict.FLAGGED)

    @admin.action(description="Leave it to what is measured", permissions=["review"])
    def let_measure(self, request: HttpRequest, queryset: QuerySet[ListenerTrust]) -> None:
        self._review(request, queryset, "")

    def has_review_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tournaments.change_listenertrust")

    def _review(
        self, request: HttpRequest, queryset: QuerySet[ListenerTrust], verdict: str
    ) -> None:
        for trust in queryset.select_related("listener"):
            services.review_listener(listener=trust.listener, verdict=verdict)
            logger.info("staff %s says %r of %s", request.user.pk, verdict, trust.listener_id)
        self.message_user(request, f"{queryset.count()} listeners were reviewed.")


@admin.register(Participant)
class ParticipantAdmin(ReadOnlyAdmin):
    list_display = ("tournament", "listener", "joined_at", "finished_at", "code_used_at")
    list_filter = ("finished_at", "code_used_at")
    list_select_related = ("tournament__song", "listener")
    search_fields = ("tournament__id", "listener__id", "listener__email")
    exclude = ("completion_code",)


@admin.register(Recording)
class RecordingAdmin(ReadOnlyAdmin):
    list_display = ("kind", "song", "owner", "lufs", "true_peak_dbtp", "created_at")
    list_filter = ("kind", "created_at")
    list_select_related = ("song", "owner")
    search_fields = ("id", "song__title", "owner__email")


def _is_audible(mix: EntryMix | None) -> bool:
    return mix is not None and is_playable(mix.sound)


def _player(battle: Battle, side: str) -> str:
    url = reverse("admin:tournaments_battle_clip", args=[battle.pk, side])
    return format_html('<audio controls preload="none" src="{}"></audio>', url)
