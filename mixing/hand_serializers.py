"""What the API takes and gives about presets and mixes by hand."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import StrictSerializer
from mixing.hand_mixing import LONGEST_NAME
from mixing.models import HandMix, Preset
from mixing.own_presets import LONGEST_DESCRIPTION
from mixing.presets.writing import BuiltInPreset
from mixing.serializers import MixSerializer

_CONTENT_HELP = (
    'Moves by section: `{"strips": {"*" or a role: moves}, "reverb": moves, "delay": moves, '
    '"master": moves}`. A number sets a knob, `{"by": x}` moves it. See `/api/v1/parameters/`.'
)


class PresetSerializer(serializers.Serializer[Any]):
    """A preset, built in or one's own."""

    id = serializers.CharField(help_text="A UUID, or the lasting name of a built-in preset.")
    name = serializers.CharField()
    description = serializers.CharField()
    genre = serializers.CharField(help_text="Empty for any.")
    intention = serializers.CharField(help_text="The heading under which it is listed.")
    built_in = serializers.BooleanField()
    content = serializers.JSONField(help_text=_CONTENT_HELP)

    def to_representation(self, preset: Preset | BuiltInPreset) -> dict[str, Any]:
        own = isinstance(preset, Preset)
        return {
            "id": str(preset.pk) if isinstance(preset, Preset) else preset.slug,
            "name": preset.name,
            "description": preset.description,
            "genre": "" if isinstance(preset, Preset) else preset.genre,
            "intention": "Yours" if isinstance(preset, Preset) else preset.intention,
            "built_in": not own,
            "content": preset.content,
        }


class PresetInput(StrictSerializer):
    name = serializers.CharField(max_length=LONGEST_NAME)
    description = serializers.CharField(
        max_length=LONGEST_DESCRIPTION, required=False, allow_blank=True
    )
    content = serializers.JSONField(help_text=_CONTENT_HELP)


class HandMixSerializer(serializers.ModelSerializer[HandMix]):
    """A mix that somebody made at the console."""

    song = serializers.UUIDField(source="full.song_id", read_only=True)
    preview = serializers.SerializerMethodField()
    full = serializers.SerializerMethodField()

    class Meta:
        model = HandMix
        fields = ("id", "song", "name", "preview", "full", "created_at")
        read_only_fields = fields

    @extend_schema_field(MixSerializer)
    def get_preview(self, hand_mix: HandMix) -> Any:
        return MixSerializer(hand_mix.preview, context=self.context).data

    @extend_schema_field(MixSerializer)
    def get_full(self, hand_mix: HandMix) -> Any:
        return MixSerializer(hand_mix.full, context=self.context).data


class HandMixInput(StrictSerializer):
    song = serializers.UUIDField()
    settings = serializers.JSONField(help_text="All values of the console, as `settings` of a mix.")
    mixer = serializers.UUIDField(
        required=False, allow_null=True, help_text="Whose mix the settings began with."
    )
    name = serializers.CharField(max_length=LONGEST_NAME, required=False, allow_blank=True)


class HandMixName(StrictSerializer):
    name = serializers.CharField(max_length=LONGEST_NAME)
