"""Daphne with the bounds it lacks: on request bodies, and on what waits for a slow client.

Daphne reads a whole body before the application sees any of it, and hands replies to the transport
however little of them the client takes (django/daphne #170). Here a body over the limit is refused
while it arrives, and a reply to a slow client waits until that client has read: for HTTP the view
pauses, for a socket its consumer does, so that the channel layer's own limit drops what is old.
A request that trickles in is cut off, and sockets close with the code the application chose.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet.interfaces import IPushProducer
from twisted.web.http import HTTPChannel
from zope.interface import implementer

from config.bodies import MAX_BODY_BYTES, TOO_LARGE

logger = logging.getLogger(__name__)

# Browsers send a message as one frame. A limit on messages would hold for ours as well, and a
# snapshot of a large song is larger than anything a browser has to say.
MAX_SOCKET_FRAME_BYTES = 16 * 1024
MAX_SOCKET_MESSAGE_BYTES = 1024 * 1024
# A client that has read nothing for this long is gone, whatever its connection says.
STALLED_AFTER_S = 30.0
# While a request arrives, at least so many bytes have to come within every so many seconds.
ARRIVING_BYTES = 64 * 1024
ARRIVING_WITHIN_S = 60.0


@implementer(IPushProducer)
class Flow:
    """Told by the transport when its buffer is full; replies wait for `drained` meanwhile."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        self._open.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        self._open.set()

    def stopProducing(self) -> None:  # noqa: N802
        self._open.set()

    async def drained(self) -> bool:
        """Wait until the client has read; False if it has not for STALLED_AFTER_S."""
        if self._open.is_set():
            return True
        try:
            await asyncio.wait_for(self._open.wait(), STALLED_AFTER_S)
        except TimeoutError:
            return False
        return True


class BoundedRequest(WebRequest):
    """A request whose body is cut off at MAX_BODY_BYTES, and read by nobody but the application.

    Twisted would parse forms as well, in the thread that serves everybody, and refuse some that
    Django takes (one without a single field).
    """

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802
        self._kinds = self.requestHeaders.getRawHeaders(b"content-type", [])
        self.requestHeaders.removeHeader(b"content-type")
        super().requestReceived(command, path, version)

    def process(self) -> Any:
        self.requestHeaders.setRawHeaders(b"content-type", self._kinds)
        return super().process()

    def gotLength(self, length: int | None) -> None:  # noqa: N802
        super().gotLength(length)
        self._body_bytes = 0
        if length is not None and length > MAX_BODY_BYTES:
            self._refuse_body()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        self._body_bytes += len(data)
        if self._body_bytes > MAX_BODY_BYTES:
            self._refuse_body()
        else:
            super().handleContentChunk(data)

    def _refuse_body(self) -> None:
        """Answer and hang up; the client need not send the rest."""
        transport = self.channel.transport
        if transport.disconnecting:
            return
        transport.write(
            b"HTTP/1.1 413 Content Too Large\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(TOO_LARGE), TOO_LARGE)
        )
        transport.loseConnection()


class BoundedChannel(HTTPChannel):
    """A connection whose time runs out unless requests get somewhere.

    Twisted starts its clock anew with every byte, so that one byte a minute holds a connection (and
    what has arrived of a body) forever. Here the first byte of a request does that, and then every
    ARRIVING_BYTES. The clock stands still while a request is answered.
    """

    _arrived = 0
    _has_begun = False

    def setTimeout(self, period: float | None) -> float | None:  # noqa: N802
        self._has_begun = False
        before: float | None = super().setTimeout(period)
        return before

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        self._arrived += len(data)
        super().dataReceived(data)

    def resetTimeout(self) -> None:  # noqa: N802
        if not self._has_begun or self._arrived >= ARRIVING_BYTES:
            self._has_begun, self._arrived = True, 0
            super().resetTimeout()


class BoundedFactory(HTTPFactory):
    protocol = BoundedChannel

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802
        channel = super().buildProtocol(addr)
        channel.requestFactory = BoundedRequest
        channel.timeOut = ARRIVING_WITHIN_S
        return channel


class CandidSocket(WebSocketProtocol):
    """A socket that closes with the application's own code.

    Autobahn keeps 1003 and 1008 to itself and fails with 1011 when an application asks for them.
    """

    def serverClose(self, code: int | None = None) -> None:  # noqa: N802
        self.sendCloseFrame(code=1000 if code is None else code, isReply=False)


class BoundedServer(Server):
    """Daphne's server on a socket that is bound already."""

    def __init__(self, application: Any, listener: socket.socket, on_ready: Callable[[], None]):
        super().__init__(
            application,
            endpoints=[f"fd:fileno={listener.fileno()}"],
            ready_callable=self._make_ready,
            # No http_timeout: it counts from the request's start and would cut long downloads.
            websocket_max_message_size=MAX_SOCKET_MESSAGE_BYTES,
            websocket_max_frame_size=MAX_SOCKET_FRAME_BYTES,
            application_close_timeout=10,
            server_name="",
            verbosity=0,
        )
        self._on_ready = on_ready
        self._flows: dict[Any, Flow] = {}

    def _make_ready(self) -> None:
        # Tell a client why its socket is closed instead of just hanging up.
        self.ws_factory.setProtocolOptions(failByDrop=False)
        self.ws_factory.protocol = CandidSocket
        self._on_ready()

    @property
    def http_factory(self) -> BoundedFactory:
        return self._http_factory

    @http_factory.setter
    def http_factory(self, made_by_run: HTTPFactory) -> None:
        # Daphne's run() makes a factory of its own kind and keeps it under this name.
        self._http_factory = BoundedFactory(self)

    def protocol_disconnected(self, protocol: Any) -> None:
        flow = self._flows.pop(protocol, None)
        if flow is not None:
            flow.resumeProducing()
        super().protocol_disconnected(protocol)

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        if "disconnected" in self.connections.get(protocol, {"disconnected": True}):
            return  # The client left while the application went on.
        flow = self._flow_of(protocol, message)
        if flow is not None and not await flow.drained():
            logger.warning("a client that stopped reading is cut off")
            _connection_of(protocol).abortConnection()
            return
        if _is_last(message) and self._flows.pop(protocol, None) is not None:
            protocol.unregisterProducer()
        await super().handle_reply(protocol, message)

    def _flow_of(self, protocol: Any, message: dict[str, Any]) -> Flow | None:
        """The flow of a socket or of a streamed response; short answers need none."""
        flow = self._flows.get(protocol)
        if flow is None and message["type"] == "websocket.accept":
            flow = self._flows[protocol] = Flow()
            # The HTTP channel that the connection began as still stands there.
            protocol.transport.unregisterProducer()
            protocol.transport.registerProducer(flow, True)
        elif flow is None and message.get("more_body", False):
            flow = self._flows[protocol] = Flow()
            protocol.registerProducer(flow, True)
        return flow


def _is_last(message: dict[str, Any]) -> bool:
    return message["type"] == "http.response.body" and not message.get("more_body", False)


def _connection_of(protocol: Any) -> Any:
    is_socket = isinstance(protocol, WebSocketProtocol)
    return protocol.transport if is_socket else protocol.channel.transport
