"""What the API gives of brackets, cards, boards and records."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import StrictSerializer
from tournaments.models import MixerStrength, Recording
from tournaments.records import MixerRecord
from tournaments.serializers import EntrySerializer, MixerNameSerializer


class MatchSideSerializer(serializers.Serializer[Any]):
    """`entry` is null until it is known. `from_match` and `outcome` say where it comes from."""

    entry = serializers.IntegerField(allow_null=True)
    outcome = serializers.CharField(source="source.outcome", allow_null=True, default=None)
    from_match = serializers.IntegerField(source="source.match", allow_null=True, default=None)
    points = serializers.FloatField()


class MatchSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    a = MatchSideSerializer()
    b = MatchSideSerializer()
    wanted = serializers.IntegerField(help_text="Votes that decide it.")
    counted = serializers.IntegerField()
    winner = serializers.IntegerField(allow_null=True)
    decided_by = serializers.CharField()
    status = serializers.CharField()


class RoundSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    section = serializers.CharField()
    stage = serializers.IntegerField()
    closed = serializers.BooleanField()
    matches = MatchSerializer(many=True)


class PlaceSerializer(serializers.Serializer[Any]):
    """By the rules of the format, not by strength."""

    entry = serializers.IntegerField()
    rank = serializers.IntegerField()
    points = serializers.FloatField()
    wins = serializers.IntegerField()
    draws = serializers.IntegerField()
    losses = serializers.IntegerField()
    byes = serializers.IntegerField()
    alive = serializers.BooleanField()
    dropped = serializers.BooleanField()


class BracketSerializer(serializers.Serializer[Any]):
    rounds = RoundSerializer(many=True)
    places = PlaceSerializer(many=True)
    winner = serializers.IntegerField(allow_null=True)
    votes_left = serializers.IntegerField()


class HeadToHeadSerializer(serializers.Serializer[Any]):
    """Votes that count on one pair, whichever side each was on."""

    first = EntrySerializer()
    second = EntrySerializer()
    first_wins = serializers.IntegerField()
    second_wins = serializers.IntegerField()
    ties = serializers.IntegerField()
    both_bad = serializers.IntegerField()


class RemovalSerializer(serializers.Serializer[Any]):
    """The table without its most influential 1 % of listeners."""

    listeners = serializers.IntegerField(help_text="How many were left out.")
    leader = serializers.UUIDField(allow_null=True, help_text="Null: the leader stays the same.")


class InsightsSerializer(serializers.Serializer[Any]):
    """How far the table can be trusted. Entries by id."""

    votes_left = serializers.IntegerField(
        allow_null=True, help_text="About how many until the leader is sure; null: far away."
    )
    goal = serializers.FloatField(help_text="The probability that counts as sure.")
    circles = serializers.ListField(
        child=serializers.ListField(child=serializers.UUIDField()),
        help_text="Each beats the next, and the last one the first.",
    )
    without = RemovalSerializer(allow_null=True)


class CompletionCodeSerializer(StrictSerializer):
    code = serializers.CharField(max_length=16)


class CardChoiceSerializer(serializers.Serializer[Any]):
    battle = serializers.UUIDField(source="battle_id")
    number = serializers.IntegerField()
    song = serializers.UUIDField(source="song.pk")
    side_a = EntrySerializer()
    side_b = EntrySerializer()
    choice = serializers.CharField()
    chips = serializers.ListField(child=serializers.CharField())
    crowd_a = serializers.FloatField(allow_null=True, help_text="The others' share for side A.")
    others = serializers.IntegerField()
    agrees = serializers.BooleanField(allow_null=True)


class ConsistencySerializer(serializers.Serializer[Any]):
    """Hidden checks, told after the session."""

    checks = serializers.IntegerField()
    passed = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)


class ResultCardSerializer(serializers.Serializer[Any]):
    tournament = serializers.UUIDField(source="tournament.pk")
    choices = CardChoiceSerializer(many=True)
    differences = CardChoiceSerializer(many=True)
    favourite = EntrySerializer(allow_null=True)
    crowd_favourite = EntrySerializer(allow_null=True)
    agreement = serializers.FloatField(allow_null=True)
    consistency = ConsistencySerializer()
    is_finished = serializers.BooleanField()
    completion_code = serializers.CharField()
    code_used = serializers.BooleanField()


class BoardRowSerializer(serializers.Serializer[Any]):
    rank = serializers.IntegerField()
    mixer = MixerNameSerializer()
    strength = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    p_best = serializers.FloatField()
    votes = serializers.IntegerField()
    tournaments = serializers.IntegerField()
    preliminary = serializers.BooleanField()


class BoardSerializer(serializers.Serializer[Any]):
    """Strengths are logits with mean zero; `low` to `high` holds the truth 95 times in 100."""

    genre = serializers.CharField()
    device = serializers.CharField()
    rows = BoardRowSerializer(many=True)
    votes = serializers.IntegerField()
    voters = serializers.IntegerField()


class GenresSerializer(serializers.Serializer[Any]):
    genres = serializers.ListField(child=serializers.CharField())


class StrengthSerializer(serializers.ModelSerializer[MixerStrength]):
    class Meta:
        model = MixerStrength
        fields = ("day", "strength", "low", "high", "votes")


class MixerSongSerializer(serializers.Serializer[Any]):
    song = serializers.UUIDField(source="song.pk")
    title = serializers.CharField(source="song.title")
    points = serializers.FloatField()
    votes = serializers.IntegerField()
    share = serializers.FloatField()


class MixerRecordSerializer(serializers.Serializer[Any]):
    mixer = MixerNameSerializer()
    standing = BoardRowSerializer(allow_null=True)
    history = StrengthSerializer(many=True)
    best_songs = MixerSongSerializer(many=True)
    worst_songs = MixerSongSerializer(many=True)
    typical_settings = serializers.DictField(child=serializers.FloatField())
    champion_mixes = serializers.SerializerMethodField()
    chips = serializers.DictField(child=serializers.IntegerField())

    @extend_schema_field(serializers.ListField(child=serializers.UUIDField()))
    def get_champion_mixes(self, record: MixerRecord) -> list[str]:
        return [str(mix.pk) for mix in record.champion_mixes]


class TitleSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()
    reason = serializers.CharField()
    progress = serializers.FloatField()
    earned = serializers.BooleanField()


class ListenerRecordSerializer(serializers.Serializer[Any]):
    finished = serializers.IntegerField()
    votes = serializers.IntegerField()
    hours = serializers.FloatField()
    agreement = serializers.FloatField(allow_null=True)
    consistency = ConsistencySerializer()
    streak = serializers.IntegerField(help_text="Weeks in a row with a finished tournament.")
    titles = TitleSerializer(many=True)


class RecordingInput(StrictSerializer):
    song = serializers.UUIDField()
    file = serializers.FileField()


class RecordingSerializer(serializers.ModelSerializer[Recording]):
    class Meta:
        model = Recording
        fields = ("id", "song", "frames", "lufs", "true_peak_dbtp", "created_at")
