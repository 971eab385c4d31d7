# The Django plugin gives every queryset an `as_manager` of its own type, which a queryset that
# extends another one then seems to override wrongly.
# mypy: disable-error-code=override

"""Songs, stems, mixers and mixes."""

import uuid
from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from mixing.audio import SAMPLE_RATE
from mixing.audio.roles import ROLE_LABELS
from mixing.hand_models import HandMix as HandMix
from mixing.hand_models import Preset as Preset
from mixing.immutability import Immutable, ImmutableQuerySet
from mixing.inference_models import CacheCount as CacheCount
from mixing.inference_models import ChosenSettings as ChosenSettings
from mixing.inference_models import ModelVariant as ModelVariant
from mixing.jobs import FINAL, Job, JobQuerySet, JobState
from mixing.reference_models import ReferenceMatch as ReferenceMatch


class SongQuerySet(models.QuerySet["Song"]):
    def visible_to(self, user: object) -> Self:
        """Own songs and public ones: what lists show."""
        return self.filter(Q(visibility=Song.Visibility.PUBLIC) | _owned_by(user))

    def reachable_by(self, user: object) -> Self:
        """What may be opened by its address: as in lists, and unlisted songs."""
        return self.filter(~Q(visibility=Song.Visibility.PRIVATE) | _owned_by(user))

    def owned_by(self, user: object) -> Self:
        return self.filter(_owned_by(user))


def _owned_by(user: object) -> Q:
    """Nobody owns anything until they are logged in (guests are)."""
    return Q(owner=user) if getattr(user, "is_authenticated", False) else Q(pk__in=())


class Song(models.Model):
    """A multitrack: stems of equal length at 44.1 kHz, and where they came from."""

    class Visibility(models.TextChoices):
        PRIVATE = "private"
        UNLISTED = "unlisted"
        PUBLIC = "public"

    class Status(models.TextChoices):
        DRAFT = "draft", "Waiting for stems"
        ANALYSING = "analysing", "Listening to the stems"
        READY = "ready", "Ready to mix"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="songs"
    )
    title = models.CharField(max_length=200)
    artist = models.CharField(max_length=200, blank=True)
    genre = models.CharField(max_length=60, blank=True)
    tempo_bpm = models.FloatField(null=True, blank=True)
    visibility = models.CharField(
        max_length=10, choices=Visibility.choices, default=Visibility.PRIVATE
    )
    # Moves only in `preparation`: ready once every stem was heard and the section was chosen.
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    licence = models.CharField(max_length=60, blank=True)
    demo_slug = models.SlugField(unique=True, null=True, blank=True)
    # Frames of the longest stem; shorter ones count as padded with silence to it.
    frames = models.PositiveBigIntegerField(default=0)
    # The most interesting 30 s, in frames; null until every stem was heard.
    section_start = models.PositiveBigIntegerField(null=True, blank=True)
    section_stop = models.PositiveBigIntegerField(null=True, blank=True)
    # When the owner agreed that mixers may be trained on this song; null: they did not, or no more.
    training_agreed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[SongQuerySet] = SongQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created_at"]
        # "My songs, newest first."
        indexes = [models.Index(fields=["owner", "-created_at"])]

    def __str__(self) -> str:
        return self.title

    def is_ready(self) -> bool:
        return self.status == self.Status.READY

    def is_owned_by(self, user: object) -> bool:
        return self.owner_id == getattr(user, "pk", None)

    def may_train(self) -> bool:
        """Whether the owner agreed that mixers learn from it."""
        return self.training_agreed_at is not None

    def is_reachable_by(self, user: object) -> bool:
        """Whether this person may open the song's page; unlisted ones open by their address."""
        return self.visibility != self.Visibility.PRIVATE or self.is_owned_by(user)

    def is_mixable_by(self, user: object) -> bool:
        """Owners mix their songs; public ones are there to be tried by everybody."""
        return self.visibility == self.Visibility.PUBLIC or self.is_owned_by(user)

    @property
    def topic(self) -> str:
        return f"song:{self.pk}"


