"""Songs, stems, mixers and mixes."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from mixing.audio.roles import ROLE_LABELS
from mixing.jobs import Job, JobQuerySet


class SongQuerySet(models.QuerySet["Song"]):
    def visible_to(self, user: object) -> "SongQuerySet":
        """Own songs and public ones; unlisted songs are reached by their link, not by lists."""
        query = Q(visibility=Song.Visibility.PUBLIC)
        if getattr(user, "is_authenticated", False):
            query |= Q(owner=user)
        return self.filter(query)

    def owned_by(self, user: object) -> "SongQuerySet":
        return self.filter(owner=user)


class Song(models.Model):
    """A multitrack: stems of equal length at 44.1 kHz, and where they came from."""

    class Visibility(models.TextChoices):
        PRIVATE = "private"
        UNLISTED = "unlisted"
        PUBLIC = "public"

    class Status(models.TextChoices):
        DRAFT = "draft", "Waiting for stems"
        ANALYSING = "analysing", "Analysing"
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
    licence = models.CharField(max_length=60, blank=True)
    demo_slug = models.SlugField(unique=True, null=True, blank=True)
    # Frames of the longest stem; shorter ones count as padded with silence to it.
    frames = models.PositiveBigIntegerField(default=0)
    # The most interesting 30 s, in frames; null until every stem was heard.
    section_start = models.PositiveBigIntegerField(null=True, blank=True)
    section_stop = models.PositiveBigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["Song"]] = SongQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        # "My songs, newest first."
        indexes = [models.Index(fields=["owner", "-created_at"])]

    def __str__(self) -> str:
        return self.title


class Upload(Job):
    """A file on its way in, received in chunks. An archive becomes stems by a job."""

    class Kind(models.TextChoices):
        STEM = "stem"
        ARCHIVE = "archive"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    song = models.ForeignKey(Song, on_delete=models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    size = models.PositiveBigIntegerField()
    received = models.PositiveBigIntegerField(default=0)

    objects: ClassVar[JobQuerySet["Upload"]] = JobQuerySet["Upload"].as_manager()  # type: ignore[assignment]


class Stem(Job):
    """One instrument group's audio: decoded, measured, and heard as a log-mel spectrogram."""

    class RoleSource(models.TextChoices):
        NAME = "name"
        SOUND = "sound"
        PERSON = "person"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    song = models.ForeignKey(Song, on_delete=models.CASCADE, related_name="stems")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=20, choices=list(ROLE_LABELS.items()), default="other")
    role_source = models.CharField(
        max_length=10, choices=RoleSource.choices, default=RoleSource.NAME
    )
    source_sha256 = models.CharField(max_length=64)
    source_bytes = models.PositiveBigIntegerField(default=0)
    source_sample_rate = models.PositiveIntegerField(null=True, blank=True)
    # sha256 of the decoded samples; names the FLAC and the spectrogram file.
    fingerprint = models.CharField(max_length=64, blank=True)
    channels = models.PositiveSmallIntegerField(null=True, blank=True)
    frames = models.PositiveBigIntegerField(null=True, blank=True)
    # dB to add when loading: a float file over full scale is stored scaled down.
    scale_db = models.FloatField(default=0.0)
    lufs = models.FloatField(null=True, blank=True)
    peak_dbfs = models.FloatField(null=True, blank=True)
    peaks = models.JSONField(null=True, blank=True)
    warnings = models.JSONField(default=list, blank=True)

    objects: ClassVar[JobQuerySet["Stem"]] = JobQuerySet["Stem"].as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["position", "created_at"]
        constraints = [
            # The same file twice is the same stem.
            models.UniqueConstraint(fields=["song", "source_sha256"], name="stem_once_per_song"),
        ]

    def __str__(self) -> str:
        return self.name


class Mixer(models.Model):
    """One immutable version of a mixing model; a change of weights is a new row."""

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
    encoder_version = models.PositiveIntegerField()
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


class Mix(Job):
    """A song mixed by a mixer: the settings it chose, the audio, and what was measured."""

    class Section(models.TextChoices):
        PREVIEW = "preview", "Preview (30 s)"
        FULL = "full", "Full song"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    song = models.ForeignKey(Song, on_delete=models.CASCADE, related_name="mixes")
    mixer = models.ForeignKey(Mixer, on_delete=models.PROTECT, related_name="mixes")
    section = models.CharField(max_length=10, choices=Section.choices)
    renderer_version = models.PositiveIntegerField()
    # sha256 over stem fingerprints, mixer, section and renderer: the same request, the same mix.
    cache_key = models.CharField(max_length=64, unique=True)
    settings = models.JSONField(null=True, blank=True)
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

    objects: ClassVar[JobQuerySet["Mix"]] = JobQuerySet["Mix"].as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "mixes"
        # "Which jobs wait, in order?" and "which leases ran out?"
        indexes = [models.Index(fields=["state", "created_at"])]

    def __str__(self) -> str:
        return f"{self.song} by {self.mixer} ({self.section})"


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
