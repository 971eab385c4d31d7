"""Bringing a mixer from elsewhere: who may, what is refused, and the gate it has to pass."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from accounts.models import User
from evolution import gate
from evolution.models import Promotion
from evolution.registry import genome_of_mixer
from mixing import sessions
from mixing.models import Mix, Mixer, Song
from mixing.networks import checkpoints
from mixing.networks.genome import Genome, state_of
from mixing.storage import model_path

Bring = Callable[..., object]
URL = "/api/v1/imported-mixers"


def file_of(genome: Genome, tmp_path: Path) -> bytes:
    path = tmp_path / "brought.safetensors"
    checkpoints.save(path, state_of(genome), {})
    return path.read_bytes()


@pytest.fixture
def genome() -> Genome:
    """A mixer that is none of the shipped ones: half warm, half bright."""
    halves = checkpoints.shipped_genome("warm"), checkpoints.shipped_genome("bright")
    return np.asarray(np.mean(halves, axis=0), np.float32)


@pytest.fixture
def weights(genome: Genome, tmp_path: Path) -> bytes:
    return file_of(genome, tmp_path)


@pytest.fixture
def demos(songs: list[Song]) -> list[Song]:
    for song in songs[:2]:
        song.demo_slug = f"demo-{song.title[-1]}"
        song.save(update_fields=["demo_slug"])
    return songs[:2]


@pytest.fixture
def bring(api_of: Callable[[User], APIClient]) -> Bring:
    def post(by: User, data: bytes, name: str = "Half & half", **fields: object) -> object:
        file = SimpleUploadedFile("mixer.safetensors", data)
        return api_of(by).post(URL, {"file": file, "name": name, **fields}, format="multipart")

    return post


def test_an_own_mixer_passes_the_gate_and_is_listed(
    bring: Bring, listener: User, demos: list[Song], weights: bytes, genome: Genome, work: Bring
) -> None:
    answer = bring(listener, weights)
    assert answer.status_code == 201, answer.data
    mixer = Mixer.objects.get(pk=answer.data["id"])
    assert (mixer.status, mixer.origin, mixer.owner) == ("quarantined", "imported", listener)
    np.testing.assert_array_equal(genome_of_mixer(mixer), genome)
    assert work() == ["examine"]
    mixer.refresh_from_db()
    assert mixer.status == Mixer.Status.LISTED
    assert -30 < mixer.metrics["gate_lufs"] < -8
    assert mixer.metrics["gate_true_peak_dbtp"] <= -1.0
    assert not Mix.objects.filter(mixer=mixer).exists()
    # The same file again: the same mixer, not examined again.
    assert bring(listener, weights).data["id"] == str(mixer.pk)
    assert gate.settle(mixer.pk) is None


def test_the_community_gets_a_candidate_from_staff_only(
    bring: Bring, listener: User, staff: User, demos: list[Song], weights: bytes, work: Bring
) -> None:
    refused = bring(listener, weights, community=True)
    assert (refused.status_code, refused.data["code"]) == (403, "not_for_you")
    answer = bring(staff, weights, community=True)
    assert answer.status_code == 201
    work()
    mixer = Mixer.objects.get(pk=answer.data["id"])
    assert (mixer.status, mixer.owner) == (Mixer.Status.CANDIDATE, None)
    # Somebody else may hold the same weights for themselves.
    assert bring(listener, weights).data["id"] != str(mixer.pk)


def test_guests_and_strangers_without_a_session_are_refused(
    bring: Bring, weights: bytes, house: list[Mixer]
) -> None:
    guest = User.objects.create(email=None, name="Guest", is_guest=True)
    answer = bring(guest, weights)
    assert (answer.status_code, answer.data["code"]) == (403, "account_needed")
    assert APIClient().post(URL, {}).status_code in (401, 403)


def test_m7_a_mixer_that_does_harm_stays_in_quarantine(
    bring: Bring,
    staff: User,
    demos: list[Song],
    weights: bytes,
    work: Bring,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from evolution import safety

    # No head can leave the console's ranges, so the limit is what moves in this test.
    monkeypatch.setattr(safety, "LOUDEST_LUFS", -60.0)
    answer = bring(staff, weights, community=True)
    work()
    mixer = Mixer.objects.get(pk=answer.data["id"])
    assert mixer.status == Mixer.Status.QUARANTINED
    decision = Promotion.objects.get(from_mixer=mixer)
    assert (decision.kind, decision.rule) == (Promotion.Kind.QUARANTINE, gate.RULE)
    assert "loudness" in decision.reason
    assert gate.settle(mixer.pk) is None, "it was examined"


def test_m6_a_file_that_changed_after_import_is_told(
    bring: Bring, staff: User, demos: list[Song], weights: bytes, work: Bring
) -> None:
    answer = bring(staff, weights, community=True)
    mixer = Mixer.objects.get(pk=answer.data["id"])
    path = model_path(mixer.head_onnx_file)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    sessions._head.cache_clear()  # another test had these weights in memory
    work()
    mixer.refresh_from_db()
    assert mixer.status == Mixer.Status.QUARANTINED
    assert "checksum" in Promotion.objects.get(from_mixer=mixer).reason


def test_without_demo_songs_nothing_is_released(
    bring: Bring, listener: User, house: list[Mixer], weights: bytes, work: Bring
) -> None:
    answer = bring(listener, weights)
    work()
    assert Mixer.objects.get(pk=answer.data["id"]).status == Mixer.Status.QUARANTINED


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"\x80\x04\x95", 415, "unsupported_model_type"),
        (b"PK\x03\x04", 415, "unsupported_model_type"),
        (b"", 415, "unsupported_model_type"),
        (b"\x08\x00\x00\x00\x00\x00\x00\x00{nonsens", 422, "model_invalid"),
        (b"\x08\x08" + b"\xff" * 100, 422, "model_invalid"),
        (bytes(1024 * 1024 + 1), 413, "model_too_large"),
    ],
)
def test_m1_to_m5_bad_files_leave_no_row_and_no_file(
    bring: Bring, listener: User, house: list[Mixer], data: bytes, status: int, code: str
) -> None:
    files = set(model_path("").iterdir())
    answer = bring(listener, data)
    assert (answer.status_code, answer.data["code"]) == (status, code)
    assert Mixer.objects.count() == len(house)
    assert set(model_path("").iterdir()) == files


def test_m6_another_sum_is_refused(
    bring: Bring, listener: User, house: list[Mixer], weights: bytes
) -> None:
    answer = bring(listener, weights, sha256="0" * 64)
    assert (answer.status_code, answer.data["code"]) == (422, "model_invalid")
    assert bring(listener, weights, sha256="zero").status_code == 400


@pytest.mark.parametrize(
    "name", ["a#b", "a/b", "..", "a..b", "https://x.org", "a\nb/", "-x", " ", "x" * 81, "<b>"]
)
def test_m8_names_that_other_tools_trip_over_are_refused(
    bring: Bring, listener: User, house: list[Mixer], weights: bytes, name: str
) -> None:
    answer = bring(listener, weights, name)
    assert answer.data["code"] in ("bad_name", "invalid")
    assert answer.status_code in (400, 422)
    assert Mixer.objects.count() == len(house)


def test_the_command_says_what_became_of_it(
    demos: list[Song], staff: User, weights: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "brought.safetensors"
    out = StringIO()
    told = {"name": "Köln 2", "by": staff.email, "community": True, "stdout": out}
    call_command("import_mixer", str(path), **told)
    assert json.loads(out.getvalue())["status"] == "candidate"
    with pytest.raises(CommandError, match="bad_name"):
        call_command("import_mixer", str(path), **{**told, "name": "../x"})
    with pytest.raises(CommandError, match="no account"):
        call_command("import_mixer", str(path), **{**told, "by": "nobody@example.org"})
    with pytest.raises(CommandError, match="no file"):
        call_command("import_mixer", str(tmp_path / "none"), **told)
