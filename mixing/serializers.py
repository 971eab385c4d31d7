"""What the API takes and gives. Input and output differ where they differ."""

from typing import Any, cast
from uuid import UUID

from django.urls import reverse
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import StrictSerializer
from mixing import blindness, downloads, selectors
from mixing.audio import SAMPLE_RATE
from mixing.audio.errors import CODES, AudioRejected, Code
from mixing.audio.names import display_name
from mixing.audio.roles import ROLE_LABELS
from mixing.jobs import Job, JobState
from mixing.models import Export, Mix, Mixer, Song, Stem, Upload
from mixing.quota import QuotaExceeded


class ProblemSerializer(serializers.Serializer[Any]):
    """Why something was refused or failed."""

    code = serializers.CharField()
    message = serializers.CharField()


class JobErrorSerializer(ProblemSerializer):
    """Why a job failed; `status` is the HTTP status that says the same."""

    status = serializers.IntegerField()


class JobSerializer(serializers.ModelSerializer[Any]):
    """What every job tells: its state, and the reason when it failed."""

    percent = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()

    @extend_schema_field(serializers.FloatField(min_value=0, max_value=100))
    def get_percent(self, job: Job) -> float:
        return round(100 * job.progress, 1)

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, job: Job) -> dict[str, Any] | None:
        if job.state != JobState.FAILED:
            return None
        status = status_of(job.error_code)
        return {"code": job.error_code, "message": job.error_message, "status": status}


def status_of(code: str) -> int:
    """The HTTP status of a job's error code."""
    if code == QuotaExceeded.code:
        return QuotaExceeded.status
    return AudioRejected(cast(Code, code), "").status if code in CODES else 500


class SectionSerializer(serializers.Serializer[Any]):
    start_s = serializers.FloatField()
    stop_s = serializers.FloatField()