class UploadQuerySet(JobQuerySet["Upload"]):
    def takeable(self, now: datetime | None = None) -> Self:
        """Only a complete archive is a job; a file that is still arriving is not."""
        complete = Q(kind=Upload.Kind.ARCHIVE, received=F("size"))
        return super().takeable(now).filter(complete)

    def worth_showing(self) -> Self:
        """On their way, or refused and not dismissed yet."""
        return self.exclude(state__in=(JobState.READY, JobState.CANCELLED))

    def arriving(self) -> Self:
        return self.filter(state=JobState.QUEUED, received__lt=F("size"))


class Upload(Job):
    """A file on its way in, received in chunks. A complete archive becomes stems by a job.

    A complete stem file is `ready` and names its stem: the same file again names the same stem.
    """

    task = "mixing.tasks.unpack_archive"

    class Kind(models.TextChoices):
        STEM = "stem"
        ARCHIVE = "archive"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    song = models.ForeignKey(Song, on_delete=models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    size = models.PositiveBigIntegerField()
    received = models.PositiveBigIntegerField(default=0)
    stem = models.ForeignKey(
        "Stem", on_delete=models.SET_NULL, null=True, blank=True, related_name="uploads"
    )
    # Bytes that this row holds of its owner's quota; given back when it ends.
    counted_bytes = models.PositiveBigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[UploadQuerySet] = UploadQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        # "Which uploads did nobody continue?"
        indexes = [models.Index(fields=["state", "updated_at"])]

    def __str__(self) -> str:
        return self.name

    @property
    def position(self) -> int:
        """Its place among the song's stems: when it began, in milliseconds since 1970."""
        return round(self.created_at.timestamp() * 1000)

    def is_complete(self) -> bool:
        return self.received == self.size


class StemQuerySet(JobQuerySet["Stem"]):
    def ready(self) -> Self:
        """Those that can be mixed, in their order."""
        return self.filter(state=JobState.READY)


class Stem(Job):
    """One instrument group's audio: decoded, measured, and heard as a log-mel spectrogram."""

    task = "mixing.tasks.analyse_stem"

    class RoleSource(models.TextChoices):
        NAME = "name"
        SOUND = "sound"
        PERSON = "person"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    song = models.ForeignKey(Song, on_delete=models.CASCADE, related_name="stems")
    # Milliseconds, of which only the order matters: see Upload.position.
    position = models.PositiveBigIntegerField()
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=20, choices=list(ROLE_LABELS.items()), default="other")
    role_source = models.CharField(
        max_length=10, choices=RoleSource.choices, default=RoleSource.NAME
    )
    source_sha256 = models.CharField(max_length=64)
    source_bytes = models.PositiveBigIntegerField(default=0)
    # The uploaded file, a name under UPLOAD_ROOT; empty once it was decoded or refused.
    source_file = models.CharField(max_length=80, blank=True)
    # Bytes that this row holds of its owner's quota: the file's, later the stored audio's.
    counted_bytes = models.PositiveBigIntegerField(default=0)
    source_sample_rate = models.PositiveIntegerField(null=True, blank=True)
    # sha256 of the decoded samples.
    fingerprint = models.CharField(max_length=64, blank=True)
    # Stored names under MEDIA_ROOT of the decoded FLAC and the log-mel spectrogram.
    audio_file = models.CharField(max_length=200, blank=True)
    spectrogram_file = models.CharField(max_length=200, blank=True)
    front_end_version = models.PositiveSmallIntegerField(null=True, blank=True)
    channels = models.PositiveSmallIntegerField(null=True, blank=True)
    frames = models.PositiveBigIntegerField(null=True, blank=True)
    # dB to add when loading: a float file over full scale is stored scaled down.
    scale_db = models.FloatField(default=0.0)
    lufs = models.FloatField(null=True, blank=True)
    peak_dbfs = models.FloatField(null=True, blank=True)
    # 0 (mono) to 1; placement depends on it.
    stereo_width = models.FloatField(default=0.0)
    peaks = models.JSONField(null=True, blank=True)
    warnings = models.JSONField(default=list, blank=True)

    objects: ClassVar[StemQuerySet] = StemQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["position", "created_at"]
        constraints = [
            # The same file twice is the same stem.
            models.UniqueConstraint(fields=["song", "source_sha256"], name="stem_once_per_song"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def duration_s(self) -> float | None:
        return None if self.frames is None else self.frames / SAMPLE_RATE

    def is_silent(self) -> bool:
        return "silent" in self.warnings


class Embedding(models.Model):
    """What one encoder heard in a song's stems: computed once, read by every mixer's head."""

    song = models.ForeignKey(Song, on_delete=models.CASCADE, related_name="embeddings")
    # Which stems in which roles: a corrected role is heard anew.
    multitrack_sha256 = models.CharField(max_length=64)
    encoder_sha256 = models.CharField(max_length=64)
    # float32 (stems, size of an embedding), in the order of the stems.
    vectors = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["song", "multitrack_sha256", "encoder_sha256"],
                name="embedding_once_per_song_and_encoder",
            )
        ]


