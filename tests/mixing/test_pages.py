"""Pages of songs, stems and mixes: what each person sees, and what each form does."""

import hashlib
from collections.abc import Callable

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from mixing import blindness
from mixing.audio import SAMPLE_RATE
from mixing.audio.measurements import measure
from mixing.audio.parameters import Settings
from mixing.identity import multitrack_sha256
from mixing.jobs import JobState
from mixing.library import PAGE_SIZE
from mixing.models import Mix, Mixer, Song, Stem

ClientOf = Callable[[User], Client]
JSON = {"HTTP_ACCEPT": "application/json"}
OUTLINE = [-40, 60] * 1200


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def make_song(owner: User, *, stems: int = 3, **fields: object) -> Song:
    fields = {"title": "Paper Boats", "status": Song.Status.READY, **fields}
    song = Song.objects.create(owner=owner, frames=90 * SAMPLE_RATE, **fields)
    for number in range(stems):
        Stem.objects.create(
            song=song,
            position=number,
            name=f"Track {number}.wav",
            role="guitar",
            state=JobState.READY,
            source_sha256=digest(f"{song.pk} {number}"),
            fingerprint=digest(f"sound {number}"),
            audio_file=f"stems/{number}.flac",
            source_sample_rate=48_000,
            channels=2,
            frames=90 * SAMPLE_RATE,
            lufs=-20.5,
            peaks=OUTLINE,
        )
    return song


def make_mixers(count: int = 5) -> list[Mixer]:
    return [
        Mixer.objects.create(
            slug=f"mixer-{n}",
            name=f"Mixer {n}",
            architecture="head",
            encoder_version="1",
            status=Mixer.Status.LISTED,
            genome_sha256=digest(f"genome {n}"),
        )
        for n in range(count)
    ]


def make_mix(song: Song, mixer: Mixer, section: str, **fields: object) -> Mix:
    fields = {"state": JobState.READY, "progress": 1.0, **fields}
    return Mix.objects.create(
        song=song,
        mixer=mixer,
        section=section,
        renderer_version=1,
        multitrack_sha256=multitrack_sha256(song.stems.all()),
        cache_key=digest(f"{song.pk} {mixer.pk} {section}"),
        settings=Settings.default(song.stems.count()).to_json(),
        frames=30 * SAMPLE_RATE,
        peaks=OUTLINE,
        lufs=-14.0,
        lra=5.5,
        true_peak_dbtp=-1.2,
        **fields,
    )


def song_url(song: Song, name: str = "song") -> str:
    return reverse(f"mixing:{name}", args=[song.pk])


# ---- Home and lists ------------------------------------------------------------------------------


def test_home_says_what_this_is_and_offers_to_try_it(client: Client, owner: User) -> None:
    song = make_song(owner, visibility="public", demo_slug="harbour", title="Harbour Lights")
    page = client.get(reverse("home")).content.decode()
    assert "judge them blind" in page
    assert f'action="{reverse("tournaments:try")}"' in page
    assert "peaks-b" not in page
    for mixer in make_mixers(2):
        make_mix(song, mixer, "preview")
    page = client.get(reverse("home")).content.decode()
    assert "peaks-b" in page
    assert "Harbour Lights" in page


def test_home_without_demo_songs_offers_no_dead_button(client: Client, db: None) -> None:
    page = client.get(reverse("home")).content.decode()
    assert reverse("tournaments:try") not in page


def test_home_shows_my_recent_songs_only_to_me(
    client_of: ClientOf, owner: User, stranger: User
) -> None:
    make_song(owner)
    assert "Paper Boats" in client_of(owner).get(reverse("home")).content.decode()
    assert "Paper Boats" not in client_of(stranger).get(reverse("home")).content.decode()


def test_the_list_of_songs_needs_somebody(client: Client, db: None) -> None:
    response = client.get(reverse("mixing:song-list"))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("accounts:login"))


def test_an_empty_list_says_how_to_begin(client_of: ClientOf, owner: User) -> None:
    page = client_of(owner).get(reverse("mixing:song-list")).content.decode()
    assert "Bring your first song" in page
    assert reverse("mixing:song-new") in page


