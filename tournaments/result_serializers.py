"""What the API gives of decided battles and finished tournaments."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tournaments.serializers import CHAMPION_STATES, EntrySerializer, MixerNameSerializer


class RevealedSideSerializer(serializers.Serializer[Any]):
    entry = serializers.UUIDField(source="entry_id")
    name = serializers.CharField()
    mixer = MixerNameSerializer(allow_null=True)
    preview = serializers.UUIDField(source="preview.pk", allow_null=True, default=None)
    settings = serializers.JSONField()
    chosen = serializers.BooleanField()


class RevealSerializer(serializers.Serializer[Any]):
    """Who was behind the sides. `strips` names the stems in the order of the settings' strips."""

    battle = serializers.UUIDField(source="battle_id")
    tournament = serializers.UUIDField(source="tournament_id")
    number = serializers.IntegerField()
    of = serializers.IntegerField()
    choice = serializers.CharField()
    a = RevealedSideSerializer()
    b = RevealedSideSerializer()
    strips = serializers.ListField(child=serializers.CharField())
    heard_a_s = serializers.FloatField()
    heard_b_s = serializers.FloatField()
    switches = serializers.IntegerField()
    counted = serializers.BooleanField()
    why_not_counted = serializers.CharField()
    may_undo = serializers.BooleanField()
    tournament_closed = serializers.BooleanField()


class StandingSerializer(serializers.Serializer[Any]):
    """Strengths are logits with mean zero; `low` to `high` holds the truth 95 times in 100."""

    entry = EntrySerializer()
    rank = serializers.IntegerField()
    rank_low = serializers.IntegerField()
    rank_high = serializers.IntegerField()
    strength = serializers.FloatField()
    standard_error = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    p_best = serializers.FloatField()
    battles = serializers.IntegerField()
    wins = serializers.IntegerField()
    losses = serializers.IntegerField()
    ties = serializers.IntegerField()
    both_bad = serializers.IntegerField()


class BattleStorySerializer(serializers.Serializer[Any]):
    """What a battle decided, and who led by all votes up to it."""

    battle = serializers.UUIDField(source="battle_id")
    number = serializers.IntegerField()
    choice = serializers.CharField()
    side_a = EntrySerializer()
    side_b = EntrySerializer()
    winner = EntrySerializer(allow_null=True)
    heard_a_s = serializers.FloatField()
    heard_b_s = serializers.FloatField()
    decided_at = serializers.DateTimeField(allow_null=True)
    leader = EntrySerializer()
    leader_p_best = serializers.FloatField()


class ChampionSerializer(serializers.Serializer[Any]):
    """The highest strength. `level_with` are entries that the votes could not tell from it."""

    entry = EntrySerializer()
    state = serializers.ChoiceField(choices=CHAMPION_STATES)
    mix = serializers.UUIDField(source="full.pk", help_text="The full mix.", allow_null=True)
    p_best = serializers.FloatField(source="standing.p_best")
    level_with = EntrySerializer(many=True)


class ResultSerializer(serializers.Serializer[Any]):
    champion = ChampionSerializer(allow_null=True)
    standings = StandingSerializer(many=True)
    story = BattleStorySerializer(many=True)


class PublicResultSerializer(ResultSerializer):
    """Everything a share link shows; of the listener only the name they chose."""

    title = serializers.CharField()
    artist = serializers.CharField()
    listener = serializers.CharField()
    closed_at = serializers.DateTimeField(allow_null=True)
    votes = serializers.IntegerField()
    audio = serializers.SerializerMethodField()

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_audio(self, result: Any) -> str | None:
        """The champion's full mix, once it is rendered."""
        champion = result.champion
        if champion is None or champion.state != "ready":
            return None
        return reverse("result-audio", args=[result.tournament.share_token])
