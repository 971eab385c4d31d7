"""Tasks leave with their transaction, or by the sweeper, or not at all."""

from datetime import timedelta

import pytest
from celery import current_app
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from mixing import outbox
from mixing.models import OutboxMessage


class Broker:
    """Stands where messages leave the process; may be away."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, list[str]]] = []
        self.away = False

    def send_task(self, task: str, args: list[str], **_: object) -> None:
        if self.away:
            raise OperationalError("broker away")
        self.sent.append((task, args))


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    broker = Broker()
    monkeypatch.setattr(current_app._get_current_object(), "send_task", broker.send_task)
    return broker


@pytest.mark.django_db(transaction=True)
def test_a_task_is_published_on_commit(broker: Broker) -> None:
    with transaction.atomic():
        outbox.enqueue("mixing.tasks.prepare_song", "1")
        assert broker.sent == []
    assert broker.sent == [("mixing.tasks.prepare_song", ["1"])]
    assert OutboxMessage.objects.get().published_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_rollback_takes_the_task_along(broker: Broker) -> None:
    with transaction.atomic():
        outbox.enqueue("mixing.tasks.prepare_song", "1")
        transaction.set_rollback(True)
    assert broker.sent == []
    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_the_request_succeeds_and_the_sweeper_publishes_later(
    broker: Broker,
) -> None:
    broker.away = True
    outbox.enqueue("mixing.tasks.prepare_song", "1")
    outbox.enqueue("mixing.tasks.prepare_song", "2")
    assert OutboxMessage.objects.filter(published_at=None).count() == 2
    assert outbox.publish_pending(timedelta()) == 0
    broker.away = False
    assert outbox.publish_pending() == 0  # Too young: their own process may be about to.
    assert outbox.publish_pending(timedelta()) == 2
    assert [args for _, args in broker.sent] == [["1"], ["2"]]
    assert outbox.publish_pending(timedelta()) == 0


def test_old_messages_are_forgotten(db: None) -> None:
    old = timezone.now() - timedelta(days=2)
    OutboxMessage.objects.create(task="a", published_at=old)
    OutboxMessage.objects.create(task="b", published_at=timezone.now())
    OutboxMessage.objects.create(task="c")
    assert outbox.prune() == 1
    assert set(OutboxMessage.objects.values_list("task", flat=True)) == {"b", "c"}
