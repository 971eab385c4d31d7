"""The bounds of `config.server`, seen by clients of a real process."""

import asyncio
import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing

import psutil
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from config.server import ARRIVING_BYTES, MAX_BODY_BYTES, MAX_SOCKET_FRAME_BYTES
from tests.processes import PATIENCE_S, until

MIB = 1024 * 1024

# Streams 200 MiB on /flood and over a socket, counts the body's bytes elsewhere and tells their
# content type. A socket that is sent a number closes with it.
APPLICATION = """
import socket, sys
from config import server

async def application(scope, receive, send):
    block = b"x" * 65536
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            if message["text"].isdigit():
                await send({"type": "websocket.close", "code": int(message["text"])})
                return
            for _ in range(3200):
                await send({"type": "websocket.send", "bytes": block})
        return
    await_body, size = True, 0
    while await_body:
        message = await receive()
        size += len(message.get("body", b""))
        await_body = message.get("more_body", False)
    kinds = [pair for pair in scope["headers"] if pair[0] == b"content-type"]
    await send({"type": "http.response.start", "status": 200, "headers": kinds})
    if scope["path"] == "/flood":
        for _ in range(3200):
            await send({"type": "http.response.body", "body": block, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    else:
        await send({"type": "http.response.body", "body": str(size).encode()})

server.STALLED_AFTER_S = server.ARRIVING_WITHIN_S = float(sys.argv[1])
listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
server.BoundedServer(application, listener, on_ready=lambda: print(port, flush=True)).run()
"""


class Running:
    def __init__(self, stalled_after_s: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", APPLICATION, str(stalled_after_s)],
            stdout=subprocess.PIPE,
            env={"PYTHONPATH": "platform"},
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def rss_mib(self) -> float:
        return float(psutil.Process(self.process.pid).memory_info().rss / MIB)

    def connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)

    def serves(self, client: socket.socket) -> bool:
        """Whether it still holds its end of this connection."""
        port = client.getsockname()[1]
        held = psutil.Process(self.process.pid).net_connections("tcp")
        return any(end.raddr and end.raddr.port == port for end in held)

    def request(self, method: str, path: str, **options: object) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        connection.request(method, path, **options)  # type: ignore[arg-type]
        return connection.getresponse()


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    running = Running(stalled_after_s=1)
    yield running
    running.process.terminate()
    running.process.wait(10)


def test_a_body_within_the_limit_arrives(server: Running) -> None:
    answer = server.request("POST", "/", body=b"x" * MAX_BODY_BYTES)
    assert (answer.status, int(answer.read())) == (200, MAX_BODY_BYTES)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=b", b"--b--\r\n"),
        ("multipart/form-data", b"no boundary"),
        ("application/x-www-form-urlencoded", b"a&" * 100_000),
    ],
)
def test_forms_are_left_to_the_application(server: Running, kind: str, body: bytes) -> None:
    answer = server.request("POST", "/", body=body, headers={"Content-Type": kind})
    assert (answer.status, int(answer.read())) == (200, len(body))
    assert answer.getheader("Content-Type") == kind


def test_no_content_type_is_none(server: Running) -> None:
    assert server.request("GET", "/").getheader("Content-Type") is None


def test_a_declared_body_over_the_limit_is_refused_before_it_is_sent(server: Running) -> None:
    with closing(server.connected()) as client:
        client.sendall(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1)
        )
        answer = client.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")
    assert json.loads(body)["code"] == "too_large"


def test_a_body_of_unknown_length_is_cut_off_at_the_limit(server: Running) -> None:
    before = server.rss_mib()
    block = b"%x\r\n" % MIB + b"x" * MIB + b"\r\n"
    with closing(server.connected()) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(ConnectionError):
            client.sendall(block * 64)
    assert server.rss_mib() - before < 60


def trickle(client: socket.socket, beginning: bytes, piece: bytes) -> float:
    """Send a piece every 50 ms until the server hangs up; for how long it did not."""
    began = time.monotonic()
    client.sendall(beginning)
    client.settimeout(0.05)
    while time.monotonic() - began < PATIENCE_S:
        try:
            client.sendall(piece)
            if not client.recv(1):
                break
        except TimeoutError:
            continue
        except ConnectionError:
            break
    return time.monotonic() - began


@pytest.mark.parametrize(
    "beginning",
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", id="headers"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n", id="body"),
    ],
)
def test_a_request_that_trickles_in_is_cut_off(server: Running, beginning: bytes) -> None:
    with closing(server.connected()) as client:
        assert 0.9 < trickle(client, beginning, b"x") < PATIENCE_S


def test_a_body_that_comes_slowly_but_gets_somewhere_arrives(server: Running) -> None:
    size = 20 * ARRIVING_BYTES
    with closing(server.connected()) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(40):
            client.sendall(bytes(ARRIVING_BYTES // 2))
            time.sleep(0.05)
        assert client.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_streamed_answer_arrives_whole(server: Running) -> None:
    assert len(server.request("GET", "/flood").read()) == 3200 * 65536


def test_a_client_that_stops_reading_costs_little_memory_and_is_cut_off(server: Running) -> None:
    before = server.rss_mib()
    with closing(server.connected()) as client:
        client.sendall(b"GET /flood HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.6)
        assert server.rss_mib() - before < 20
        until(lambda: not server.serves(client), PATIENCE_S, "it is cut off")
        with pytest.raises(ConnectionError):
            client.makefile("rb").read()


async def test_a_socket_that_stops_reading_costs_little_memory_and_is_cut_off(
    server: Running,
) -> None:
    before = server.rss_mib()
    async with connect(f"ws://127.0.0.1:{server.port}/", max_size=None, max_queue=1) as client:
        await client.send("flood me")
        await asyncio.sleep(0.6)
        assert server.rss_mib() - before < 20
        own = client.transport.get_extra_info("socket")
        await asyncio.to_thread(until, lambda: not server.serves(own), PATIENCE_S, "it is cut off")
        with pytest.raises(ConnectionClosed):
            _ = [len(block) async for block in client]


async def test_a_socket_that_reads_gets_everything(server: Running) -> None:
    async with connect(f"ws://127.0.0.1:{server.port}/", max_size=None) as client:
        await client.send("flood me")
        received = [len(await client.recv()) for _ in range(3200)]
    assert sum(received) == 3200 * 65536


async def test_a_socket_message_over_the_limit_closes_the_socket(server: Running) -> None:
    async with connect(f"ws://127.0.0.1:{server.port}/") as client:
        await client.send("x" * (MAX_SOCKET_FRAME_BYTES + 1))
        with pytest.raises(ConnectionClosed) as caught:
            await client.recv()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1009


@pytest.mark.parametrize("code", [1000, 1003, 1008, 4403])
async def test_a_socket_closes_with_the_applications_code(server: Running, code: int) -> None:
    async with connect(f"ws://127.0.0.1:{server.port}/") as client:
        await client.send(str(code))
        with pytest.raises(ConnectionClosed) as caught:
            await client.recv()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == code
