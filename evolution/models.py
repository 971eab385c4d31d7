"""What was learnt, what was bred from it, and which mixers were moved where and why."""

import uuid
from typing import Any, ClassVar, Final, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from mixing.models import Mix, Mixer, Song

OVERALL: Final = "overall"
CROWD: Final = "crowd"


def scope_of_listener(listener_id: object) -> str:
    """The scope of one person's taste and run."""
    return f"user:{listener_id}"


def scope_of_genre(genre: str) -> str:
    return f"genre:{genre.lower()}"


class TasteSettings(models.Model):
    """What a listener decided about being learnt from."""

    listener = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="taste_settings",
    )
    # Paused: votes are cast as ever, and nothing is learnt or bred from them.
    paused = models.BooleanField(default=False)
    # Votes cast before it are forgotten for this listener's taste.
    reset_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "taste settings"


class PreferenceModelQuerySet(models.QuerySet["PreferenceModel"]):
    def current(self, scope: str) -> "PreferenceModel | None":
        return self.filter(scope=scope, is_current=True).first()

    def of_listener(self, listener: object) -> Self:
        return self.filter(listener=listener)


class PreferenceModel(models.Model):
    """A fitted posterior: the crowd's, a genre's or one listener's. Rows are never changed; the
    next fit is a new version, and exactly one version of a scope is current."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scope = models.CharField(max_length=80)
    listener = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="tastes",
    )
    version = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True)
    # safetensors with the posterior's arrays (float64).
    arrays = models.BinaryField()
    feature_version = models.PositiveSmallIntegerField()
    descriptor_version = models.PositiveSmallIntegerField()
    # The crowd this taste starts from; empty for the crowd itself.
    crowd = models.ForeignKey(
        "self", on_delete=models.RESTRICT, null=True, blank=True, related_name="tastes"
    )
    votes = models.PositiveIntegerField()
    listeners = models.PositiveIntegerField(default=1)
    # sha256 over the judgements: the same votes need no new version.
    votes_sha256 = models.CharField(max_length=64)
    # When the latest vote in it was cast.
    horizon = models.DateTimeField(null=True, blank=True)
    fit_ms = models.FloatField(default=0.0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[PreferenceModelQuerySet] = PreferenceModelQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "version"], name="preference_version_once"),
            models.UniqueConstraint(
                fields=["scope"], condition=Q(is_current=True), name="preference_one_current"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} v{self.version}"


class EvolutionRun(models.Model):
    """A population that evolves for one scope: everybody, a genre, or one listener."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scope = models.CharField(max_length=80, unique=True)
    listener = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="evolution_run",
    )
    # Every generation's chance comes from this and its number.
    seed = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["scope"]

    def __str__(self) -> str:
        return self.scope