class SongSerializer(serializers.ModelSerializer[Song]):
    """A song. `section` is what previews play."""

    duration_s = serializers.SerializerMethodField()
    section = serializers.SerializerMethodField()
    is_own = serializers.SerializerMethodField()
    training_agreed = serializers.SerializerMethodField()
    stem_count = serializers.IntegerField(read_only=True)

    class Meta:
        model = Song
        fields = (
            "id", "title", "artist", "genre", "tempo_bpm", "visibility", "licence", "status",
            "is_own", "training_agreed", "duration_s", "section", "stem_count", "created_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_duration_s(self, song: Song) -> float:
        return song.frames / SAMPLE_RATE

    def get_is_own(self, song: Song) -> bool:
        return song.is_owned_by(self.context["request"].user)

    def get_training_agreed(self, song: Song) -> bool | None:
        """Whether mixers may learn from it; null for everybody but the owner."""
        return song.may_train() if song.is_owned_by(self.context["request"].user) else None

    @extend_schema_field(SectionSerializer(allow_null=True))
    def get_section(self, song: Song) -> dict[str, float] | None:
        if song.section_start is None or song.section_stop is None:
            return None
        return {
            "start_s": song.section_start / SAMPLE_RATE,
            "stop_s": song.section_stop / SAMPLE_RATE,
        }


class SongInput(StrictSerializer):
    title = serializers.CharField(max_length=200)
    artist = serializers.CharField(max_length=200, required=False, allow_blank=True)
    genre = serializers.CharField(max_length=60, required=False, allow_blank=True)


class SongChange(SongInput):
    """`training_agreed` lets mixers be trained on the song, or no more; off until you say so."""

    training_agreed = serializers.BooleanField(required=False)


class StemSerializer(JobSerializer):
    duration_s = serializers.FloatField(read_only=True, allow_null=True)
    warnings = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Stem
        fields = (
            "id", "song", "position", "name", "role", "role_source", "state", "stage", "percent",
            "error", "duration_s", "channels", "source_sample_rate", "source_sha256",
            "fingerprint", "lufs", "peak_dbfs", "warnings",
        )  # fmt: skip
        read_only_fields: tuple[str, ...] = fields


class StemDetailSerializer(StemSerializer):
    """With the waveform: lowest and highest sample of each stretch in turn, -127..127."""

    peaks = serializers.ListField(child=serializers.IntegerField(), read_only=True, allow_null=True)

    class Meta(StemSerializer.Meta):
        fields = (*StemSerializer.Meta.fields, "peaks")  # type: ignore[assignment]
        read_only_fields = fields


class StemInput(StrictSerializer):
    name = serializers.CharField(max_length=200, required=False)
    role = serializers.ChoiceField(choices=list(ROLE_LABELS.items()), required=False)


class UploadSerializer(JobSerializer):
    """A file on its way in; `received` is where to go on."""

    class Meta:
        model = Upload
        fields = (
            "id", "song", "name", "kind", "size", "received", "state", "stage", "percent", "error",
            "stem", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class FileNameField(serializers.CharField):
    """Whatever a file is called: made fit to be shown rather than refused."""

    def to_internal_value(self, data: Any) -> str:
        return display_name(super().to_internal_value(data))


class UploadInput(StrictSerializer):
    name = FileNameField()
    size = serializers.IntegerField(min_value=0, max_value=2**53)


class MixerSerializer(serializers.ModelSerializer[Mixer]):
    metrics = serializers.DictField(child=serializers.FloatField(), read_only=True)

    class Meta:
        model = Mixer
        fields = (
            "id", "slug", "name", "description", "architecture", "encoder_version", "generation",
            "origin", "status", "genome_sha256", "metrics", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class MixSerializer(JobSerializer):
    """A mix. While its listener votes blind on the song, only its progress is told."""

    section = serializers.ChoiceField(choices=Mix.Section.choices, read_only=True)
    mixer = serializers.SerializerMethodField()
    seconds_left = serializers.SerializerMethodField()
    queue_position = serializers.SerializerMethodField()
    duration_s = serializers.FloatField(read_only=True, allow_null=True)
    audio_url = serializers.SerializerMethodField()

    class Meta:
        model = Mix
        fields = (
            "id", "song", "mixer", "section", "state", "stage", "percent", "seconds_left",
            "queue_position", "error", "duration_s", "lufs", "lra", "true_peak_dbtp",
            "renderer_version", "timings", "audio_url", "created_at", "finished_at",
        )  # fmt: skip
        read_only_fields: tuple[str, ...] = fields

    # What tells mixes apart; null while blind.
    SECRETS = (
        "mixer", "audio_url", "lufs", "lra", "true_peak_dbtp", "timings", "settings", "overrides",
        "peaks", "measurements",
    )  # fmt: skip

    def to_representation(self, mix: Mix) -> dict[str, Any]:
        shown = super().to_representation(mix)
        if mix.song_id in self._blind_songs:
            shown |= {name: None for name in self.SECRETS if name in shown}
        return shown

    @extend_schema_field(MixerSerializer(allow_null=True))
    def get_mixer(self, mix: Mix) -> Any:
        return MixerSerializer(mix.mixer).data

    def get_seconds_left(self, mix: Mix) -> float | None:
        return self._line.seconds_left(mix)

    def get_queue_position(self, mix: Mix) -> int | None:
        return self._line.position(mix)

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_audio_url(self, mix: Mix) -> str | None:
        return reverse("mix-audio", args=[mix.pk]) if mix.is_ready() else None

    @cached_property
    def _shown(self) -> list[Mix]:
        """All mixes of this answer: one serializer writes all rows of a list."""
        shown = self.root.instance
        return [shown] if isinstance(shown, Mix) else list(shown or ())

    @cached_property
    def _blind_songs(self) -> set[UUID]:
        songs = {mix.song_id for mix in self._shown}
        return blindness.blind_songs(self.context["request"].user, songs)

    @cached_property
    def _line(self) -> selectors.QueueView:
        return selectors.queue(self._shown)


class CoveredSerializer(serializers.Serializer[Any]):
    """How much of a stem the others cover (0 to 1), in all and by band, and which one does most."""

    share = serializers.FloatField()
    bands = serializers.ListField(child=serializers.FloatField(allow_null=True))
    by = serializers.ListField(child=serializers.IntegerField(allow_null=True))


class MeasurementsSerializer(serializers.Serializer[Any]):
    """What was measured on a mix. Bands are 20–120–500–2000–6000–20000 Hz.

    Mixes made before a figure was added lack it; `version` tells which there are.
    """

    version = serializers.IntegerField(required=False)
    lufs = serializers.FloatField(allow_null=True, help_text="Integrated, ITU-R BS.1770.")
    short_term_max_lufs = serializers.FloatField(allow_null=True, required=False)
    momentary_max_lufs = serializers.FloatField(allow_null=True, required=False)
    lra = serializers.FloatField(help_text="Loudness range in LU, EBU Tech 3342.")
    true_peak_dbtp = serializers.FloatField(allow_null=True)
    crest_db = serializers.FloatField(help_text="Sample peak over RMS.")
    plr_db = serializers.FloatField(required=False, help_text="True peak over loudness.")
    gain_db = serializers.FloatField(required=False, help_text="What the mix was turned up by.")
    width = serializers.FloatField(help_text="Side over mid: 0 is mono, 1 as wide as noise.")
    correlation = serializers.FloatField(min_value=-1, max_value=1)
    band_balance_db = serializers.ListField(
        child=serializers.FloatField(), help_text="Power in each band in dB of the whole."
    )
    band_width = serializers.ListField(child=serializers.FloatField(), required=False)
    band_correlation = serializers.ListField(child=serializers.FloatField(), required=False)
    low_end_mono_loss_db = serializers.FloatField(
        required=False, help_text="What the lowest band loses on one speaker."
    )
    third_octaves_db = serializers.ListField(
        child=serializers.FloatField(), required=False, help_text="25 Hz to 20 kHz, of the whole."
    )
    loudness_course_lufs = serializers.ListField(
        child=serializers.FloatField(),
        required=False,
        help_text="Short-term loudness at evenly spaced moments.",
    )
    masking = CoveredSerializer(
        many=True, required=False, help_text="By stem; estimated from spectrograms and settings."
    )


class MixDetailSerializer(MixSerializer):
    """With the console's settings, everything measured, and the waveform."""

    settings = serializers.JSONField(read_only=True, allow_null=True)
    overrides = serializers.JSONField(
        read_only=True, help_text="What a person changed of the mixer's settings; {} for nothing."
    )
    measurements = serializers.SerializerMethodField()
    peaks = serializers.ListField(child=serializers.IntegerField(), read_only=True, allow_null=True)

    class Meta(MixSerializer.Meta):
        fields = (*MixSerializer.Meta.fields, "settings", "overrides", "measurements", "peaks")  # type: ignore[assignment]
        read_only_fields = fields

    @extend_schema_field(MeasurementsSerializer(allow_null=True))
    def get_measurements(self, mix: Mix) -> Any:
        return mix.measurements


class MixesInput(StrictSerializer):
    mixers = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        allow_empty=False,
        max_length=32,
        help_text="Ids of the mixers to ask; all listed ones when left out.",
    )


class ExportSerializer(JobSerializer):
    file_url = serializers.SerializerMethodField()

    class Meta:
        model = Export
        fields = (
            "id", "mix", "kind", "state", "stage", "percent", "error", "bytes", "file_url",
            "created_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_file_url(self, export: Export) -> str | None:
        return reverse("export-file", args=[export.pk]) if export.is_ready() else None


class ExportFormatSerializer(serializers.Serializer[Any]):
    """A kind of file, and whether this server has the encoder for it."""

    kind = serializers.ChoiceField(choices=Export.Kind.choices, source="value")
    label = serializers.CharField()  # type: ignore[assignment]
    suffix = serializers.SerializerMethodField()
    content_type = serializers.SerializerMethodField()
    available = serializers.SerializerMethodField()

    def get_suffix(self, kind: Export.Kind) -> str:
        return downloads.FORMATS[kind].suffix

    def get_content_type(self, kind: Export.Kind) -> str:
        return downloads.FORMATS[kind].content_type

    def get_available(self, kind: Export.Kind) -> bool:
        return downloads.is_makeable(kind)


class ExportInput(StrictSerializer):
    kind = serializers.ChoiceField(choices=Export.Kind.choices)


class ParameterSerializer(serializers.Serializer[Any]):
    """One knob of the console."""

    section = serializers.ChoiceField(choices=["strip", "reverb", "delay", "master"])
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    unit = serializers.CharField()
    minimum = serializers.FloatField()
    maximum = serializers.FloatField()
    default = serializers.FloatField()
    curve = serializers.ChoiceField(choices=["linear", "log"])
    group = serializers.CharField()
    tooltip = serializers.CharField()
    learned = serializers.BooleanField()


class SongStateSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Song.Status.choices)


class StemProgressSerializer(serializers.Serializer[Any]):
    stem_id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=JobState.choices)
    stage = serializers.CharField()
    percent = serializers.FloatField()


class MixProgressSerializer(serializers.Serializer[Any]):
    mix_id = serializers.UUIDField()
    section = serializers.ChoiceField(choices=Mix.Section.choices)
    state = serializers.ChoiceField(choices=JobState.choices)
    stage = serializers.CharField()
    percent = serializers.FloatField()
    seconds_left = serializers.FloatField(allow_null=True)
    queue_position = serializers.IntegerField(allow_null=True)


class SongSnapshotSerializer(serializers.Serializer[Any]):
    song = SongStateSerializer()
    stems = StemProgressSerializer(many=True)
    mixes = MixProgressSerializer(many=True)


class LiveSerializer(serializers.Serializer[Any]):
    """What a socket would tell somebody who subscribes now."""

    topic = serializers.CharField()
    sequence = serializers.IntegerField()
    data = SongSnapshotSerializer()  # type: ignore[assignment]
