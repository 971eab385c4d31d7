"""Personal tournaments of the time before many songs and listeners keep working."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE = [("tournaments", "0001_initial")]
AFTER = [("tournaments", "0004_every_entry_has_its_mixes")]


@pytest.fixture
def migrate(transactional_db: None) -> Iterator[Any]:
    """Moves the database to a migration and gives the models of that time."""

    def to(targets: list[tuple[str, str]]) -> Any:
        executor = MigrationExecutor(connection)
        executor.migrate(targets)
        loader = MigrationExecutor(connection).loader
        others = [node for node in loader.graph.leaf_nodes() if node[0] in ("accounts", "mixing")]
        return loader.project_state([*targets, *others]).apps

    yield to
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def old_rows(apps: Any) -> Any:
    """A tournament as it was: two entries with a preview and a full mix each, one vote."""
    user = apps.get_model("accounts", "User").objects.create(email="owner@example.org", name="O")
    song = apps.get_model("mixing", "Song").objects.create(owner=user, title="Song")
    tournament = apps.get_model("tournaments", "Tournament").objects.create(
        owner=user, song=song, seed=1
    )
    entries = []
    for name in ("Warm", "Bright"):
        mixer = apps.get_model("mixing", "Mixer").objects.create(
            name=name, slug=name, genome_sha256=name, architecture="head", encoder_version="1"
        )
        mixes = [
            apps.get_model("mixing", "Mix").objects.create(
                song=song,
                mixer=mixer,
                section=section,
                renderer_version=1,
                multitrack_sha256="",
                cache_key=name + section,
            )
            for section in ("preview", "full")
        ]
        entries.append(
            apps.get_model("tournaments", "Entry").objects.create(
                tournament=tournament, mixer=mixer, preview=mixes[0], full=mixes[1]
            )
        )
    battle = apps.get_model("tournaments", "Battle").objects.create(
        tournament=tournament,
        number=1,
        side_a=entries[0],
        side_b=entries[1],
        listener=user,
        state="decided",
        clip_lufs=-18,
        clip_frames=1,
    )
    apps.get_model("tournaments", "Vote").objects.create(
        battle=battle, listener=user, choice="a", heard_a_s=6, heard_b_s=6
    )
    return tournament


@pytest.mark.slow
def test_old_tournaments_keep_everything_on_the_way_forth_and_back(migrate: Any) -> None:
    old = old_rows(migrate(BEFORE))
    before = list(old.entries.order_by("pk").values_list("pk", "preview", "full"))
    new = migrate(AFTER)
    tournament = new.get_model("tournaments", "Tournament").objects.get(pk=old.pk)
    assert [row.song_id for row in tournament.tournament_songs.all()] == [old.song_id]
    assert tournament.participants.get().listener_id == old.owner_id
    entries = list(tournament.entries.order_by("number").select_related("mixer"))
    assert [entry.mixer.name for entry in entries] == ["Bright", "Warm"]
    for entry in entries:
        mix = entry.mixes.get()
        assert mix.preview.mixer_id == mix.full.mixer_id == entry.mixer_id
        assert (mix.preview.section, mix.full.section) == ("preview", "full")
    battle = tournament.battles.get()
    assert battle.song_id == old.song_id
    assert (battle.mix_a.entry_id, battle.mix_b.entry_id) == (battle.side_a_id, battle.side_b_id)
    vote = battle.votes.get()
    assert (vote.choice, vote.weight, vote.counted, vote.chips) == ("a", 1.0, True, [])

    again = migrate(BEFORE).get_model("tournaments", "Entry").objects.order_by("pk")
    assert list(again.values_list("pk", "preview", "full")) == before
