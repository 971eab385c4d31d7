"""What is stored so that mixers decide fast: smaller variants of their networks, and decisions."""

from typing import ClassVar, Self

from django.db import models

from mixing.networks.formats import PRECISIONS


class ModelVariantQuerySet(models.QuerySet["ModelVariant"]):
    def of(self, onnx_sha256: str) -> Self:
        return self.filter(of_sha256=onnx_sha256)


class ModelVariant(models.Model):
    """A network of the registry in smaller numbers, as it was measured when it was made.

    Known by the exact (fp32) file it stands for, so the encoder's belong to all mixers. The row of
    the exact file itself holds the time that the others are compared with. Rows never change.
    """

    of_sha256 = models.CharField(max_length=64)
    precision = models.CharField(max_length=4, choices=[(name, name) for name in PRECISIONS])
    # File name under MODELS_ROOT and its sha256; empty where these weights cannot be made so small.
    file = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    bytes = models.PositiveIntegerField(default=0)
    # CPU time for a song of about eight stems on the machine that made it.
    microseconds = models.FloatField(default=0.0)
    # The most that any knob was off in clearly audible steps, and the rest of `Fidelity`.
    worst_steps = models.FloatField(default=0.0)
    fidelity = models.JSONField(default=dict)
    problem = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[ModelVariantQuerySet] = ModelVariantQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["file"]
        constraints = [
            models.UniqueConstraint(
                fields=["of_sha256", "precision"], name="variant_once_per_precision"
            )
        ]

    def __str__(self) -> str:
        return self.file or f"{self.precision} of {self.of_sha256[:12]}"


class ChosenSettings(models.Model):
    """What a mixer chose for one state of a song's stems: decided once, read by every mix of it."""

    song = models.ForeignKey("mixing.Song", on_delete=models.CASCADE, related_name="+")
    mixer = models.ForeignKey("mixing.Mixer", on_delete=models.CASCADE, related_name="+")
    # Fingerprints, order, roles and levels of the stems: see `identity.multitrack_sha256`.
    multitrack_sha256 = models.CharField(max_length=64)
    encoder_sha256 = models.CharField(max_length=64)
    settings = models.JSONField()
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "chosen settings"
        constraints = [
            models.UniqueConstraint(
                fields=["song", "mixer", "multitrack_sha256", "encoder_sha256"],
                name="settings_chosen_once",
            )
        ]
        # "What was chosen so long ago that nobody will ask again?"
        indexes = [models.Index(fields=["made_at"])]

    def __str__(self) -> str:
        return f"{self.song} by {self.mixer}"


class CacheCount(models.Model):
    """How often a result was there already, and how often it had to be computed."""

    name = models.CharField(max_length=20, primary_key=True)
    hits = models.PositiveBigIntegerField(default=0)
    misses = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name}: {self.hits} hits, {self.misses} misses"