def test_a_long_list_comes_in_pages_of_few_queries(
    client_of: ClientOf, owner: User, django_assert_max_num_queries: Callable
) -> None:
    for number in range(PAGE_SIZE + 1):
        make_song(owner, stems=2, title=f"Song {number}")
    client = client_of(owner)
    with django_assert_max_num_queries(8):  # Two of them are the session and the person.
        first = client.get(reverse("mixing:song-list")).content.decode()
    assert first.count("<wave-form") == PAGE_SIZE
    assert "Page 1 of 2" in first
    assert "Song 0<" not in first
    second = client.get(reverse("mixing:song-list"), {"page": "2"}).content.decode()
    assert second.count("<wave-form") == 1
    assert "Song 0<" in second
    assert client.get(reverse("mixing:song-list"), {"page": "zero"}).status_code == 200


def test_mixers_are_listed_for_everybody(client: Client, db: None) -> None:
    make_mixers(2)
    page = client.get(reverse("mixing:mixers")).content.decode()
    assert "Mixer 0" in page
    assert "Mixer 1" in page


# ---- A song --------------------------------------------------------------------------------------


def test_a_private_song_exists_for_its_owner_alone(
    client: Client, client_of: ClientOf, owner: User, stranger: User
) -> None:
    song = make_song(owner)
    for name in ("song", "song-stems", "song-mixes"):
        assert client_of(owner).get(song_url(song, name)).status_code == 200
        assert client_of(stranger).get(song_url(song, name)).status_code == 404
        assert client.get(song_url(song, name)).status_code == 404


def test_a_public_song_is_read_only_for_others(client: Client, owner: User) -> None:
    song = make_song(owner, visibility="public")
    page = client.get(song_url(song)).content.decode()
    assert "Paper Boats" in page
    # Raw stems are their owner's: others see the outline and hear nothing.
    assert "<wave-form" in page
    assert "<wave-player" not in page
    assert song_url(song, "song-details") not in page


def test_the_owner_sees_editable_stems(client_of: ClientOf, owner: User) -> None:
    song = make_song(owner)
    page = client_of(owner).get(song_url(song)).content.decode()
    stem = song.stems.first()
    assert stem is not None
    assert page.count("<wave-player") == 3
    assert reverse("mixing:stem-role", args=[stem.pk]) in page
    assert "−20.5" in page
    assert "48 kHz" in page


def test_a_refused_stem_says_why_and_what_to_do(client_of: ClientOf, owner: User) -> None:
    song = make_song(owner)
    song.stems.filter(position=1).update(
        state=JobState.FAILED,
        error_code="unsupported_type",
        error_message="This is a picture, not audio.",
    )
    page = client_of(owner).get(song_url(song, "song-stems")).content.decode()
    assert "This is a picture, not audio." in page
    assert "Export it as WAV" in page


def test_names_are_shown_as_text(client_of: ClientOf, owner: User) -> None:
    song = make_song(owner, title='<script>alert("t")</script>')
    song.stems.filter(position=0).update(name='"><img src=x onerror=alert(1)>')
    page = client_of(owner).get(song_url(song)).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_a_songs_page_takes_few_queries_however_many_stems(
    client_of: ClientOf, owner: User, django_assert_max_num_queries: Callable
) -> None:
    song = make_song(owner, stems=32)
    for mixer in make_mixers():
        make_mix(song, mixer, "preview")
        make_mix(song, mixer, "full")
    client = client_of(owner)
    with django_assert_max_num_queries(12):  # Two of them are the session and the person.
        response = client.get(song_url(song))
    assert len(response.content) < 150_000


# ---- Mixes ---------------------------------------------------------------------------------------


def test_a_ready_song_offers_to_mix_it(client_of: ClientOf, owner: User) -> None:
    make_mixers()
    song = make_song(owner)
    page = client_of(owner).get(song_url(song, "song-mixes")).content.decode()
    assert "Five mixers take turns" in page
    assert song_url(song, "song-mix") in page


def test_mix_it_asks_every_mixer_for_a_preview_and_a_full_mix(
    client_of: ClientOf, owner: User
) -> None:
    make_mixers()
    song = make_song(owner)
    response = client_of(owner).post(song_url(song, "song-mix"))
    assert response.status_code == 302
    assert song.mixes.filter(section="preview").count() == 5
    assert song.mixes.filter(section="full").count() == 5


def test_mix_it_before_the_stems_were_heard_is_refused_with_a_code(
    client_of: ClientOf, owner: User
) -> None:
    make_mixers()
    song = make_song(owner, status=Song.Status.ANALYSING)
    response = client_of(owner).post(song_url(song, "song-mix"), **JSON)
    assert response.status_code == 409
    assert response.json()["code"] == "song_not_ready"


