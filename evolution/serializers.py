"""What the API takes and gives of tastes, families and reviews."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import StrictSerializer
from evolution.models import EvolutionRun, Generation, Promotion, PromotionRule
from evolution.promotion_test import Decision as Verdict
from mixing.models import Mixer
from mixing.serializers import MixerSerializer

Reading = serializers.Serializer[Any]


class MixerBriefSerializer(serializers.ModelSerializer[Mixer]):
    class Meta:
        model = Mixer
        fields = ("id", "slug", "name", "status", "generation", "description")
        read_only_fields = fields


class VoteBehindSerializer(Reading):
    vote_id = serializers.UUIDField()
    battle_id = serializers.UUIDField()
    tournament_id = serializers.UUIDField()
    song_title = serializers.CharField()
    cast_at = serializers.DateTimeField()
    influence = serializers.FloatField(
        help_text="How much surer the vote made the claim; below 0 it speaks against it."
    )


class TasteClaimSerializer(Reading):
    """One thing the model believes, in steps of its descriptor."""

    descriptor = serializers.CharField(source="descriptor.name")
    label_text = serializers.CharField(source="descriptor.label")
    unit = serializers.CharField(source="descriptor.unit")
    step = serializers.FloatField(source="descriptor.step", help_text="One step in the unit.")
    words = serializers.CharField()
    amount = serializers.CharField()
    steps = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    probability = serializers.FloatField(help_text="Of the direction, 0.5 to 1.")
    gain = serializers.FloatField(help_text="In logits, against the mixer everybody has.")
    crowd_steps = serializers.FloatField()
    is_sure = serializers.BooleanField()
    is_own = serializers.BooleanField()
    votes = VoteBehindSerializer(many=True)


class BlindRecordSerializer(Reading):
    wins = serializers.IntegerField()
    ties = serializers.IntegerField()
    losses = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)
    low = serializers.FloatField()
    high = serializers.FloatField()


class RelativeSerializer(Reading):
    mixer = MixerBriefSerializer()
    share = serializers.FloatField()


class SlotChangeSerializer(Reading):
    mixer = MixerBriefSerializer()
    moved_at = serializers.DateTimeField()
    reason = serializers.CharField()
    is_rollback = serializers.BooleanField()


class PersonalMixerSerializer(Reading):
    mixer = MixerSerializer()
    since = serializers.DateTimeField(allow_null=True)
    record = BlindRecordSerializer()
    changes = serializers.ListField(child=serializers.CharField())
    ancestors = RelativeSerializer(many=True)
    history = SlotChangeSerializer(many=True)


class MyTasteSerializer(Reading):
    paused = serializers.BooleanField(source="is_paused")
    reset_at = serializers.DateTimeField(source="settings.reset_at", allow_null=True)
    votes = serializers.IntegerField()
    version = serializers.IntegerField()
    updated_at = serializers.DateTimeField(allow_null=True)
    starts_from_crowd = serializers.BooleanField()
    crowd_votes = serializers.IntegerField()
    crowd_listeners = serializers.IntegerField()
    reliability = serializers.FloatField()
    claims = TasteClaimSerializer(many=True)
    personal = PersonalMixerSerializer(allow_null=True)
    challengers = MixerBriefSerializer(many=True)
    run_id = serializers.UUIDField(allow_null=True)
    generation = serializers.IntegerField(allow_null=True)
    votes_to_next_generation = serializers.IntegerField(allow_null=True)


class TasteInput(StrictSerializer):
    paused = serializers.BooleanField(help_text="True: learn and breed nothing for me.")


class EffectSerializer(Reading):
    words = serializers.SerializerMethodField()
    steps = serializers.SerializerMethodField()

    def get_words(self, effect: tuple[str, float]) -> str:
        return effect[0]

    def get_steps(self, effect: tuple[str, float]) -> float:
        return effect[1]


class SuggestionSerializer(Reading):
    text = serializers.CharField()
    role = serializers.CharField(allow_blank=True)
    parameter = serializers.CharField()
    unit = serializers.CharField(allow_blank=True)
    amount = serializers.FloatField()
    changes = serializers.JSONField()
    probability = serializers.FloatField()
    gain = serializers.FloatField()
    effects = EffectSerializer(many=True)


class AdviceSerializer(Reading):
    """Suggested changes for a mix; `changes` of all together or of one can be sent back."""

    song_id = serializers.UUIDField()
    mix_id = serializers.UUIDField()
    suggestions = SuggestionSerializer(many=True)
    changes = serializers.JSONField()
    probability = serializers.FloatField()


class ChangesInput(StrictSerializer):
    changes = serializers.DictField(
        help_text='Values that replace the mixer\'s: {"strips": {"0": {"fader_db": -2}}, …}.'
    )


class RunSerializer(serializers.ModelSerializer[EvolutionRun]):
    is_own = serializers.SerializerMethodField()

    class Meta:
        model = EvolutionRun
        fields = ("id", "scope", "is_own", "created_at")
        read_only_fields = fields

    def get_is_own(self, run: EvolutionRun) -> bool:
        return run.listener_id is not None


class MemberSerializer(Reading):
    id = serializers.UUIDField()
    generation = serializers.IntegerField()
    place = serializers.IntegerField()
    operator = serializers.CharField()
    words = serializers.CharField()
    niche = serializers.CharField(allow_blank=True)
    utility = serializers.FloatField(allow_null=True)
    p_better = serializers.FloatField(allow_null=True)
    strength = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    battles = serializers.IntegerField()
    mixer = MixerBriefSerializer(allow_null=True)
    parents = serializers.ListField(child=serializers.UUIDField())


class TreeSerializer(Reading):
    run = RunSerializer()
    generations = serializers.IntegerField()
    members = MemberSerializer(many=True)


class GenerationSerializer(serializers.ModelSerializer[Generation]):
    class Meta:
        model = Generation
        fields = ("id", "run", "number", "state", "votes", "votes_horizon", "created_at")
        read_only_fields = fields


class ChangeSerializer(Reading):
    name = serializers.CharField()
    words = serializers.CharField()
    amount = serializers.CharField()
    steps = serializers.FloatField()


class StorySerializer(Reading):
    generation = GenerationSerializer()
    changes = ChangeSerializer(many=True)
    operators = serializers.SerializerMethodField()
    new_votes = serializers.IntegerField()
    foreseen = serializers.IntegerField()
    decided = serializers.IntegerField()
    members = MemberSerializer(many=True)

    @extend_schema_field(serializers.DictField(child=serializers.IntegerField()))
    def get_operators(self, story: Any) -> dict[str, int]:
        return dict(story.operators)


class RerunSerializer(Reading):
    generation = GenerationSerializer()
    identical = serializers.BooleanField()
    stored = serializers.ListField(child=serializers.CharField())
    again = serializers.ListField(child=serializers.CharField())


class CheckSerializer(Reading):
    name = serializers.CharField()
    passed = serializers.BooleanField()
    found = serializers.CharField()
    limit = serializers.CharField()


class SongRecordSerializer(Reading):
    song = serializers.UUIDField(source="song.pk")
    title = serializers.CharField(source="song.title")
    wins = serializers.IntegerField()
    ties = serializers.IntegerField()
    losses = serializers.IntegerField()
    own_mix = serializers.UUIDField(source="own.pk", allow_null=True, default=None)
    incumbents_mix = serializers.UUIDField(source="incumbents.pk", allow_null=True, default=None)


class FreshVotesSerializer(Reading):
    wins = serializers.IntegerField()
    ties = serializers.IntegerField()
    losses = serializers.IntegerField()


class TestSerializer(Reading):
    """The sequential test on fresh votes against the incumbent."""

    p_better = serializers.FloatField()
    fresh_votes = serializers.IntegerField()
    votes_needed = serializers.IntegerField(allow_null=True)
    decision = serializers.ChoiceField(choices=[verdict.value for verdict in Verdict])


class ReviewSerializer(Reading):
    mixer = MixerSerializer()
    slot = serializers.CharField()
    incumbent = MixerBriefSerializer()
    votes = FreshVotesSerializer()
    test = TestSerializer()
    worst_songs = SongRecordSerializer(many=True)
    listening = SongRecordSerializer(many=True)
    checks = CheckSerializer(many=True)
    is_safe = serializers.BooleanField()
    lufs = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    true_peak_dbtp = serializers.FloatField(allow_null=True)
    render_seconds = serializers.FloatField(allow_null=True)
    console_distance = serializers.FloatField(allow_null=True)
    lineage = RelativeSerializer(many=True)
    generation = GenerationSerializer(allow_null=True)


class ReasonInput(StrictSerializer):
    reason = serializers.CharField(max_length=300, trim_whitespace=True)


class PromoteInput(ReasonInput):
    slot = serializers.CharField(max_length=80, default="champion")
    expected = serializers.UUIDField(
        help_text="The incumbent you saw. Somebody else's promotion in between is 409 slot_moved."
    )


class RollBackInput(ReasonInput):
    slot = serializers.CharField(max_length=80)
    expected = serializers.UUIDField(help_text="The holder you saw.")


class RuleInput(ReasonInput):
    slot = serializers.CharField(max_length=80)
    least_probability = serializers.FloatField(min_value=0.8, max_value=0.999, default=0.95)
    least_votes = serializers.IntegerField(min_value=6, max_value=400, default=20)
    enabled = serializers.BooleanField(default=True)


class RuleSerializer(serializers.ModelSerializer[PromotionRule]):
    class Meta:
        model = PromotionRule
        fields = ("slot", "least_probability", "least_votes", "enabled", "reason", "updated_at")
        read_only_fields = fields


class SlotSerializer(Reading):
    name = serializers.CharField()
    title = serializers.CharField(source="label")
    incumbent = MixerBriefSerializer()
    is_filled = serializers.BooleanField()
    rule = RuleSerializer(allow_null=True)
    can_roll_back = serializers.BooleanField()


class DecisionSerializer(serializers.ModelSerializer[Promotion]):
    """A line of the audit trail."""

    from_mixer = MixerBriefSerializer(allow_null=True)
    to_mixer = MixerBriefSerializer(allow_null=True)
    by = serializers.SerializerMethodField()

    class Meta:
        model = Promotion
        fields = (
            "id", "kind", "slot", "from_mixer", "to_mixer", "evidence", "by", "rule", "reason",
            "created_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_by(self, decision: Promotion) -> str | None:
        return None if decision.by is None else str(decision.by)


class HoldBackSerializer(Reading):
    share = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    battles = serializers.IntegerField()
    listeners = serializers.IntegerField()


class WorthSerializer(Reading):
    held_back = serializers.FloatField()
    assigned = serializers.IntegerField()
    verdict = serializers.ChoiceField(choices=["better", "worse", "unknown"])
    result = HoldBackSerializer(allow_null=True)
