"""Prepared queries answer as the querysets they were made from."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from tests.tournaments.conftest import Clock, play
from tournaments.models import Battle, Participant, Tournament, Vote
from tournaments.prepared import Prepared


def battles(tournament: UUID, since: datetime) -> QuerySet[Battle]:
    return (
        Battle.objects.filter(tournament=tournament, created_at__gt=since, state="decided")
        .select_related("tournament", "side_a__mixer", "mix_a__recording")
        .order_by("number")
    )


@pytest.fixture
def played(tournament: Tournament, clock: Clock) -> Tournament:
    play(tournament, clock, battles=3)
    return tournament


def test_instances_are_those_of_the_queryset(
    played: Tournament, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    prepared = Prepared(battles, UUID, datetime)
    long_ago = timezone.now() - timedelta(days=1)
    wanted = list(battles(played.pk, long_ago))
    for _ in range(2):
        with django_assert_num_queries(1):
            found = prepared(played.pk, long_ago)
            assert [battle.side_a.mixer for battle in found] == [b.side_a.mixer for b in wanted]
            assert [battle.tournament.seed for battle in found] == [played.seed] * 3
            assert all(b.mix_a is not None and b.mix_a.recording is None for b in found)
        for one, other in zip(found, wanted, strict=True):
            columns = [field.attname for field in Battle._meta.concrete_fields]
            assert [getattr(one, c) for c in columns] == [getattr(other, c) for c in columns]
    assert prepared(uuid4(), long_ago) == prepared(played.pk, timezone.now()) == []
    assert prepared.first(uuid4(), long_ago) is None


def test_rows_have_the_types_of_their_columns(played: Tournament) -> None:
    prepared = Prepared(
        lambda tournament: (
            Vote.objects.filter(battle__tournament=tournament)
            .order_by("created_at")
            .values_list("pk", "battle__side_a", "choice", "chips", "created_at", "counted")
        ),
        UUID,
    )
    votes = Vote.objects.order_by("created_at").select_related("battle")
    wanted = [(v.pk, v.battle.side_a_id, v.choice, v.chips, v.created_at, v.counted) for v in votes]
    assert prepared(played.pk) == wanted
    assert len(wanted) == 3


def test_groups_are_counted(played: Tournament, owner: User) -> None:
    prepared = Prepared(
        lambda listener: (
            Battle.objects.filter(listener=listener)
            .order_by()
            .values("state")
            .annotate(times=Count("pk"))
            .values_list("state", "times")
        ),
        UUID,
    )
    assert dict(prepared(owner.pk))["decided"] == 3


@pytest.mark.django_db(transaction=True)
def test_a_lock_needs_a_transaction_as_ever(played: Tournament, owner: User) -> None:
    prepared = Prepared(
        lambda listener: Participant.objects.select_for_update().filter(listener=listener), UUID
    )
    with transaction.atomic():
        place = prepared.first(owner.pk)
        assert place is not None
        assert place.tournament_id == played.pk


def test_a_row_that_was_read_can_be_saved(played: Tournament) -> None:
    prepared = Prepared(lambda pk: Tournament.objects.filter(pk=pk).only("pk", "title"), UUID)
    row = prepared.first(played.pk)
    assert row is not None
    assert row.get_deferred_fields()
    assert row.seed == played.seed  # Fetched when it is asked for.
    row.title = "Another"
    row.save(update_fields=["title"])
    assert Tournament.objects.get(pk=played.pk).title == "Another"
    assert row._state.db == connection.alias
