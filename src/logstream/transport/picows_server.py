"""The server's side of the transport: listens, shakes hands, and makes connections.

A connection begins as an ``_Opening``, which reads the HTTP request and asks ``accept`` what it is
for; it goes on as a ``ServerConnection``, or gets a plain answer; and ends as ``Lingering``.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Final, cast

import aiofastnet

from logstream.model.limits import (
    CLOSE_TIMEOUT_S,
    DRAIN_TIMEOUT_S,
    HANDSHAKE_TIMEOUT_S,
    HANDSHAKES_MAX,
    PING_INTERVAL_S,
    SESSIONS_MAX,
    UNAUTHENTICATED_MESSAGE_MAX_BYTES,
)
from logstream.model.seldom import Seldom
from logstream.transport import framing
from logstream.transport.assembly import GOING_AWAY
from logstream.transport.base import Receiver
from logstream.transport.handshake import (
    Handshake,
    HttpAnswer,
    RequestRefused,
    accept_upgrade,
    choose_subprotocol,
    read_request,
    refusal,
    upgrade_refusal,
    write_answer,
)
from logstream.transport.heartbeat import Heartbeat
from logstream.transport.http_head import BadHead, find_end
from logstream.transport.lingering import Lingering
from logstream.transport.listening import Listening, open_sockets
from logstream.transport.picows_connection import PicowsConnection
from logstream.transport.picows_frames import FrameReaders

_logger = logging.getLogger(__name__)

_TLS_BUFFER_BYTES: Final = 16 * 1024 + 64
"""One TLS record each way; aiofastnet's own choice is 16 of them, for each connection."""

Accept = Callable[[Handshake], Receiver | HttpAnswer]
"""Decides what a request is for: a receiver for a WebSocket, or a plain answer.

A receiver is ``opened`` only if the request proves to be a WebSocket's opening and there is room;
otherwise it is dropped without a call.
"""


async def serve(
    accept: Accept,
    *,
    host: str,
    port: int,
    tls: ssl.SSLContext | None = None,
    max_connections: int = SESSIONS_MAX,
    message_limit_bytes: int = UNAUTHENTICATED_MESSAGE_MAX_BYTES,
    ping_interval_s: float = PING_INTERVAL_S,
    subprotocols: Sequence[str] = (),
) -> "Server":
    """Start to serve.

    Args:
        accept: Is asked about each well-formed GET or HEAD request.
        host: What to listen on: a name, an address, or empty for every address.
        port: 0 for any free one.
        tls: From ``tls.server_context``; None serves without TLS.
        max_connections: WebSockets at the same time; further ones get HTTP 503.
        message_limit_bytes: The longest message at first; see ``Connection.set_message_limit``.
        ping_interval_s: How often each connection is pinged; no answer is needed.
        subprotocols: What is spoken, the preferred first: the first that a client offers is chosen,
            and none for a client that offers none of them.

    Raises:
        ConfigError: It cannot listen there.
    """
    sockets = await open_sockets(host, port)
    return Server(
        sockets,
        accept,
        host=host,
        tls=tls,
        max_connections=max_connections,
        message_limit_bytes=message_limit_bytes,
        ping_interval_s=ping_interval_s,
        subprotocols=subprotocols,
    )


