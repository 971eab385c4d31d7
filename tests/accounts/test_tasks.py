from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import idempotency, limits, tasks
from accounts.models import Attempt, IdempotentRequest, User

pytestmark = pytest.mark.django_db


def test_pruning_forgets_what_is_over_and_nothing_else(owner: User) -> None:
    now = timezone.now()
    for age in (timedelta(), limits.LONGEST_WINDOW + timedelta(minutes=1)):
        attempt = limits.check("guest", str(age), 9, timedelta(hours=1))
        Attempt.objects.filter(pk=attempt.pk).update(at=now - age)
    for age in (timedelta(), idempotency.KEPT + timedelta(minutes=1)):
        row = IdempotentRequest.objects.create(user=owner, key=str(age), request_digest="d")
        IdempotentRequest.objects.filter(pk=row.pk).update(created_at=now - age)
    for days in (-1, 1):
        Session.objects.create(session_key=f"s{days}", expire_date=now + timedelta(days=days))

    tasks.prune()

    assert Attempt.objects.get().at > now - timedelta(minutes=1)
    assert IdempotentRequest.objects.get().key == "0:00:00"
    assert Session.objects.get().session_key == "s1"


def test_pruning_is_on_the_timetable() -> None:
    assert tasks.prune.name in {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