class Generation(models.Model):
    """One round of breeding, stored whole or not at all. Number 0 are the founders."""

    class State(models.TextChoices):
        LISTENING = "listening", "Waiting for votes"
        CLOSED = "closed", "Followed by the next"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(EvolutionRun, on_delete=models.CASCADE, related_name="generations")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.LISTENING)
    # The posterior that was the fitness; founders have none.
    taste = models.ForeignKey(
        PreferenceModel, on_delete=models.RESTRICT, null=True, blank=True, related_name="+"
    )
    # Votes in that posterior, and when the latest of them was cast.
    votes = models.PositiveIntegerField(default=0)
    votes_horizon = models.DateTimeField(null=True, blank=True)
    # All that breeding read besides the taste and the generation before: see `breeding.Inputs`.
    inputs = models.JSONField(default=dict)
    # What changed and what the votes said: see `stories`.
    story = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["run", "number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="generation_number_once"),
            models.UniqueConstraint(
                fields=["run"], condition=Q(state="listening"), name="generation_one_listening"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run}, generation {self.number}"


class Individual(models.Model):
    """A head in a population: its weights, where they came from, and what was expected of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    generation = models.ForeignKey(Generation, on_delete=models.CASCADE, related_name="individuals")
    # Its place in the population, from 0; survivors keep their order.
    place = models.PositiveSmallIntegerField()
    # float32, `HEAD.genome_size` numbers, and the sha256 of these bytes.
    genome = models.BinaryField()
    genome_sha256 = models.CharField(max_length=64)
    parents = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="children")
    operator = models.CharField(max_length=30)
    niche = models.CharField(max_length=30, blank=True)
    # Expected utility (logits) under the posterior that bred it.
    utility = models.FloatField(null=True, blank=True)
    # Probability, by that posterior, that it beats the mixer everybody gets.
    p_better = models.FloatField(null=True, blank=True)
    # Logits against all that it met, from votes cast after it was bred.
    strength = models.FloatField(null=True, blank=True)
    strength_error = models.FloatField(null=True, blank=True)
    battles = models.PositiveIntegerField(default=0)
    # Set when people may hear it.
    mixer = models.ForeignKey(
        Mixer, on_delete=models.SET_NULL, null=True, blank=True, related_name="individuals"
    )

    class Meta:
        ordering = ["generation", "place"]
        constraints = [
            models.UniqueConstraint(fields=["generation", "place"], name="individual_place_once")
        ]

    def __str__(self) -> str:
        return f"{self.generation}, {self.place + 1}"


class PromotionRule(models.Model):
    """When a community slot may move by itself. Without a rule only an admin moves it."""

    slot = models.CharField(max_length=80, unique=True)
    least_probability = models.FloatField(default=0.95)
    least_votes = models.PositiveIntegerField(default=20)
    enabled = models.BooleanField(default=True)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    reason = models.CharField(max_length=300)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(least_probability__gte=0.8, least_probability__lte=0.999),
                name="rule_probability_sane",
            ),
            models.CheckConstraint(condition=Q(least_votes__gte=6), name="rule_votes_sane"),
        ]

    def __str__(self) -> str:
        return f"{self.slot}: {self.least_probability:.0%} after {self.least_votes} votes"


class Promotion(models.Model):
    """Append-only: every decision about a mixer, with its evidence, by whom and why."""

    class Kind(models.TextChoices):
        PROMOTE = "promote", "Promoted"
        ROLLBACK = "rollback", "Rolled back"
        REJECT = "reject", "Rejected"
        QUARANTINE = "quarantine", "Quarantined"
        RETIRE = "retire", "Retired"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    # Empty for decisions about a mixer that concern no slot.
    slot = models.CharField(max_length=80, blank=True)
    from_mixer = models.ForeignKey(
        Mixer, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    to_mixer = models.ForeignKey(
        Mixer, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    evidence = models.JSONField(default=dict)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # The rule that decided; empty when a person did.
    rule = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=300)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        # "The decisions about this slot, latest first."
        indexes = [models.Index(fields=["slot", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.to_mixer or self.from_mixer}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Written once."""
        if not self._state.adding:
            raise TypeError("Decisions are append-only.")
        super().save(*args, **kwargs)


class HoldBack(models.Model):
    """A battle that chance took to ask what personal mixers are worth."""

    tournament = models.ForeignKey(
        "tournaments.Tournament", on_delete=models.CASCADE, related_name="+"
    )
    # Of the battle in its tournament, from 0: how many were heard before it.
    place = models.PositiveSmallIntegerField()
    listener = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    personal = models.ForeignKey(Mixer, on_delete=models.CASCADE, related_name="+")
    community = models.ForeignKey(Mixer, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tournament", "listener", "place"], name="hold_back_once_per_battle"
            )
        ]


class StoredSound(models.Model):
    """What descriptors need to know of a song in one state of its stems: computed once."""

    song = models.ForeignKey(Song, on_delete=models.CASCADE, related_name="+")
    multitrack_sha256 = models.CharField(max_length=64)
    encoder_sha256 = models.CharField(max_length=64)
    descriptor_version = models.PositiveSmallIntegerField()
    # safetensors with the arrays of `SongSound`.
    arrays = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["song", "multitrack_sha256", "encoder_sha256", "descriptor_version"],
                name="sound_once_per_state",
            )
        ]


class StoredBasis(models.Model):
    """Function space for the heads of one encoder: seconds of work, and the same for everybody."""

    encoder_sha256 = models.CharField(max_length=64)
    descriptor_version = models.PositiveSmallIntegerField()
    # How many probe songs it was built over.
    songs = models.PositiveSmallIntegerField()
    # safetensors with the arrays of `Basis`.
    arrays = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)


class HeardMix(models.Model):
    """A mix as taste hears it: its descriptors, computed once per version of them."""

    mix = models.ForeignKey(Mix, on_delete=models.CASCADE, related_name="+")
    descriptor_version = models.PositiveSmallIntegerField()
    # float32, one number per descriptor, in audible steps.
    descriptors = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mix", "descriptor_version"], name="heard_once_per_version"
            )
        ]
