"""What competes: a mixer, a mix that a person made, or a hidden anchor; and how it sounds."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from mixing.jobs import JobState
from mixing.models import Mix, Mixer, Song
from tournaments.models.tournament import Tournament


class Recording(models.Model):
    """Audio that no mixer made: a person's mix, or an anchor that is meant to be bad.

    Stands in for a `Mix` wherever a battle plays one. The preview is the song's section, as long
    as every mixer's preview; the full file is empty for an anchor.
    """

    class Kind(models.TextChoices):
        HUMAN = "human", "A person's mix"
        ANCHOR = "anchor", "Hidden anchor"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="recordings"
    )
    song = models.ForeignKey(Song, on_delete=models.CASCADE, related_name="recordings")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    # Stored names under MEDIA_ROOT; the preview's is empty until it is made.
    audio_file = models.CharField(max_length=200, blank=True)
    full_file = models.CharField(max_length=200, blank=True)
    source_sha256 = models.CharField(max_length=64, blank=True)
    frames = models.PositiveBigIntegerField(null=True, blank=True)
    full_frames = models.PositiveBigIntegerField(null=True, blank=True)
    lufs = models.FloatField(null=True, blank=True)
    true_peak_dbtp = models.FloatField(null=True, blank=True)
    failed = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            # The same file for the same song is the same recording.
            models.UniqueConstraint(
                fields=["owner", "song", "source_sha256"],
                condition=Q(kind="human"),
                name="recording_once_per_file",
            )
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    def is_ready(self) -> bool:
        return bool(self.audio_file)

    @property
    def state(self) -> JobState:
        """As a mix would tell it."""
        if self.failed:
            return JobState.FAILED
        return JobState.READY if self.is_ready() else JobState.RUNNING


class Entry(models.Model):
    """One competitor of a tournament."""

    class Kind(models.TextChoices):
        MIXER = "mixer", "Mixer"
        HUMAN = "human", "A person's mix"
        ANCHOR = "anchor", "Hidden anchor"
        NAMED = "named", "Known by name only"  # Of an import, without its audio.

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tournament = models.ForeignKey(Tournament, on_delete=models.CASCADE, related_name="entries")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.MIXER)
    # RESTRICT, not PROTECT: a song may go with its mixes and tournaments, a mix alone may not.
    mixer = models.ForeignKey(
        Mixer, on_delete=models.RESTRICT, null=True, blank=True, related_name="entries"
    )
    # Strength known before the start: decides the draw of brackets, and is fixed with it.
    seeding = models.FloatField(default=0.0)
    label = models.CharField(max_length=80, blank=True, help_text="Its name, if it is no mixer.")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who made a person's mix.",
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["tournament", "number"], name="entry_number_once"),
            models.UniqueConstraint(fields=["tournament", "mixer"], name="entry_once_per_mixer"),
            models.CheckConstraint(
                condition=Q(kind="mixer", mixer__isnull=False)
                | (~Q(kind="mixer") & Q(mixer__isnull=True)),
                name="entry_is_a_mixer_or_not",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """For people; never shown beside a side before the vote."""
        return self.mixer.name if self.mixer is not None else self.label

    def is_anchor(self) -> bool:
        return self.kind == self.Kind.ANCHOR

    @property
    def maker_id(self) -> uuid.UUID | None:
        """Whose own work it is: nobody's vote lifts what is theirs."""
        return self.mixer.owner_id if self.mixer is not None else self.owner_id


class EntryMix(models.Model):
    """How an entry sounds on one song: two mixes of a mixer, or a recording."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="mixes")
    song = models.ForeignKey(Song, on_delete=models.CASCADE, related_name="+")
    preview = models.ForeignKey(
        Mix, on_delete=models.RESTRICT, null=True, blank=True, related_name="+"
    )
    full = models.ForeignKey(
        Mix, on_delete=models.RESTRICT, null=True, blank=True, related_name="+"
    )
    recording = models.ForeignKey(
        Recording, on_delete=models.CASCADE, null=True, blank=True, related_name="entry_mixes"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "song"], name="entry_mix_once_per_song"),
            models.CheckConstraint(
                condition=Q(preview__isnull=False, full__isnull=False, recording__isnull=True)
                | Q(preview__isnull=True, full__isnull=True, recording__isnull=False),
                name="entry_mix_is_a_mix_or_a_recording",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry} on {self.song}"

    @property
    def sound(self) -> Mix | Recording:
        """What a battle plays: both kinds tell their state, frames, loudness and file alike."""
        sound = self.preview or self.recording
        assert sound is not None  # The check constraint's promise.
        return sound
