import asyncio
import json
import multiprocessing
import stat
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from config.relay import MAX_FRAME_BYTES, RelayChannelLayer, bindable_path, encode_frame
from tests.processes import PATIENCE_S

EVENT = {"type": "topic.event", "event": {"sequence": 1, "text": "größer"}}


@pytest.fixture
async def layer(tmp_path: Path) -> AsyncIterator[RelayChannelLayer]:
    layer = RelayChannelLayer(socket_path=str(tmp_path / "relay.sock"))
    yield layer
    await layer.close()


async def joined(layer: RelayChannelLayer, group: str = "song.1") -> str:
    channel = await layer.new_channel()
    await layer.group_add(group, channel)
    return channel


async def received(layer: RelayChannelLayer, channel: str) -> dict[str, object]:
    return await asyncio.wait_for(layer.receive(channel), PATIENCE_S)


def send_from_elsewhere(path: str, count: int = 1) -> None:
    """What a worker process does: it never serves sockets itself."""

    async def send() -> None:
        layer = RelayChannelLayer(socket_path=path)
        for number in range(count):
            await layer.group_send("song.1", {"type": "topic.event", "number": number})

    asyncio.run(send())


async def test_a_message_reaches_the_group_in_the_same_loop(layer: RelayChannelLayer) -> None:
    channel = await joined(layer)
    await layer.group_send("song.1", EVENT)
    assert await received(layer, channel) == EVENT


async def test_other_groups_hear_nothing(layer: RelayChannelLayer) -> None:
    await joined(layer)
    other = await joined(layer, "song.2")
    await layer.group_send("song.1", EVENT)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(layer.receive(other), 0.05)


async def test_a_message_from_another_thread_arrives_at_once(layer: RelayChannelLayer) -> None:
    channel = await joined(layer)
    thread = threading.Thread(target=lambda: asyncio.run(layer.group_send("song.1", EVENT)))
    thread.start()
    assert await received(layer, channel) == EVENT
    thread.join()


async def test_messages_from_another_process_arrive_in_order(
    layer: RelayChannelLayer, tmp_path: Path
) -> None:
    channel = await joined(layer)
    process = multiprocessing.get_context("spawn").Process(
        target=send_from_elsewhere, args=(str(tmp_path / "relay.sock"), 50)
    )
    process.start()
    numbers = [(await received(layer, channel))["number"] for _ in range(50)]
    assert numbers == list(range(50))
    await asyncio.to_thread(process.join, PATIENCE_S)
    assert process.exitcode == 0


async def test_a_sender_survives_a_restart_of_the_listener(tmp_path: Path) -> None:
    path = str(tmp_path / "relay.sock")
    sender = RelayChannelLayer(socket_path=path)
    for _ in range(2):
        listener = RelayChannelLayer(socket_path=path)
        channel = await joined(listener)
        await asyncio.to_thread(lambda: asyncio.run(sender.group_send("song.1", EVENT)))
        assert await received(listener, channel) == EVENT
        await listener.close()
        await asyncio.sleep(0.02)  # The loop closes cancelled connections on its next turns.
    await sender.close()


async def test_nobody_listening_is_no_error(layer: RelayChannelLayer) -> None:
    await layer.group_send("song.1", EVENT)


async def test_the_socket_is_closed_to_other_users(
    layer: RelayChannelLayer, tmp_path: Path
) -> None:
    await joined(layer)
    assert stat.S_IMODE((tmp_path / "relay.sock").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "frame",
    [
        b"\x00\x00\x00\x03abc",
        b"\x00\x00\x00\x02[]",
        b'\x00\x00\x00\x06["a",1',
        (MAX_FRAME_BYTES + 1).to_bytes(4, "big"),
        len(body := json.dumps(["no spaces allowed", {}]).encode()).to_bytes(4, "big") + body,
    ],
    ids=["not JSON", "wrong shape", "cut off", "too long", "bad group"],
)
async def test_a_broken_sender_is_cut_off_and_the_others_go_on(
    layer: RelayChannelLayer, tmp_path: Path, frame: bytes
) -> None:
    channel = await joined(layer)
    reader, writer = await asyncio.open_unix_connection(str(tmp_path / "relay.sock"))
    writer.write(frame)
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(), PATIENCE_S) == b""
    writer.close()
    thread = threading.Thread(target=send_from_elsewhere, args=(str(tmp_path / "relay.sock"),))
    thread.start()
    assert (await received(layer, channel))["number"] == 0
    thread.join()


def test_a_message_over_the_limit_is_refused_where_it_is_sent() -> None:
    with pytest.raises(ValueError, match="over the relay"):
        encode_frame("song.1", {"text": "x" * MAX_FRAME_BYTES})


async def test_a_later_loop_takes_over_from_a_closed_one(tmp_path: Path) -> None:
    layer = RelayChannelLayer(socket_path=str(tmp_path / "relay.sock"))
    await asyncio.to_thread(lambda: asyncio.run(joined(layer)))
    channel = await joined(layer)
    await asyncio.to_thread(send_from_elsewhere, str(tmp_path / "relay.sock"))
    assert (await received(layer, channel))["number"] == 0
    await layer.close()


def test_a_path_too_long_for_a_socket_gets_a_private_stand_in(tmp_path: Path) -> None:
    short = tmp_path / "relay.sock"
    assert bindable_path(short) == short
    stand_in = bindable_path(tmp_path / ("deep" * 30) / "relay.sock")
    assert len(str(stand_in)) < 100
    assert stat.S_IMODE(stand_in.parent.stat().st_mode) == 0o700
