"""Reference matching from the upload to the adjusted mix, through pages and API."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.signal
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from numpy.typing import NDArray
from rest_framework.test import APIClient

from accounts.models import User
from mixing import access, blindness, reference_matching, storage
from mixing.audio import SAMPLE_RATE, biquad, decoding
from mixing.audio.encoding import write_flac
from mixing.audio.measurements import measure
from mixing.audio.parameters import Settings
from mixing.identity import multitrack_sha256
from mixing.models import Mix, Mixer, ReferenceMatch, Song
from mixing.reference_drawing import draw_match
from mixing.refusals import MixNotReady, NotYourSong, ReferenceRefused
from mixing.services import request_mixes
from mixing.storage import media_path
from tests.mixing import making
from tests.mixing.conftest import Work

API = "/api/v1/reference-matches/"
PARTS = tuple(making.Part(p.name, p.hz, p.channels, 6.0) for p in (making.KICK, making.VOX))


@pytest.fixture
def rendered(owner: User, house: list[Mixer], work: Work) -> Mix:
    """A mix of the real console."""
    song = making.ready_song(owner, PARTS)
    wanted = request_mixes(song=song, by=owner, mixers=house[:1])[1]
    work()
    return Mix.objects.select_related("song", "mixer").get(pk=wanted.pk)


@pytest.fixture
def mix(owner: User, house: list[Mixer]) -> Mix:
    """A mix of a flat console, made by hand: noise that swells."""
    song = making.ready_song(owner, PARTS)
    swell = 0.5 + 0.4 * np.sin(np.arange(6 * SAMPLE_RATE) / 30_000)
    audio = (noise(6.0).T * swell).astype(np.float32)
    with storage.scratch() as folder:
        write_flac(audio, folder / "mix.flac")
        name, sha256 = storage.publish_file(
            folder / "mix.flac", folder=f"{storage.song_folder(song.pk)}/mixes"
        )
    measured = measure(audio, SAMPLE_RATE).to_json()
    return Mix.objects.create(
        song=song,
        mixer=house[0],
        section=Mix.Section.FULL,
        state="ready",
        renderer_version=0,
        cache_key="by hand",
        multitrack_sha256=multitrack_sha256(list(song.stems.ready())),
        settings=Settings.default(2).to_json(),
        measurements=measured | {"gain_db": 3.0},
        lufs=measured["lufs"],
        audio_file=name,
        audio_sha256=sha256,
        frames=audio.shape[1],
    )


@pytest.fixture
def api(api_of: Callable[[User], APIClient], owner: User) -> APIClient:
    return api_of(owner)


@pytest.fixture
def other(api_of: Callable[[User], APIClient], stranger: User) -> APIClient:
    return api_of(stranger)


def brighter(mix: Mix) -> NDArray[np.float32]:
    """The mix itself through a known equaliser, quieter, (frames, 2)."""
    audio = decoding.load(media_path(mix.audio_file))
    colour = {**Settings.default(1).master, "high_shelf_gain_db": 4.0, "high_shelf_hz": 4000.0}
    return 0.4 * scipy.signal.sosfilt(biquad.equaliser(colour, SAMPLE_RATE), audio).T


def track(frames: NDArray[Any], rate: int = SAMPLE_RATE, name: str = "My hit.wav") -> Any:
    return SimpleUploadedFile(name, making.wav_bytes(np.clip(frames, -1, 1), rate))


def noise(seconds: float, rate: int = SAMPLE_RATE, channels: int = 2) -> NDArray[np.float64]:
    return 0.1 * np.random.default_rng(2).standard_normal((round(seconds * rate), channels))


def matched(mix: Mix, file: Any, amount: int = 100) -> ReferenceMatch:
    return reference_matching.match_reference(
        mix=mix, by=mix.song.owner, file=file, name=file.name, amount=amount
    )


def test_the_mix_moves_towards_the_reference(rendered: Mix, work: Work) -> None:
    match = matched(rendered, track(brighter(rendered)))
    assert (match.name, match.matched.state) == ("My hit.wav", "queued")
    drawn = draw_match(match)
    assert (drawn.is_measured, drawn.rows[0].after) == (False, None)
    work()
    match = ReferenceMatch.objects.get(pk=match.pk)
    before, goal, after = (
        np.array(sound["third_octaves_db"])
        for sound in (match.before, match.reference, match.matched.measurements)
    )
    heard = goal > -50.0
    assert np.abs(after - goal)[heard].mean() < 0.5 * np.abs(before - goal)[heard].mean()
    assert match.matched.lufs == pytest.approx(match.reference["lufs"], abs=0.5)
    drawn = draw_match(match)
    assert drawn.is_measured
    moves = {move.label: move for move in drawn.moves}
    assert moves["High shelf"].after.endswith(" Hz")
    assert moves["Loudness"].before == f"{rendered.lufs:.1f} LUFS".replace("-", "\N{MINUS SIGN}")
    assert media_path(rendered.audio_file).exists()  # the old mix stays


def test_another_amount_needs_no_second_upload(mix: Mix) -> None:
    whole = matched(mix, track(brighter(mix)))
    none = reference_matching.change_amount(match=whole, by=mix.song.owner, amount=0)
    assert none.matched.overrides == {}
    half = reference_matching.change_amount(match=whole, by=mix.song.owner, amount=50)
    targets = [m.matched.overrides["master"]["target_lufs"] for m in (half, whole)]
    assert targets[0] == pytest.approx((mix.lufs + targets[1]) / 2, abs=0.01)


def test_a_match_of_an_adjusted_mix_keeps_what_was_adjusted(mix: Mix) -> None:
    mix.overrides = {"strips": {"0": {"fader_db": -3.0}}, "master": {"width": 1.2}}
    mix.measurements = {"lufs": -14.0}  # an old one: measured again
    again = matched(mix, track(brighter(mix)))
    assert again.matched.overrides["strips"] == {"0": {"fader_db": -3.0}}
    assert again.matched.overrides["master"]["width"] == 1.2
    assert again.matched.overrides["master"]["high_shelf_gain_db"] > 1.0
    assert len(again.before["third_octaves_db"]) == 30


@pytest.mark.parametrize(
    ("file", "code", "status"),
    [
        (lambda: track(np.zeros((6 * SAMPLE_RATE, 2))), "too_quiet", 422),
        (lambda: track(noise(2.0)), "reference_too_short", 422),
        (lambda: SimpleUploadedFile("x.wav", b"not audio" * 100), "unsupported_type", 415),
        (lambda: SimpleUploadedFile("x.wav", b""), "empty_audio", 422),
    ],
)
def test_what_is_no_reference_is_refused_and_leaves_nothing(
    mix: Mix, api: APIClient, file: Any, code: str, status: int
) -> None:
    with pytest.raises(ReferenceRefused) as refused:
        matched(mix, file())
    assert (refused.value.code, refused.value.status) == (code, status)
    answer = api.post(API, {"mix": mix.pk, "amount": 50, "file": file()}, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not ReferenceMatch.objects.exists()


def test_a_file_over_the_limit_is_refused(mix: Mix, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference_matching, "MOST_BYTES", 1000)
    with pytest.raises(ReferenceRefused) as refused:
        matched(mix, track(noise(6.0)))
    assert (refused.value.code, refused.value.status) == ("too_large", 413)


@pytest.mark.parametrize(("rate", "channels"), [(192_000, 2), (44_100, 1), (8_000, 1)])
def test_other_rates_and_mono_are_taken(mix: Mix, rate: int, channels: int) -> None:
    match = matched(mix, track(noise(6.0, rate, channels), rate))
    assert np.isfinite(match.predicted_db).all()
    assert match.reference["lufs"] < 0


def test_the_reference_is_gone_when_the_answer_comes(mix: Mix, tmp_path: Any) -> None:
    before = {path.name for path in media_path("").rglob("*")}
    match = matched(mix, track(brighter(mix)))
    assert {path.name for path in media_path("").rglob("*")} == before
    kept = json.dumps([match.reference, match.before, match.predicted_db])
    assert len(kept) < 3000


def test_pages_upload_show_and_change(
    rendered: Mix, client_of: Any, owner: User, work: Work
) -> None:
    client, mix = client_of(owner), rendered
    page = client.get(reverse("mixing:mix-settings", args=[mix.pk])).content.decode()
    assert "Sound like a track you know" in page
    form = {"file": track(brighter(mix)), "amount": "100"}
    sent = client.post(reverse("mixing:reference-new", args=[mix.pk]), form)
    match = ReferenceMatch.objects.get()
    assert sent["Location"] == reverse("mixing:reference-match", args=[match.pk])
    waiting = client.get(sent["Location"]).content.decode()
    assert 'http-equiv="refresh"' in waiting
    assert "Predicted" in waiting
    work()
    done = client.get(sent["Location"]).content.decode()
    assert "High shelf" in done
    assert 'http-equiv="refresh"' not in done
    again = client.post(sent["Location"], {"amount": "30"})
    assert again.status_code == 302
    assert ReferenceMatch.objects.count() == 2
    assert client.post(sent["Location"], {"amount": "300"}).status_code == 200
    refused = client.post(
        reverse("mixing:reference-new", args=[mix.pk]),
        {"file": SimpleUploadedFile("x.txt", b"words"), "amount": "50"},
        follow=True,
    )
    assert ReferenceMatch.objects.count() == 2
    assert "alert" in refused.content.decode() or "toast" in refused.content.decode()


def test_the_api_matches_and_shows_only_ones_own(
    mix: Mix, api: APIClient, other: APIClient
) -> None:
    sent = {"mix": mix.pk, "amount": 80, "file": track(brighter(mix))}
    made = api.post(API, sent, format="multipart")
    assert made.status_code == 201
    match = made.json()
    assert (match["amount"], len(match["predicted_db"])) == (80, 30)
    assert api.get(match["matched_url"]).json()["id"] == match["matched"]
    changed = api.patch(f"{API}{match['id']}/", {"amount": 20}, format="json")
    assert changed.json()["amount"] == 20
    assert api.get(API, {"mix": mix.pk}).json()["count"] == 2
    assert other.get(API).json()["count"] == 0
    assert other.get(f"{API}{match['id']}/").status_code == 404
    assert other.post(API, sent, format="multipart").status_code == 404
    assert APIClient().get(API).status_code in (401, 403)
    assert api.patch(f"{API}{match['id']}/", {"amount": 101}, format="json").status_code == 400


def test_nobody_matches_what_they_may_not_mix_or_what_is_not_ready(
    mix: Mix, stranger: User
) -> None:
    Song.objects.filter(pk=mix.song_id).update(visibility="unlisted")
    mix.refresh_from_db()
    with pytest.raises(NotYourSong):
        reference_matching.match_reference(
            mix=mix, by=stranger, file=track(noise(6.0)), name="x.wav", amount=50
        )
    assert not ReferenceMatch.objects.exists()
    mix.state = "running"
    with pytest.raises(MixNotReady):
        matched(mix, track(noise(6.0)))


def test_blind_listeners_see_no_curves(
    mix: Mix, api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    match = matched(mix, track(brighter(mix)))
    monkeypatch.setattr(blindness, "blind_songs", lambda user, songs: {mix.song_id})
    monkeypatch.setattr(blindness, "is_blind", lambda user, song: True)
    assert api.get(API).json()["count"] == 0
    assert api.get(f"{API}{match.pk}/").status_code == 404
    sent = {"mix": mix.pk, "amount": 80, "file": track(brighter(mix))}
    refused = api.post(API, sent, format="multipart")
    assert (refused.status_code, refused.json()["code"]) == (403, "blind")


def test_who_sees_matches(mix: Mix, owner: User, stranger: User) -> None:
    matched(mix, track(brighter(mix)))
    assert access.reference_matches(owner).count() == 1
    assert access.reference_matches(stranger).count() == 0
