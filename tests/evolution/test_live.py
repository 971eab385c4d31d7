"""Signals in, events out: what starts learning, and who is told."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.db import connection

from accounts.models import User
from evolution import live, personal, tasks
from evolution.models import EvolutionRun, StoredSound
from mixing import events, topics
from mixing.models import Mixer, OutboxMessage, Song
from tests.evolution import building
from tests.evolution.building import likes
from tournaments import signals

BRIGHT = likes(brightness=4.0, air=2.0)
Commit = Callable[[], None]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Topics and kinds of what was announced."""
    heard: list[tuple[str, str]] = []
    monkeypatch.setattr(
        events, "announce", lambda topic, kind, data=None: heard.append((topic, kind))
    )
    return heard


def test_votes_and_closed_tournaments_start_learning(db: None, commit: Commit) -> None:
    listener, tournament = uuid4(), uuid4()
    signals.announce_vote(tournament_id=tournament, listener_id=listener, vote_id=uuid4())
    signals.announce_closed(tournament_id=tournament)
    assert not OutboxMessage.objects.exists()  # Not before the vote is committed.
    commit()
    rows = OutboxMessage.objects.order_by("pk").values_list("task", "args")
    assert list(rows) == [
        ("evolution.tasks.learn", [str(listener)]),
        ("evolution.tasks.finish", [str(tournament)]),
    ]


def test_every_task_has_its_queue_and_beat_names_tasks_that_exist(db: None) -> None:
    from celery import current_app

    assert tasks.learn.name in current_app.tasks
    route = current_app.amqp.router.route({}, "evolution.tasks.learn")
    assert route["queue"].name == "evolve"
    for entry in django_settings.CELERY_BEAT_SCHEDULE.values():
        if entry["task"].startswith("evolution."):
            assert entry["task"] in current_app.tasks


def test_a_listener_is_told_that_their_taste_changed(
    listener: User, songs: list[Song], house: list[Mixer], told: list[tuple[str, str]]
) -> None:
    building.listen(listener, songs, house, BRIGHT, 2)
    personal.learn(listener.pk)
    assert told == [(f"taste:{listener.pk}", "taste.changed")]


def test_taste_is_watched_by_its_owner_alone(
    listener: User, stranger: User, songs: list[Song], house: list[Mixer]
) -> None:
    topic = live.taste_topic(listener.pk)
    assert topics.may_watch(listener, topic)
    assert not topics.may_watch(stranger, topic)
    assert not topics.may_watch(None, topic)
    assert topics.snapshot(topic) == {
        "votes": 0, "version": 0, "personal_mixer": None, "generation": None,
    }  # fmt: skip
    building.listen(listener, songs, house, BRIGHT, 6)
    personal.learn(listener.pk)
    personal.breed_for(listener.pk)
    assert topics.snapshot(topic) | {"personal_mixer": None} == {
        "votes": 6, "version": 1, "personal_mixer": None, "generation": 1,
    }  # fmt: skip
    own = EvolutionRun.objects.get(listener=listener)
    assert topics.may_watch(listener, f"evolution:{own.pk}")
    assert not topics.may_watch(stranger, f"evolution:{own.pk}")


def test_the_communitys_populations_are_everybodys(db: None, stranger: User) -> None:
    run = EvolutionRun.objects.create(scope="overall", seed=1)
    topic = f"evolution:{run.pk}"
    assert topics.may_watch(stranger, topic)
    assert topics.snapshot(topic) == {"scope": "overall", "generation": None}
    assert not topics.may_watch(stranger, f"evolution:{uuid4()}")


def test_a_song_is_read_once(owner: User, house: list[Mixer]) -> None:
    song = building.make_songs(owner, 1)[0]
    mix = building.mix_of(song, house[0])
    for _ in range(2):
        tasks.hear_song(str(song.pk))
    assert StoredSound.objects.count() == 1
    with connection.execute_wrapper(_no_reading):
        assert building.sound_of(mix)
    tasks.hear_song(str(uuid4()))  # A song that was deleted meanwhile.


def _no_reading(execute: object, sql: str, *rest: object) -> object:
    assert "mixing_stem" not in sql
    return execute(sql, *rest)  # type: ignore[operator]
