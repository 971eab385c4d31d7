"""Jobs in real processes: from a request through outbox, broker and worker to a socket."""

import os
import signal
import time
from pathlib import Path

import psutil

from tests.services.installation import Installation
from tests.services.stores import until

# A lease of 20 s, a sweep each 5 s, a worker's start, and the renders themselves on a busy machine.
RECOVERED_S = 90


def test_a_job_goes_from_the_request_to_the_worker_to_a_socket(
    installation: Installation, short_stems: list[Path]
) -> None:
    song = installation.bring_song(short_stems)
    with installation.watching(f"song:{song}") as watcher:
        mixes = installation.must("POST", f"/api/v1/songs/{song}/mixes/", {})
        mix = mixes[0]["id"]
        heard = watcher.until_event("mix.progress", 60, mix_id=mix, state="ready")
    # Two worker processes may overtake each other, but no number comes twice.
    numbers = [event["sequence"] for event in heard]
    assert len(set(numbers)) == len(numbers)
    assert min(numbers) > watcher.snapshot["sequence"]
    ended = installation.wait_for_mixes(song, 60)
    assert {mix["state"] for mix in ended} == {"ready"}
    assert installation.rows(
        "SELECT count(*) FROM mixing_outboxmessage WHERE published_at IS NULL"
    ) == [(0,)]
    installation.check_invariants()


def test_asking_again_gives_the_same_mixes(
    installation: Installation, short_stems: list[Path]
) -> None:
    song = installation.bring_song(short_stems)
    first = installation.must("POST", f"/api/v1/songs/{song}/mixes/", {})
    second = installation.must("POST", f"/api/v1/songs/{song}/mixes/", {})
    assert {mix["id"] for mix in first} == {mix["id"] for mix in second}
    installation.wait_for_mixes(song, 60)


def kill_during_a_render(installation: Installation, song: str) -> None:
    """SIGKILL the worker and its pool while a full mix is being rendered."""
    rendering = "SELECT count(*) FROM mixing_mix WHERE state = 'running' AND section = 'full'"
    until(lambda: installation.rows(rendering) != [(0,)], 60, "a full mix is being rendered")
    installation.kill_worker()


def test_a_worker_killed_in_the_middle_of_a_render_costs_nothing_but_time(
    installation: Installation, stems: list[Path]
) -> None:
    song = installation.bring_song(stems)
    installation.must("POST", f"/api/v1/songs/{song}/mixes/", {})
    kill_during_a_render(installation, song)
    killed = time.monotonic()
    if not installation.is_embedded:
        installation.start_worker()  # As a supervisor of the machine would.
    mixes = installation.wait_for_mixes(song, 120)
    assert time.monotonic() - killed < RECOVERED_S
    assert {mix["state"] for mix in mixes} == {"ready"}
    attempts = installation.rows("SELECT attempt FROM mixing_mix WHERE attempt > 1")
    assert attempts, "the kill hit nothing"
    assert {attempt for (attempt,) in attempts} == {2}
    installation.check_invariants()


def test_the_embedded_worker_dies_with_its_server_and_the_next_start_goes_on(
    embedded: Installation, stems: list[Path]
) -> None:
    song = embedded.bring_song(stems, title="Second")
    embedded.must("POST", f"/api/v1/songs/{song}/mixes/", {})
    rendering = "SELECT count(*) FROM mixing_mix WHERE state = 'running'"
    until(lambda: embedded.rows(rendering) != [(0,)], 60, "a mix is being rendered")
    server = psutil.Process(embedded.processes["server"].pid)
    family = server.children(recursive=True)
    os.kill(server.pid, signal.SIGKILL)
    embedded.processes["server"].wait(10)
    _gone, alive = psutil.wait_procs(family, timeout=10)
    assert not alive
    embedded.start()
    assert {mix["state"] for mix in embedded.wait_for_mixes(song, 120)} == {"ready"}
    embedded.check_invariants()
