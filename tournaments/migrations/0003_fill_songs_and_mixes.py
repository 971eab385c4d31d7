"""Personal tournaments on one song become tournaments on a list of songs with one in it."""

from typing import Any

from django.db import migrations


def fill(apps: Any, schema_editor: Any) -> None:
    Tournament = apps.get_model("tournaments", "Tournament")
    TournamentSong = apps.get_model("tournaments", "TournamentSong")
    Participant = apps.get_model("tournaments", "Participant")
    for tournament in Tournament.objects.iterator():
        TournamentSong.objects.create(
            tournament=tournament, song_id=tournament.song_id, position=0
        )
        Participant.objects.create(
            tournament=tournament,
            listener_id=tournament.owner_id,
            finished_at=tournament.closed_at,
        )
        fill_entries(apps, tournament)


def fill_entries(apps: Any, tournament: Any) -> None:
    Entry = apps.get_model("tournaments", "Entry")
    EntryMix = apps.get_model("tournaments", "EntryMix")
    Battle = apps.get_model("tournaments", "Battle")
    battles = Battle.objects.filter(tournament=tournament)
    battles.update(song_id=tournament.song_id)
    # The order that their numbers had until now.
    entries = Entry.objects.filter(tournament=tournament).order_by("mixer__name", "pk")
    for number, entry in enumerate(entries):
        Entry.objects.filter(pk=entry.pk).update(number=number)
        mix = EntryMix.objects.create(
            entry=entry,
            song_id=tournament.song_id,
            preview_id=entry.preview_id,
            full_id=entry.full_id,
        )
        battles.filter(side_a=entry).update(mix_a=mix)
        battles.filter(side_b=entry).update(mix_b=mix)


def empty(apps: Any, schema_editor: Any) -> None:
    """Back to entries with one preview and one full mix each."""
    Entry = apps.get_model("tournaments", "Entry")
    EntryMix = apps.get_model("tournaments", "EntryMix")
    for mix in EntryMix.objects.select_related("entry__tournament"):
        if mix.song_id == mix.entry.tournament.song_id and mix.preview_id:
            Entry.objects.filter(pk=mix.entry_id).update(
                preview_id=mix.preview_id, full_id=mix.full_id
            )


class Migration(migrations.Migration):

    dependencies = [
        ("tournaments", "0002_tournaments_of_many"),
    ]

    operations = [migrations.RunPython(fill, empty)]
