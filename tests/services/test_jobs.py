"""Jobs in real processes: from a request through outbox, broker and worker to a socket."""

import os
import signal
from pathlib import Path

import psutil

from tests.processes import until
from tests.services.installation import Installation

# A lease of 20 s, a sweep each 5 s, a worker's start, and the renders themselves on a busy machine.
RECOVERED_S = 120


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
    # A "not yet" from before the worker came is repeated for some seconds.
    until(lambda: installation.call("GET", "/health/ready").status == 200, 30, "all is ready")


def test_asking_again_gives_the_same_mixes(
    installation: Installation, short_stems: list[Path]
) -> None:
    song = installation.bring_song(short_stems)
    first = installation.must("POST", f"/api/v1/songs/{song}/mixes/", {})
    second = installation.must("POST", f"/api/v1/songs/{song}/mixes/", {})
    assert {mix["id"] for mix in first} == {mix["id"] for mix in second}
    installation.wait_for_mixes(song, 60)


def is_rendering(installation: Installation) -> bool:
    """Whether the whole of a song is being mixed right now."""
    running = "SELECT count(*) FROM mixing_mix WHERE state = 'running' AND section = 'full'"
    return installation.rows(running) != [(0,)]


def test_a_worker_killed_in_the_middle_of_a_render_costs_nothing_but_time(
    installation: Installation, stems: list[Path]
) -> None:
    song = installation.song_of(stems)
    installation.order_mixes(song, mixers=2)
    installation.kill_worker_while(lambda: is_rendering(installation), "a full mix is made")
    if not installation.is_embedded:
        installation.start_worker()  # As a supervisor of the machine would.
    mixes = installation.wait_for_mixes(song, RECOVERED_S)
    assert {mix["state"] for mix in mixes} == {"ready"}
    attempts = installation.rows("SELECT attempt FROM mixing_mix WHERE attempt > 1")
    assert attempts, "the kill hit nothing"
    assert {attempt for (attempt,) in attempts} == {2}
    installation.check_invariants()


def test_the_embedded_worker_dies_with_its_server_and_the_next_start_goes_on(
    embedded: Installation, stems: list[Path]
) -> None:
    song = embedded.song_of(stems)
    embedded.order_mixes(song, mixers=2)
    until(lambda: is_rendering(embedded), 60, lambda: f"a full mix is made\n{embedded.log()}")
    server = psutil.Process(embedded.processes["server"].pid)
    family = server.children(recursive=True)
    os.kill(server.pid, signal.SIGKILL)
    embedded.processes["server"].wait(10)
    _gone, alive = psutil.wait_procs(family, timeout=10)
    assert not alive
    embedded.start()
    assert {mix["state"] for mix in embedded.wait_for_mixes(song, RECOVERED_S)} == {"ready"}
    embedded.check_invariants()
