"""The part that needs the product's own rows; a process beside the server, on its data folder.

python -m config.load.inside furnish 1500 300     -> {"tournament": …, "listeners": […]}
python -m config.load.inside probe tournament:<id>   one event for each line it reads
python -m config.load.inside look <tournament id> -> {"votes": [ids], "database": …}
"""

import json
import os
import sys
import time
from importlib import import_module
from typing import Any
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402 - needs the apps that the line above loads
from django.contrib.sessions.models import Session  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from accounts.services import BACKEND  # noqa: E402
from mixing import events  # noqa: E402
from mixing import services as mixing_services  # noqa: E402
from mixing.audio import SAMPLE_RATE  # noqa: E402
from mixing.audio.parameters import Settings  # noqa: E402
from mixing.jobs import JobState  # noqa: E402
from mixing.models import Mix, Mixer, OutboxMessage, Song, Stem  # noqa: E402
from tournaments import services  # noqa: E402
from tournaments.benchmarks.load import PROBE  # noqa: E402
from tournaments.models import Battle, Listening, Tournament, Vote  # noqa: E402
from tournaments.services import Plan  # noqa: E402

MIXERS = 8
CLIP_S = 30
HEARD_MS = 20_000
AT_ONCE = 100


def furnish(listeners: int, battles: int) -> dict[str, Any]:
    """One open arena for everybody, its listeners, and a battle for the first of them.

    The mixes are rows without audio: nobody plays them, and nothing else looks at the files. A
    battle is drawn by the product; only its minutes of listening are told to the database instead
    of spent here.
    """
    call_command("migrate", verbosity=0, interactive=False)
    with transaction.atomic():
        owner = User.objects.create_user("owner@example.org", name="Owner")
        song = _song(owner)
        mixers = [_mixer(number) for number in range(MIXERS)]
        _mixed(song, owner)
        tournament = services.create_tournament(
            owner=owner,
            songs=[song],
            mixers=mixers,
            plan=Plan(
                format=Tournament.Format.ARENA, voters=Tournament.Voters.EVERYBODY, title="Load"
            ),
            anchors_too=False,
        )
        people = [User.objects.create_guest() for _ in range(listeners)]
        sessions = _sessions(people)
    heard = [_battle(tournament, few) for few in _in_groups(people[:battles])]
    ids = [battle for few in heard for battle in few]
    return {
        "tournament": str(tournament.pk),
        "listeners": [
            [key, str(ids[number]) if number < len(ids) else ""]
            for number, key in enumerate(sessions)
        ],
    }


def probe(topic: str) -> None:
    """Announce an event that carries the time, for each line on standard input."""
    events.use_own_loop()
    _say("ready")
    for _ in sys.stdin:
        events.announce(topic, PROBE, {"sent": time.time()})


def look(tournament_id: str) -> dict[str, Any]:
    """What the database holds now."""
    votes = Vote.objects.standing().filter(battle__tournament=UUID(tournament_id))
    return {
        "votes": [str(vote) for vote in votes.values_list("pk", flat=True)],
        "database": _database(),
        "sequence": events.current_sequence(f"tournament:{tournament_id}"),
    }


def _song(owner: User) -> Song:
    frames = CLIP_S * SAMPLE_RATE
    song = Song.objects.create(
        owner=owner,
        title="Load",
        status=Song.Status.READY,
        frames=2 * frames,
        section_start=0,
        section_stop=frames,
    )
    Stem.objects.create(
        song=song,
        position=0,
        name="Guitar",
        role="guitar",
        state=JobState.READY,
        source_sha256="0" * 64,
        fingerprint="0" * 64,
        channels=1,
        frames=2 * frames,
        lufs=-20.0,
        peaks=[0, 0],
    )
    return song


def _mixer(number: int) -> Mixer:
    digest = f"{number:064x}"
    return Mixer.objects.create(
        name=f"Mixer {number + 1}",
        slug=f"mixer-{number + 1}",
        status=Mixer.Status.LISTED,
        architecture="head",
        encoder_version="1",
        genome_sha256=digest,
        head_onnx_sha256=digest,
        encoder_onnx_sha256=digest,
    )


def _mixed(song: Song, owner: User) -> None:
    """Every mix of the song, as if it had been made: nothing is left for the worker."""
    mixes = mixing_services.request_mixes(song=song, by=owner)
    Mix.objects.filter(pk__in=[mix.pk for mix in mixes]).update(
        state=JobState.READY,
        frames=CLIP_S * SAMPLE_RATE,
        lufs=-20.0,
        true_peak_dbtp=-6.0,
        settings=Settings.default(1).to_json(),
    )
    OutboxMessage.objects.all().update(published_at=timezone.now())


def _sessions(people: list[User]) -> list[str]:
    """A logged-in browser session for each."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    rows = [
        Session(
            session_key=store._get_new_session_key(),
            session_data=store.encode(
                {
                    "_auth_user_id": str(user.pk),
                    "_auth_user_backend": BACKEND,
                    "_auth_user_hash": user.get_session_auth_hash(),
                }
            ),
            expire_date=store.get_expiry_date(),
        )
        for user in people
    ]
    Session.objects.bulk_create(rows)
    return [row.session_key for row in rows]


def _in_groups(people: list[User]) -> list[list[User]]:
    return [people[start : start + AT_ONCE] for start in range(0, len(people), AT_ONCE)]


@transaction.atomic
def _battle(tournament: Tournament, people: list[User]) -> list[Any]:
    """A battle for each, heard already."""
    ids = []
    for listener in people:
        battle = services.next_battle(tournament=tournament, listener=listener)
        assert isinstance(battle, Battle)  # An open arena always has a pair for a newcomer.
        ids.append(battle.pk)
    Listening.objects.filter(battle__in=ids).update(
        heard_a_ms=HEARD_MS, heard_b_ms=HEARD_MS, first_side="a"
    )
    return ids


def _database() -> dict[str, Any]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT version(), pg_database_size(current_database())")
            version, size = cursor.fetchone()
        else:
            cursor.execute("SELECT sqlite_version()")
            version = f"SQLite {cursor.fetchone()[0]}"
            size = sum(path.stat().st_size for path in settings.DATA_DIR.glob("mixarena.sqlite3*"))
    return {"version": " ".join(version.split()[:2]), "mb": round(size / 1e6, 1)}


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(what: str, *arguments: str) -> None:
    if what == "furnish":
        _say(json.dumps(furnish(*map(int, arguments))))
    elif what == "probe":
        probe(*arguments)
    else:
        _say(json.dumps(look(*arguments)))


if __name__ == "__main__":
    main(*sys.argv[1:])
