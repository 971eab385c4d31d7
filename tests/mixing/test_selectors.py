"""What pages show, in how many queries, and what stays hidden."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from mixing import blindness, live, selectors, services
from mixing.jobs import JobState
from mixing.models import Mix, Mixer, Song, Stem
from tests.mixing import making
from tests.mixing.conftest import Work


@pytest.fixture
def mixes(song: Song, house: list[Mixer]) -> list[Mix]:
    return services.request_mixes(song=song, by=song.owner)


def test_the_board_has_a_card_per_mixer(song: Song, house: list[Mixer]) -> None:
    board = selectors.mix_board(song, song.owner)
    assert [card.mixer for card in board] == house
    assert all(card.current is None for card in board)


def test_cards_follow_the_preview_then_the_full_mix(
    song: Song, mixes: list[Mix], work: Work
) -> None:
    card = selectors.mix_board(song, song.owner)[1]
    assert (card.current, card.queue_position, card.percent) == (mixes[1], 2, 0.0)
    Mix.objects.filter(pk=mixes[1].pk).update(state=JobState.READY)
    card = selectors.mix_board(song, song.owner)[1]
    assert (card.current, card.audible) == (mixes[6], mixes[1])
    assert card.queue_position == 6
    work()
    card = selectors.mix_board(song, song.owner)[0]
    assert (card.current, card.audible, card.percent) == (mixes[5], mixes[5], 100.0)


def test_a_retired_mixer_still_shows_what_it_made(
    song: Song, mixes: list[Mix], house: list[Mixer]
) -> None:
    Mixer.objects.filter(pk=house[0].pk).update(status=Mixer.Status.RETIRED)
    cards = {card.mixer: card for card in selectors.mix_board(song, song.owner)}
    assert len(cards) == 5
    assert cards[house[0]].preview == mixes[0]


def test_a_personal_mixer_is_its_owners(song: Song, house: list[Mixer], stranger: User) -> None:
    Mixer.objects.filter(pk=house[0].pk).update(owner=stranger)
    assert house[0] not in selectors.listed_mixers(song.owner)
    assert house[0] in selectors.listed_mixers(stranger)
    assert house[0] not in selectors.listed_mixers(AnonymousUser())


def test_the_page_of_a_song(song: Song, mixes: list[Mix], stranger: User) -> None:
    Stem.objects.create(song=song, position=8, name="bad", source_sha256="x", state="failed")
    services.begin_upload(song=song, name="next.wav", size=10)
    detail = selectors.song_detail(song, song.owner)
    assert (len(detail.stems), len(detail.ready_stems), detail.room_for_stems) == (4, 3, 29)
    assert (detail.may_edit, detail.can_mix, detail.has_mixes, detail.outdated) == (
        True, True, True, False,
    )  # fmt: skip
    assert len(detail.uploads) == 1
    seen = selectors.song_detail(song, stranger)
    assert (seen.may_edit, seen.can_mix, seen.uploads) == (False, False, [])


def test_mixes_of_other_stems_are_outdated(song: Song, mixes: list[Mix]) -> None:
    services.set_role(stem=song.stems.all()[0], role="percussion")
    detail = selectors.song_detail(song, song.owner)
    assert (detail.has_mixes, detail.outdated) == (False, True)


def test_while_blind_cards_show_progress_only(
    song: Song, mixes: list[Mix], work: Work, monkeypatch: pytest.MonkeyPatch, stranger: User
) -> None:
    work()
    monkeypatch.setattr(
        blindness, "_checks", [lambda viewer, songs: set(songs) if viewer == song.owner else set()]
    )
    detail = selectors.song_detail(song, song.owner)
    assert detail.hidden
    assert all(card.hidden and card.audible is None for card in detail.board)
    assert detail.board[0].percent == 100.0
    assert not selectors.song_detail(song, stranger).hidden
    assert not selectors.song_detail(song, AnonymousUser()).hidden


def test_songs_are_counted(song: Song, mixes: list[Mix], work: Work, stranger: User) -> None:
    work()
    shown: Any = selectors.songs_of(song.owner).get()
    assert (shown.stem_count, shown.ready_mix_count) == (3, 5)
    assert not selectors.songs_of(stranger).exists()


def test_demo_songs_are_public_and_ready(song: Song) -> None:
    assert not selectors.demo_songs().exists()
    Song.objects.update(visibility="public", demo_slug="demo")
    assert selectors.demo_songs().get() == song
    Song.objects.update(status=Song.Status.ANALYSING)
    assert not selectors.demo_songs().exists()


def test_a_page_takes_a_fixed_number_of_queries(
    owner: User, house: list[Mixer], django_assert_num_queries: Any
) -> None:
    small = making.ready_song(owner, [making.KICK])
    large = making.ready_song(owner, [making.KICK, making.BASS, making.VOX])
    for song in (small, large):
        services.request_mixes(song=song, by=owner)
        song.refresh_from_db()
        # Stems, uploads, mixes, mixers, the queue, two paces, and whether somebody votes blind.
        with django_assert_num_queries(8):
            selectors.song_detail(song, owner)


def test_positions_are_the_order_in_which_mixes_are_taken(mixes: list[Mix]) -> None:
    line = selectors.queue(mixes)
    assert [line.position(mix) for mix in mixes] == list(range(1, 11))
    taken = Mix.objects.claim_most_urgent()
    assert taken == mixes[0]
    assert selectors.queue_position(taken) is None
    assert selectors.queue_position(mixes[1]) == 1


def test_the_live_snapshot_tells_what_events_tell(song: Song, mixes: list[Mix]) -> None:
    snapshot = live.song_snapshot(song)
    assert snapshot["song"] == {"id": str(song.pk), "status": "ready"}
    assert [stem["state"] for stem in snapshot["stems"]] == ["ready"] * 3
    assert [mix["queue_position"] for mix in snapshot["mixes"]] == list(range(1, 11))
    assert {mix["section"] for mix in snapshot["mixes"]} == {"preview", "full"}
    assert snapshot["mixes"][0]["seconds_left"] is None
