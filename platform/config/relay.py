"""The embedded arrangement's channel layer: groups live in the one process that serves sockets.

That process listens on a Unix socket that only its user may open; every other process (the worker,
a management command) hands it messages there, every other thread hands them to its event loop.
Nobody listening means nobody watches, so a message is dropped: rows in the database are the truth
and a socket gets a snapshot when it connects. Application code only ever calls `group_send`.
"""

import asyncio
import hashlib
import json
import logging
import os
import socket
import tempfile
import threading
from pathlib import Path
from typing import Any

from channels.layers import InMemoryChannelLayer

logger = logging.getLogger(__name__)

LENGTH_BYTES = 4
MAX_FRAME_BYTES = 1024 * 1024
# A listener that does not read for this long loses the message rather than holding up a render.
SEND_TIMEOUT_S = 0.5
# sun_path holds 104 bytes on macOS (108 on Linux); `listen` adds a process id, C a closing zero.
MAX_PATH_BYTES = 94


def encode_frame(group: str, message: dict[str, Any]) -> bytes:
    """One message as its length (4 bytes, big endian) and UTF-8 JSON `[group, message]`."""
    body = json.dumps([group, message], separators=(",", ":")).encode()
    if len(body) > MAX_FRAME_BYTES:
        raise ValueError(f"A message of {len(body)} bytes is over the relay's {MAX_FRAME_BYTES}.")
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


async def read_frame(reader: asyncio.StreamReader) -> tuple[str, dict[str, Any]]:
    """The next message; ValueError if it is none, IncompleteReadError at the end."""
    size = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
    if size > MAX_FRAME_BYTES:
        raise ValueError(f"A frame of {size} bytes is over the relay's {MAX_FRAME_BYTES}.")
    content = json.loads(await reader.readexactly(size))
    match content:
        case [str(group), dict(message)]:
            return group, message
    raise ValueError("A frame must hold a group and a message.")


def bindable_path(path: Path) -> Path:
    """`path`, or a short stand-in in a private folder when a socket address cannot hold it."""
    if len(os.fsencode(path)) <= MAX_PATH_BYTES:
        return path
    folder = Path(tempfile.gettempdir()) / f"mixarena-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise PermissionError(f"{folder} must belong to this user and be closed to others.")
    return folder / f"{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}.sock"


class Outlet:
    """The sending end: one connection per process, made when first needed, shared by threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reset()

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None

    def send(self, frame: bytes) -> bool:
        """Hand the frame over; False if nobody listens or the listener does not keep up."""
        if self._pid != os.getpid():  # A forked child: neither lock nor connection is its own.
            self._reset()
        with self._lock:
            # A listener that was restarted leaves a dead connection behind: try a fresh one.
            return any(self._try(frame, fresh) for fresh in (False, True))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _try(self, frame: bytes, fresh: bool) -> bool:
        if self._connection is None and not fresh:
            return False
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.sendall(frame)
        except OSError:
            # Also after a time-out: half a frame may have left, nothing can follow it.
            self.close()
            return False
        return True

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(SEND_TIMEOUT_S)
        try:
            connection.connect(os.fspath(self._path))
        except OSError:
            connection.close()
            raise
        return connection


def listen(path: Path) -> socket.socket:
    """A listening socket at `path`, for this user only, in place of whatever was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(os.fspath(fresh))
        fresh.chmod(0o600)
        listener.listen()
        # Renaming after chmod: the address never exists with wider rights.
        fresh.replace(path)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


class RelayChannelLayer(InMemoryChannelLayer):
    """An in-memory layer that other threads and processes of this installation can send to."""

    def __init__(self, *, socket_path: str, **options: Any) -> None:
        super().__init__(**options)
        self._path = bindable_path(Path(socket_path))
        self._outlet = Outlet(self._path)
        self._home: asyncio.AbstractEventLoop | None = None
        self._listener: socket.socket | None = None
        self._server: asyncio.AbstractServer | None = None
        self._readers: set[asyncio.Task[None]] = set()

    async def group_add(self, group: str, channel: str) -> None:
        await self._settle()
        await super().group_add(group, channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Deliver to the group wherever it lives. Never waits for a busy event loop."""
        self.require_valid_group_name(group)
        home = self._home
        if home is None or home.is_closed():
            # Blocks for microseconds when all is well, SEND_TIMEOUT_S at worst.
            if not self._outlet.send(encode_frame(group, message)):
                logger.debug("relay: nobody listens, a message to %s is dropped", group)
        elif home is asyncio.get_running_loop():
            await super().group_send(group, message)
        elif home.is_running():
            asyncio.run_coroutine_threadsafe(super().group_send(group, message), home)

    async def close(self) -> None:
        """Stop listening and forget every group."""
        for reader in self._readers:
            reader.cancel()
        if self._server is not None and self._home is asyncio.get_running_loop():
            self._server.close()
        if self._listener is not None:
            self._listener.close()
        self._outlet.close()
        self._home = self._listener = self._server = None
        await self.flush()

    async def _settle(self) -> None:
        """Make the running loop the groups' home, the first time it joins one."""
        loop = asyncio.get_running_loop()
        if self._home is loop:
            return
        if self._listener is not None:  # An earlier loop of this process, over by now (tests).
            self._listener.close()
            await self.flush()
        self._home = loop
        self._listener = listen(self._path)
        self._server = await asyncio.start_unix_server(self._serve, sock=self._listener)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._readers.add(task)
            task.add_done_callback(self._readers.discard)
        try:
            while True:
                group, message = await read_frame(reader)
                await super().group_send(group, message)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # The sender went away.
        except (ValueError, TypeError) as error:
            logger.warning("relay: a sender was cut off: %s", error)
        finally:
            writer.close()