class Server:
    """A running server; ``serve`` makes it.

    Attributes:
        port: The port it listens on.
        url: ``ws://host:port`` or ``wss://host:port``, without a path.
    """

    def __init__(
        self,
        sockets: list[socket.socket],
        accept: Accept,
        *,
        host: str,
        tls: ssl.SSLContext | None,
        max_connections: int,
        message_limit_bytes: int,
        ping_interval_s: float,
        subprotocols: Sequence[str],
    ) -> None:
        self._subprotocols = subprotocols
        self._accept = accept
        self._tls = tls
        self._max_connections = max_connections
        self._message_limit_bytes = message_limit_bytes
        self._readers = FrameReaders(client_side=False)
        self._heartbeat = Heartbeat(ping_interval_s)
        self._transports: set[asyncio.Transport] = set()
        self._connections: dict[asyncio.Transport, ServerConnection] = {}
        self._accepting: set[asyncio.Task[None]] = set()
        self._empty = asyncio.Event()
        self._full_told = Seldom()
        self._forget = self.forget  # one bound method for all connections
        self._listening = Listening(sockets, self._accept_socket)
        self.port = self._listening.port
        name = f"[{host}]" if ":" in host else host or "localhost"
        self.url = f"{'wss' if tls else 'ws'}://{name}:{self.port}"

    @property
    def connection_count(self) -> int:
        """How many WebSockets there are."""
        return len(self._connections)

    async def close(self, *, drain_s: float = DRAIN_TIMEOUT_S) -> None:
        """Accept no more, close every connection with 1001, and drop what is left.

        Args:
            drain_s: How long peers may take to read what was sent and to close.
        """
        self._listening.stop()
        for task in self._accepting:
            task.cancel()
        for transport in tuple(self._transports):
            if transport not in self._connections:
                transport.abort()
        for connection in tuple(self._connections.values()):
            connection.close(GOING_AWAY, "the service is going away")
        await self._wait_until_empty(drain_s)
        for transport in tuple(self._transports):
            transport.abort()
        await self._wait_until_empty(drain_s)
        self._heartbeat.stop()

    async def _wait_until_empty(self, timeout_s: float) -> None:
        if not self._transports:
            return
        self._empty.clear()
        try:
            async with asyncio.timeout(timeout_s):
                await self._empty.wait()
        except TimeoutError:
            return

    # --- a connection's way in ------------------------------------------------------------------

    def _accept_socket(self, sock: socket.socket) -> None:
        if len(self._transports) + len(self._accepting) >= self._max_connections + HANDSHAKES_MAX:
            self._tell_full()
            sock.close()
            return
        task = asyncio.get_running_loop().create_task(self._connect(sock))
        self._accepting.add(task)
        task.add_done_callback(self._accepting.discard)

    def _tell_full(self) -> None:
        if self._full_told.is_due(asyncio.get_running_loop().time()):
            _logger.warning(
                "refusing connections: there are %d, of at most %d",
                len(self._connections),
                self._max_connections,
            )

    async def _connect(self, sock: socket.socket) -> None:
        try:
            await aiofastnet.connect_accepted_socket(
                asyncio.get_running_loop(),
                lambda: _Opening(self),
                sock,
                ssl=self._tls,
                ssl_handshake_timeout=HANDSHAKE_TIMEOUT_S if self._tls else None,
                ssl_shutdown_timeout=CLOSE_TIMEOUT_S if self._tls else None,
                ssl_incoming_bio_size=_TLS_BUFFER_BYTES if self._tls else None,
                ssl_outgoing_bio_size=_TLS_BUFFER_BYTES if self._tls else None,
            )
        except OSError as error:  # TLS errors too: a stranger's mistake, or his absence
            _logger.debug("a connection ended before it began: %s", error)
            sock.close()
        except asyncio.CancelledError:
            sock.close()
            raise

    def note(self, transport: asyncio.Transport) -> None:
        """Note a new transport."""
        self._transports.add(transport)

    def get_buffer(self) -> memoryview:
        """Give the place where any connection reads to."""
        return self._readers.buffer

    def answer(
        self, transport: asyncio.Transport, answer: HttpAnswer, *, with_body: bool = True
    ) -> None:
        """Give a plain answer, and end."""
        transport.write(write_answer(answer, with_body=with_body))
        Lingering(transport, self._readers.buffer, self._forget)

    def receive_request(self, transport: asyncio.Transport, raw: bytes, early: bytes) -> None:
        """Answer a request, or open the WebSocket that it asks for.

        Args:
            transport: Where it came from.
            raw: The request's head.
            early: What came after it.
        """
        try:
            handshake = read_request(raw, peer=_peer(transport))
            found = self._ask(handshake)
        except RequestRefused as refused:
            self.answer(transport, refused.answer)
            return
        if isinstance(found, HttpAnswer):
            self.answer(transport, found, with_body=handshake.method != "HEAD")
            return
        refused_answer = upgrade_refusal(handshake)
        if refused_answer is None and len(self._connections) >= self._max_connections:
            self._tell_full()
            refused_answer = refusal(503, "there are too many connections", ("Retry-After", "10"))
        if refused_answer is not None:
            self.answer(transport, refused_answer, with_body=handshake.method != "HEAD")
            return
        subprotocol = choose_subprotocol(handshake.subprotocols, self._subprotocols)
        transport.write(accept_upgrade(handshake, subprotocol))
        connection = ServerConnection(
            transport,
            found,
            peer=handshake.peer,
            readers=self._readers,
            heartbeat=self._heartbeat,
            message_limit_bytes=self._message_limit_bytes,
            lost=self._forget,
            subprotocol=subprotocol,
        )
        self._connections[transport] = connection
        connection.begin(early)

    def _ask(self, handshake: Handshake) -> Receiver | HttpAnswer:
        try:
            return self._accept(handshake)
        except Exception:
            _logger.exception("a request from %s could not be answered", handshake.peer)
            return refusal(500, "internal error")

    def forget(self, transport: asyncio.Transport) -> None:
        """Note that a transport's socket is gone."""
        self._transports.discard(transport)
        self._connections.pop(transport, None)
        if not self._transports:
            self._empty.set()


class ServerConnection(PicowsConnection):
    """A connection that a client opened; its frames can be shared among many."""

    __slots__ = ()

    def send_framed(self, frames: bytes) -> None:
        """Send messages that ``framing`` has framed."""
        if self._may_send():
            self._transport.write(frames)

    def _write_text(self, message: bytes) -> None:
        self._transport.write(framing.frame_text(message))

    def _write_binary(self, message: bytes) -> None:
        self._transport.write(framing.frame_binary(message))

    def _write_texts(self, messages: Sequence[bytes]) -> None:
        self._transport.write(framing.frame_texts(messages))

    def _write_control(self, opcode: int, payload: bytes = b"") -> None:
        self._transport.write(framing.frame_control(opcode, payload))


class _Opening(asyncio.BufferedProtocol):
    """A connection before its request has come."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(HANDSHAKE_TIMEOUT_S, self._transport.abort)
        self._server.note(self._transport)

    def get_buffer(self, _hint: int) -> memoryview:
        return self._server.get_buffer()

    def buffer_updated(self, length: int) -> None:
        self._received += self._server.get_buffer()[:length]
        if self._received.startswith(b"\r\n"):  # RFC 9112, 2.2: empty lines may come first
            del self._received[: len(self._received) - len(self._received.lstrip(b"\r\n"))]
        if not self._received:
            return
        try:
            end = find_end(self._received)
        except BadHead as error:
            self._timer.cancel()
            self._server.answer(self._transport, refusal(error.status, str(error)))
            return
        if end is not None:
            self._timer.cancel()
            raw, early = bytes(self._received[:end]), bytes(self._received[end:])
            self._server.receive_request(self._transport, raw, early)

    def connection_lost(self, _error: Exception | None) -> None:
        self._timer.cancel()
        self._server.forget(self._transport)


def _peer(transport: asyncio.Transport) -> str:
    address = transport.get_extra_info("peername")
    if not address:
        return "?"
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
