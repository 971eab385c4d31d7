"""What the API takes and gives. A blind battle has a serializer that cannot name a mixer."""

from typing import Any, NoReturn
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import User
from accounts.serializers import StrictSerializer
from mixing.models import Mixer
from tournaments import listening, selectors
from tournaments.models import Battle, Entry, Listening, Tournament, Vote
from tournaments.refusals import BadChoice
from tournaments.selectors import BlindBattle
from tournaments.services import LEAST_BATTLES, MOST_BATTLES

PROGRESS_STATES = ("battle", "waiting", "closed")
CHAMPION_STATES = ("ready", "rendering", "failed")


class ChoiceField(serializers.ChoiceField):
    """A choice outside the four is refused by the domain's own name for it."""

    def fail(self, key: str, **kwargs: Any) -> NoReturn:
        raise BadChoice


class HumanMixInput(StrictSerializer):
    label = serializers.CharField(  # type: ignore[assignment] # Also the name of a property.
        max_length=80, help_text="Its name, told after the vote."
    )
    recordings = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=8, help_text="One per song."
    )


class TournamentInput(StrictSerializer):
    """`song`, or `songs`; all else has defaults."""

    song = serializers.UUIDField(required=False)
    songs = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=8)
    title = serializers.CharField(required=False, allow_blank=True, max_length=120)
    format = serializers.ChoiceField(choices=Tournament.Format.choices, required=False)
    goal = serializers.ChoiceField(choices=Tournament.Goal.choices, required=False)
    voters = serializers.ChoiceField(choices=Tournament.Voters.choices, required=False)
    battle_budget = serializers.IntegerField(
        required=False,
        min_value=LEAST_BATTLES,
        max_value=MOST_BATTLES,
        help_text="Battles of one listener's session.",
    )
    votes_per_match = serializers.IntegerField(required=False, min_value=1, max_value=99)
    rounds = serializers.IntegerField(required=False, min_value=0, max_value=32)
    vote_budget = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=100_000
    )
    ends_at = serializers.DateTimeField(required=False, allow_null=True)
    stop_at = serializers.FloatField(
        required=False, allow_null=True, min_value=0.5, max_value=0.999
    )
    hidden_checks = serializers.BooleanField(required=False, allow_null=True)
    is_community = serializers.BooleanField(required=False)
    mixers = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=33)
    human_mixes = serializers.ListField(child=HumanMixInput(), required=False, max_length=32)


class JoinInput(StrictSerializer):
    token = serializers.CharField(max_length=43)


class VoteInput(StrictSerializer):
    """Who votes, when, and what was heard is the server's knowledge."""

    choice = ChoiceField(choices=Vote.Choice.choices)
    device = serializers.ChoiceField(
        choices=Vote.Device.choices,
        required=False,
        allow_blank=True,
        help_text="What you listen with, if you know.",
    )


class ChipsInput(StrictSerializer):
    chips = serializers.ListField(
        child=serializers.ChoiceField(choices=Vote.Chip.choices), max_length=len(Vote.Chip)
    )


class SkipInput(StrictSerializer):
    reason = serializers.ChoiceField(choices=Battle.SkipReason.choices)


class ListeningInput(StrictSerializer):
    """What a player tells. There is no field for how long: the server's clock says that."""

    event = serializers.ChoiceField(
        choices=listening.EVENTS,
        help_text="`tick` each second while playing; `seek` for a jump; `region` for a loop.",
    )
    side = serializers.ChoiceField(
        choices=Listening.Side.choices, default="", help_text="For play, switch and tick."
    )
    start_s = serializers.FloatField(default=None, allow_null=True, help_text="For region.")
    stop_s = serializers.FloatField(default=None, allow_null=True, help_text="For region.")


class MixerNameSerializer(serializers.ModelSerializer[Mixer]):
    class Meta:
        model = Mixer
        fields = ("id", "slug", "name")


class EntrySerializer(serializers.ModelSerializer[Entry]):
    """A competitor: a mixer, or (`mixer` null) a person's mix with a name of its own."""

    mixer = MixerNameSerializer(allow_null=True)
    name = serializers.CharField()

    class Meta:
        model = Entry
        fields = ("id", "kind", "name", "mixer")


class ProgressSerializer(serializers.Serializer[Any]):
    """How far it is: `battle` (there is one to hear), `waiting` (for previews) or `closed`."""

    state = serializers.ChoiceField(choices=PROGRESS_STATES)
    number = serializers.IntegerField()
    of = serializers.IntegerField()
    decided = serializers.IntegerField()
    previews_ready = serializers.IntegerField()
    previews_total = serializers.IntegerField()
    previews_failed = serializers.IntegerField()
    open_battle_id = serializers.UUIDField(allow_null=True)
    may_undo = serializers.BooleanField()


class TournamentSerializer(serializers.ModelSerializer[Tournament]):
    song_title = serializers.CharField(source="song.title")

    class Meta:
        model = Tournament
        fields = (
            "id", "title", "song", "song_title", "format", "goal", "voters", "is_community",
            "battle_budget", "votes_per_match", "vote_budget", "ends_at", "stop_at", "state",
            "ended_because", "created_at", "closed_at",
        )  # fmt: skip
        read_only_fields = fields