def test_a_preview_plays_while_the_full_mix_is_made(client_of: ClientOf, owner: User) -> None:
    (mixer,) = make_mixers(1)
    song = make_song(owner)
    preview = make_mix(song, mixer, "preview")
    full = make_mix(song, mixer, "full", state=JobState.RUNNING, progress=0.4, stage="mixing")
    page = client_of(owner).get(song_url(song, "song-mixes")).content.decode()
    assert reverse("mix-audio", args=[preview.pk]) in page
    assert f'<job-progress job="{full.pk}"' in page
    assert "30 s preview" in page
    assert reverse("mixing:mix-export", args=[preview.pk]) not in page


def test_a_full_mix_has_figures_files_and_settings(client_of: ClientOf, owner: User) -> None:
    (mixer,) = make_mixers(1)
    song = make_song(owner)
    make_mix(song, mixer, "preview")
    full = make_mix(song, mixer, "full")
    page = client_of(owner).get(song_url(song, "song-mixes")).content.decode()
    for figure in ("−14.0", "−1.2", "5.5"):
        assert figure in page
    assert reverse("mixing:mix-export", args=[full.pk]) in page
    drawn = client_of(owner).get(reverse("mixing:mix-settings", args=[full.pk]))
    assert drawn.status_code == 200
    assert "Track 2.wav" in drawn.content.decode()


def test_what_was_measured_is_drawn_and_old_mixes_say_what_is_missing(
    client_of: ClientOf, owner: User
) -> None:
    (mixer,) = make_mixers(1)
    full = make_mix(make_song(owner), mixer, "full")
    address = reverse("mixing:mix-settings", args=[full.pk])
    client = client_of(owner)
    noise = np.random.default_rng(0).standard_normal((2, 4 * 44_100)).astype(np.float32)
    measured = measure(0.1 * noise, 44_100).to_json()
    whole = measured | {"masking": [{"share": 0.5, "bands": [0.5] * 5, "by": [1] * 5}]}
    Mix.objects.filter(pk=full.pk).update(measurements=whole)
    page = client.get(address).content.decode()
    for words in ("Loudest 0.4 s", "Loudness over time", "Spectrum", "What covers what"):
        assert words in page
    old = {"lufs": -14.0, "crest_db": 9.0, "band_balance_db": [-7.0] * 5}
    for earlier in (old, None):
        Mix.objects.filter(pk=full.pk).update(measurements=earlier)
        assert "measured by an older version" in client.get(address).content.decode()


def test_settings_of_a_mix_of_other_stems_name_none(client_of: ClientOf, owner: User) -> None:
    (mixer,) = make_mixers(1)
    song = make_song(owner)
    full = make_mix(song, mixer, "full")
    song.stems.filter(position=0).delete()
    drawn = client_of(owner).get(reverse("mixing:mix-settings", args=[full.pk])).content.decode()
    assert "Stem 3" in drawn
    assert "Track 2.wav" not in drawn


def test_a_failed_mix_says_why_and_is_tried_again(client_of: ClientOf, owner: User) -> None:
    (mixer,) = make_mixers(1)
    song = make_song(owner)
    mix = make_mix(
        song, mixer, "preview", state=JobState.FAILED, error_message="The worker was lost."
    )
    client = client_of(owner)
    page = client.get(song_url(song, "song-mixes")).content.decode()
    assert "The worker was lost." in page
    client.post(reverse("mixing:mix-retry", args=[mix.pk]))
    mix.refresh_from_db()
    assert mix.state == JobState.QUEUED


def test_a_mix_under_way_is_stopped(client_of: ClientOf, owner: User, stranger: User) -> None:
    (mixer,) = make_mixers(1)
    song = make_song(owner)
    make_mix(song, mixer, "preview")
    mix = make_mix(song, mixer, "full", state=JobState.RUNNING, progress=0.3)
    url = reverse("mixing:mix-cancel", args=[mix.pk])
    page = client_of(owner).get(song_url(song, "song-mixes")).content.decode()
    assert url in page
    assert "0 of 1 finished" in page
    assert client_of(stranger).post(url, **JSON).status_code == 404
    assert client_of(owner).post(url, **JSON).status_code == 200
    mix.refresh_from_db()
    assert mix.state == JobState.CANCELLED
    assert "Stopped." in client_of(owner).get(song_url(song, "song-mixes")).content.decode()


