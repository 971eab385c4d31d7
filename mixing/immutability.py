"""Rows of which some columns never change: what they say was true when they were written.

Guards every way Django writes a row: `save`, `update`, `bulk_update`, `update_or_create`.
"""

from collections.abc import Iterable
from typing import Any, ClassVar, Self, TypeVar

from django.db import models

Row = TypeVar("Row", bound="Immutable")


class VersionImmutable(Exception):
    """Somebody tried to change what a version is; a change is a new row."""

    code = "version_immutable"

    def __init__(self, model: type[models.Model], columns: Iterable[str]) -> None:
        names = ", ".join(sorted(columns))
        super().__init__(f"{model.__name__}: {names} never change; a change is a new row.")


class ImmutableQuerySet(models.QuerySet[Row]):
    def update(self, **columns: Any) -> int:
        """As Django's. Raises VersionImmutable for columns that never change."""
        frozen = self.model.FROZEN.intersection(columns)
        if frozen:
            raise VersionImmutable(self.model, frozen)
        return super().update(**columns)


class Immutable(models.Model):
    """A model whose `FROZEN` columns are written once."""

    FROZEN: ClassVar[frozenset[str]] = frozenset()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As Django's. Raises VersionImmutable when a frozen column was changed."""
        stored: dict[str, Any] = self.__dict__.get("_as_stored", {})
        changed = [name for name, value in stored.items() if self.__dict__.get(name) != value]
        if changed:
            raise VersionImmutable(type(self), changed)
        super().save(*args, **kwargs)
        self._remember()

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        row = super().from_db(*args, **kwargs)
        row._remember()
        return row

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        super().refresh_from_db(*args, **kwargs)
        self._remember()

    def _remember(self) -> None:
        """What of the frozen columns is loaded now (deferred ones are not)."""
        self._as_stored = {n: self.__dict__[n] for n in self.FROZEN if n in self.__dict__}
