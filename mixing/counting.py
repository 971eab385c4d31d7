"""Hits and misses of the result caches, counted for all processes together."""

from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import F

from mixing.inference_models import CacheCount

EMBEDDINGS: Final = "embeddings"
SETTINGS: Final = "settings"


def count(name: str, *, hits: int = 0, misses: int = 0) -> None:
    """Add to a cache's counts."""
    if not hits and not misses:
        return
    row = CacheCount.objects.filter(pk=name)
    if not row.update(hits=F("hits") + hits, misses=F("misses") + misses):
        try:
            with transaction.atomic():
                CacheCount.objects.create(pk=name, hits=hits, misses=misses)
        except IntegrityError:  # Another process was first.
            row.update(hits=F("hits") + hits, misses=F("misses") + misses)


def counts() -> dict[str, dict[str, int]]:
    """Hits and misses by cache."""
    return {row.name: {"hits": row.hits, "misses": row.misses} for row in CacheCount.objects.all()}