class MixerQuerySet(ImmutableQuerySet["Mixer"]):
    def exported_anew(self, **networks: str) -> int:
        """The exact networks were made again from the same weights, the files being lost."""
        return super(ImmutableQuerySet, self).update(**networks)


class Mixer(Immutable):
    """One immutable version of a mixing model; a change of weights is a new row."""

    FROZEN = frozenset(
        {
            "architecture", "encoder_version", "origin", "generation", "genome_file",
            "genome_sha256", "head_onnx_file", "head_onnx_sha256", "encoder_onnx_file",
            "encoder_onnx_sha256",
        }
    )  # fmt: skip

    class Origin(models.TextChoices):
        TRAINED = "trained"
        EVOLVED = "evolved"
        MERGED = "merged"
        IMPORTED = "imported"

    class Status(models.TextChoices):
        CANDIDATE = "candidate"
        LISTED = "listed"
        RETIRED = "retired"
        QUARANTINED = "quarantined"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=300, blank=True)
    architecture = models.CharField(max_length=40)
    encoder_version = models.CharField(max_length=20)
    generation = models.PositiveIntegerField(default=0)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.TRAINED)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.CANDIDATE)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="mixers",
        help_text="Empty: the community's.",
    )
    parents = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="children")
    # File names under MODELS_ROOT, and the sha256 that every load checks.
    genome_file = models.CharField(max_length=200)
    genome_sha256 = models.CharField(max_length=64, unique=True)
    head_onnx_file = models.CharField(max_length=200)
    head_onnx_sha256 = models.CharField(max_length=64)
    encoder_onnx_file = models.CharField(max_length=200)
    encoder_onnx_sha256 = models.CharField(max_length=64)
    metrics = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[MixerQuerySet] = MixerQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Slot(models.Model):
    """A movable alias: `house:warm`, later `champion`. Promotion and rollback move it."""

    name = models.CharField(max_length=80, unique=True)
    mixer = models.ForeignKey(Mixer, on_delete=models.PROTECT, related_name="slots")

    def __str__(self) -> str:
        return self.name


class SlotMove(models.Model):
    """Append-only: which mixer a slot pointed to, since when, by whom and why."""

    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="moves")
    to_mixer = models.ForeignKey(Mixer, on_delete=models.PROTECT, related_name="+")
    moved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    reason = models.CharField(max_length=300, blank=True)
    moved_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.slot} → {self.to_mixer}"


class MixQuerySet(JobQuerySet["Mix"]):
    def as_mixed(self) -> Self:
        """What mixers made by themselves, without a person's changes."""
        return self.filter(overrides_sha256="")

    def known_to(self, user: object) -> Self:
        """Mixes by the community's mixers and the person's own: others' taste is private."""
        own = Q(mixer__owner=user) if getattr(user, "is_authenticated", False) else Q(pk__in=())
        return self.filter(Q(mixer__owner=None) | own)

    def by_urgency(self) -> Self:
        """Previews before full mixes, older before newer: first sounds come first for everybody."""
        return self.order_by("-section", "queued_at", "pk")

    def waiting(self) -> Self:
        return self.filter(state=JobState.QUEUED).by_urgency()

    def claim_most_urgent(self) -> "Mix | None":
        """Take the mix that should be made next, if any waits."""
        while (pk := self.takeable().by_urgency().values_list("pk", flat=True).first()) is not None:
            mix = self.claim(pk)
            if mix is not None:
                return mix
        return None