class TournamentDetailSerializer(serializers.ModelSerializer[Tournament]):
    """With its entries in order of name, which says nothing of any battle's sides."""

    song_title = serializers.CharField(source="song.title")
    songs = serializers.SerializerMethodField()
    entries = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()
    share_token = serializers.SerializerMethodField(help_text="For the owner.")
    join_token = serializers.SerializerMethodField(help_text="For the owner.")

    class Meta:
        model = Tournament
        fields = (
            *TournamentSerializer.Meta.fields, "songs", "entries", "progress", "share_token",
            "join_token",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.UUIDField()))
    def get_songs(self, tournament: Tournament) -> Any:
        return [str(row.song_id) for row in tournament.tournament_songs.all()]

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_share_token(self, tournament: Tournament) -> str | None:
        return tournament.share_token if self._is_owner(tournament) else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_join_token(self, tournament: Tournament) -> str | None:
        return tournament.join_token if self._is_owner(tournament) else None

    @extend_schema_field(EntrySerializer(many=True))
    def get_entries(self, tournament: Tournament) -> Any:
        data = EntrySerializer(selectors.entries_of(tournament), many=True).data
        if tournament.is_open():
            # Who made it is told with the result.
            for entry in data:
                if entry["kind"] == Entry.Kind.HUMAN:
                    entry["name"] = Entry.Kind.HUMAN.label
        return data

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, tournament: Tournament) -> Any:
        listener = self._viewer()
        return ProgressSerializer(selectors.progress(tournament, listener)).data

    def _viewer(self) -> User | None:
        request = self.context.get("request")
        return request.user if request and isinstance(request.user, User) else None

    def _is_owner(self, tournament: Tournament) -> bool:
        viewer = self._viewer()
        return viewer is not None and tournament.owner_id == viewer.pk


class RegionSerializer(serializers.Serializer[Any]):
    start_s = serializers.FloatField()
    stop_s = serializers.FloatField()


class ClipAddressesSerializer(serializers.Serializer[Any]):
    a = serializers.CharField()
    b = serializers.CharField()


class BlindBattleSerializer(serializers.Serializer[Any]):
    """Two mixes without names. `peaks` (min, max, …, -127 to 127) outline the unmixed song."""

    id = serializers.UUIDField()
    tournament = serializers.UUIDField(source="tournament_id")
    state = serializers.CharField()
    number = serializers.IntegerField()
    of = serializers.IntegerField()
    duration_s = serializers.FloatField()
    need_s = serializers.FloatField(help_text="Seconds of each side to hear before a vote.")
    heard_a_s = serializers.FloatField()
    heard_b_s = serializers.FloatField()
    may_vote = serializers.BooleanField()
    region = serializers.SerializerMethodField()
    peaks = serializers.ListField(child=serializers.IntegerField())
    audio = serializers.SerializerMethodField()

    @extend_schema_field(RegionSerializer(allow_null=True))
    def get_region(self, battle: BlindBattle) -> dict[str, float] | None:
        if battle.region is None:
            return None
        return {"start_s": battle.region[0], "stop_s": battle.region[1]}

    @extend_schema_field(ClipAddressesSerializer)
    def get_audio(self, battle: BlindBattle) -> dict[str, str]:
        return {side: clip_address(battle.id, side) for side in ("a", "b")}


class NextBattleSerializer(serializers.Serializer[Any]):
    """The battle to hear now; null while previews are made, and when the tournament is over."""

    state = serializers.ChoiceField(choices=PROGRESS_STATES)
    battle = BlindBattleSerializer(allow_null=True)


class HeardSerializer(serializers.Serializer[Any]):
    heard_a_s = serializers.FloatField()
    heard_b_s = serializers.FloatField()
    need_s = serializers.FloatField()
    may_vote = serializers.BooleanField()


class VoteSerializer(serializers.ModelSerializer[Vote]):
    class Meta:
        model = Vote
        fields = (
            "id", "battle", "choice", "chips", "device", "heard_a_s", "heard_b_s", "switches",
            "first_side", "region_start_s", "region_stop_s", "counted", "why_not_counted",
            "is_informed", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class ShareSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="Of /api/v1/results/<token>/ and of the public page.")


class SnapshotSerializer(serializers.Serializer[Any]):
    state = serializers.CharField()
    number = serializers.IntegerField()
    of = serializers.IntegerField()
    decided = serializers.IntegerField()
    previews_ready = serializers.IntegerField()
    previews_total = serializers.IntegerField()


class LiveTournamentSerializer(serializers.Serializer[Any]):
    """What the live socket would tell now."""

    topic = serializers.CharField()
    sequence = serializers.IntegerField()
    data = SnapshotSerializer()  # type: ignore[assignment] # Also the name of a property.


def clip_address(battle_id: UUID, side: str) -> str:
    return reverse("battle-audio", args=[battle_id, side])
