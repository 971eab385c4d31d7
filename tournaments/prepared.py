"""Queries that are asked with every vote: their SQL is written once, only their values change.

Django writes SQL anew for each query, which takes longer than most databases need to answer it (a
millisecond for a wide join), and PostgreSQL plans it anew. A `Prepared` keeps what the first call
wrote and answers with the same model instances or rows. Transactions, locks and converters are
Django's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, TypeVar
from uuid import UUID, uuid4

from django.db import connection
from django.db.backends.utils import CursorDebugWrapper
from django.db.models import QuerySet
from django.db.models.query import ModelIterable, get_related_populators

Row_co = TypeVar("Row_co", covariant=True)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What one call wrote for one kind of database."""

    sql: str
    params: tuple[Any, ...]
    places: tuple[tuple[int, int], ...]
    """Which parameter takes which value."""
    compiler: Any
    converters: Any
    model: Any
    """None: rows are tuples."""
    names: list[str]
    columns: slice
    populators: Sequence[Any]


class Prepared(Generic[Row_co]):
    """A queryset of one shape: `Prepared(make, UUID, datetime)(a_uuid, a_datetime)`.

    `make` gets one value per type and may use each in filters only; its queryset yields instances
    (with `select_related`, `only` and `select_for_update`) or `values_list` rows.
    """

    def __init__(
        self, make: Callable[..., QuerySet[Any, Row_co]], *types: type[UUID] | type[datetime]
    ) -> None:
        self._make = make
        self._types = types
        self._plans: dict[str, _Plan] = {}

    def __call__(self, *values: UUID | datetime) -> list[Row_co]:
        """All rows, in the queryset's order (one query)."""
        plan = self._plans.get(connection.vendor)
        if plan is None:
            plan = self._plans[connection.vendor] = self._written()
        params = list(plan.params)
        for place, number in plan.places:
            params[place] = _adapted(values[number])
        rows: list[Any] = _rows(plan.sql, params)
        if plan.converters:
            rows = [tuple(row) for row in plan.compiler.apply_converters(rows, plan.converters)]
        return rows if plan.model is None else [_instance(plan, row) for row in rows]

    def first(self, *values: UUID | datetime) -> Row_co | None:
        """The first row, if there is one."""
        rows = self(*values)
        return rows[0] if rows else None

    def _written(self) -> _Plan:
        # Values that nothing else in the query can be equal to.
        samples: list[UUID | datetime] = [
            uuid4() if kind is UUID else _EPOCH + timedelta(microseconds=number + 1)
            for number, kind in enumerate(self._types)
        ]
        queryset = self._make(*samples)
        compiler: Any = queryset.query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        told = {_adapted(sample): number for number, sample in enumerate(samples)}
        info = compiler.klass_info if queryset._iterable_class is ModelIterable else None
        chosen = info["select_fields"] if info else []
        # The stubs are a version ahead of Django.
        populators = (
            get_related_populators(info, compiler.select, connection.alias)  # type: ignore[call-arg]
            if info
            else ()
        )
        selected = slice(chosen[0], chosen[-1] + 1) if chosen else slice(0)
        return _Plan(
            sql=sql,
            params=tuple(params),
            places=tuple((place, told[p]) for place, p in enumerate(params) if p in told),
            compiler=compiler,
            converters=compiler.get_converters([column for column, *_ in compiler.select]),
            model=info["model"] if info else None,
            names=[column.target.attname for column, *_ in compiler.select[selected]],
            columns=selected,
            populators=populators,
        )


def _rows(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
    # PostgreSQL plans what it is to prepare once per connection, not once per question.
    from django.db.backends.postgresql.base import ServerBindingCursor

    connection.ensure_connection()
    server: Any = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]
    # Not Django's own cursor, so whoever counts or logs queries has to be told.
    log = CursorDebugWrapper(server, connection).debug_sql if connection.queries_logged else None
    with connection.wrap_database_errors, log(sql, params) if log else nullcontext():
        rows: list[tuple[Any, ...]] = server.execute(sql, params, prepare=True).fetchall()
        server.close()
    return rows


def _instance(plan: _Plan, row: Sequence[Any]) -> Any:
    made = plan.model.from_db(connection.alias, plan.names, row[plan.columns])
    for populator in plan.populators:
        populator.populate(row, made)
    return made


def _adapted(value: UUID | datetime) -> Any:
    """As Django's fields would hand it to this database."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value if connection.features.has_native_uuid_field else value.hex