class Mix(Job):
    """A song mixed by a mixer: the settings it chose, the audio, and what was measured."""

    task = "mixing.tasks.render_mix"

    class Section(models.TextChoices):
        PREVIEW = "preview", "Preview (30 s)"
        FULL = "full", "Full song"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    song = models.ForeignKey(Song, on_delete=models.CASCADE, related_name="mixes")
    mixer = models.ForeignKey(Mixer, on_delete=models.RESTRICT, related_name="mixes")
    section = models.CharField(max_length=10, choices=Section.choices)
    renderer_version = models.PositiveIntegerField()
    # sha256 over the stems and their roles: which state of the song was mixed.
    multitrack_sha256 = models.CharField(max_length=64)
    # sha256 over song, multitrack, mixer, section, renderer and overrides: the same request, the
    # same mix.
    cache_key = models.CharField(max_length=64, unique=True)
    settings = models.JSONField(null=True, blank=True)
    # What a person changed of the mixer's settings (see `mixing.overrides`), and its hash.
    overrides = models.JSONField(default=dict, blank=True)
    overrides_sha256 = models.CharField(max_length=64, blank=True)
    # Content-hash name of the master FLAC under MEDIA_ROOT, and its sha256.
    audio_file = models.CharField(max_length=200, blank=True)
    audio_sha256 = models.CharField(max_length=64, blank=True)
    frames = models.PositiveBigIntegerField(null=True, blank=True)
    peaks = models.JSONField(null=True, blank=True)
    lufs = models.FloatField(null=True, blank=True)
    lra = models.FloatField(null=True, blank=True)
    true_peak_dbtp = models.FloatField(null=True, blank=True)
    measurements = models.JSONField(null=True, blank=True)
    timings = models.JSONField(default=dict, blank=True)

    objects: ClassVar[MixQuerySet] = MixQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "mixes"
        indexes = [
            # "Which mixes wait, in order?" and "which leases ran out?"
            models.Index(fields=["state", "section", "queued_at"]),
            # "The mixes of this song as it is now."
            models.Index(fields=["song", "multitrack_sha256"]),
        ]

    def __str__(self) -> str:
        return f"{self.song} by {self.mixer} ({self.section})"

    def is_preview(self) -> bool:
        return self.section == self.Section.PREVIEW

    def is_adjusted(self) -> bool:
        """Whether a person changed something of what the mixer chose."""
        return bool(self.overrides_sha256)

    @property
    def duration_s(self) -> float | None:
        return None if self.frames is None else self.frames / SAMPLE_RATE


class ExportQuerySet(JobQuerySet["Export"]):
    def older_than(self, moment: datetime) -> Self:
        """Those that ended before this moment and can be made again."""
        return self.filter(state__in=FINAL, finished_at__lt=moment)


class Export(Job):
    """A mix in a form to take away. Made on demand, kept for a while, then made again."""

    task = "mixing.tasks.export_mix"

    class Kind(models.TextChoices):
        WAV = "wav", "WAV, 24-bit"
        WAV16 = "wav16", "WAV, 16-bit, dithered"
        WAV32F = "wav32f", "WAV, 32-bit float"
        FLAC = "flac", "FLAC, 24-bit"
        MP3 = "mp3", "MP3, 320 kbit/s"
        OPUS = "opus", "Opus, 160 kbit/s"
        AAC = "aac", "AAC, 256 kbit/s"
        STEMS = "stems", "Processed stems (zip of FLAC)"
        DAWPROJECT = "dawproject", "Session for other programs (DAWproject)"
        SETTINGS = "settings", "Console settings (JSON)"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mix = models.ForeignKey(Mix, on_delete=models.CASCADE, related_name="exports")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    # Stored name under MEDIA_ROOT; a FLAC export is the mix's own file.
    file = models.CharField(max_length=200, blank=True)
    bytes = models.PositiveBigIntegerField(null=True, blank=True)

    objects: ClassVar[ExportQuerySet] = ExportQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mix", "kind"], name="export_once_per_mix_and_kind")
        ]
        # "Which exports are old enough to be made anew when asked for again?"
        indexes = [models.Index(fields=["state", "finished_at"])]

    def __str__(self) -> str:
        return f"{self.mix} as {self.get_kind_display()}"


class OutboxMessage(models.Model):
    """A task to publish, written in the transaction that made it necessary."""

    task = models.CharField(max_length=100)
    args = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        # "What was committed but never reached the broker?"
        indexes = [models.Index(fields=["published_at", "created_at"])]


class Topic(models.Model):
    """A live topic's sequence number: a gap tells a browser that it missed something."""

    name = models.CharField(max_length=80, primary_key=True)
    sequence = models.PositiveBigIntegerField(default=0)