def test_a_blind_listener_gets_no_sound_no_figures_no_settings(
    client_of: ClientOf, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mixer,) = make_mixers(1)
    song = make_song(owner)
    full = make_mix(song, mixer, "full")
    monkeypatch.setattr(blindness, "is_blind", lambda viewer, song: True)
    client = client_of(owner)
    page = client.get(song_url(song, "song-mixes")).content.decode()
    assert "<wave-player" not in page
    assert "dBTP" not in page
    assert client.get(reverse("mixing:mix-settings", args=[full.pk])).status_code == 403
    assert (
        client.post(reverse("mixing:mix-export", args=[full.pk]), {"kind": "wav"}).status_code
        == 403
    )


# ---- Forms ---------------------------------------------------------------------------------------


def test_details_are_saved_for_scripts_and_for_forms(client_of: ClientOf, owner: User) -> None:
    song = make_song(owner)
    client = client_of(owner)
    fields = {"title": "Low Tide", "artist": "Mira", "genre": "Folk"}
    assert client.post(song_url(song, "song-details"), fields, **JSON).status_code == 200
    song.refresh_from_db()
    assert (song.title, song.artist, song.genre) == ("Low Tide", "Mira", "Folk")
    response = client.post(song_url(song, "song-details"), {**fields, "genre": "Jazz"})
    assert response["Location"] == song_url(song)


def test_a_title_that_is_too_long_is_refused_with_a_sentence(
    client_of: ClientOf, owner: User
) -> None:
    song = make_song(owner)
    fields = {"title": "x" * 201}
    response = client_of(owner).post(song_url(song, "song-details"), fields, **JSON)
    assert response.status_code == 400
    assert "200" in response.json()["message"]


def test_a_role_is_corrected_by_its_owner_only(
    client_of: ClientOf, owner: User, stranger: User
) -> None:
    stem = make_song(owner).stems.get(position=0)
    url = reverse("mixing:stem-role", args=[stem.pk])
    assert client_of(stranger).post(url, {"role": "bass"}, **JSON).status_code == 404
    assert client_of(owner).post(url, {"role": "kazoo"}, **JSON).status_code == 400
    assert client_of(owner).post(url, {"role": "bass"}, **JSON).status_code == 200
    stem.refresh_from_db()
    assert (stem.role, stem.role_source) == ("bass", "person")


def test_a_stem_is_removed_by_its_owner_only(
    client_of: ClientOf, owner: User, stranger: User
) -> None:
    song = make_song(owner)
    stem = song.stems.get(position=0)
    url = reverse("mixing:stem-remove", args=[stem.pk])
    assert client_of(stranger).post(url).status_code == 404
    assert client_of(owner).post(url).status_code == 302
    assert not song.stems.filter(pk=stem.pk).exists()


def test_a_song_is_deleted_after_being_asked(
    client_of: ClientOf, owner: User, stranger: User
) -> None:
    song = make_song(owner)
    url = song_url(song, "song-delete")
    assert client_of(stranger).post(url).status_code == 404
    assert "cannot be undone" in client_of(owner).get(url).content.decode()
    assert client_of(owner).post(url)["Location"] == reverse("mixing:song-list")
    assert not Song.objects.filter(pk=song.pk).exists()


def test_an_export_is_made_once_and_waited_for(client_of: ClientOf, owner: User) -> None:
    (mixer,) = make_mixers(1)
    full = make_mix(make_song(owner), mixer, "full")
    client = client_of(owner)
    url = reverse("mixing:mix-export", args=[full.pk])
    first = client.post(url, {"kind": "wav"}, **JSON).json()
    assert first["state"] == "queued"
    assert first["file_url"] == ""
    assert client.post(url, {"kind": "wav"}, **JSON).json()["url"] == first["url"]
    waiting = client.get(first["url"]).content.decode()
    assert 'http-equiv="refresh"' in waiting
    assert client.post(url, {"kind": "cassette"}, **JSON).status_code == 400


def test_every_post_needs_a_token_against_forgery(owner: User) -> None:
    song = make_song(owner)
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    assert client.post(song_url(song, "song-mix")).status_code == 403
    assert client.post(song_url(song, "song-delete")).status_code == 403
