"""The client's side of the transport: dials, shakes hands, or says in one line why it could not."""

import asyncio
import base64
import secrets
import socket
import ssl
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, cast

import aiofastnet

from logstream.errors import ConnectionFailed
from logstream.model.limits import (
    CLIENT_SILENCE_MAX_S,
    CLOSE_TIMEOUT_S,
    FRAME_MAX_BYTES,
    HIGH_WATER_BYTES,
    OPEN_TIMEOUT_S,
    PING_INTERVAL_S,
)
from logstream.transport.base import Connection, Receiver
from logstream.transport.handshake import KEY_BYTES, AnswerRefused, check_answer, write_request
from logstream.transport.heartbeat import Heartbeat
from logstream.transport.http_head import BadHead, find_end
from logstream.transport.picows_connection import PicowsConnection
from logstream.transport.picows_frames import FrameMasker, FrameReaders
from logstream.transport.tls import client_context

_PORTS: Final = {"ws": 80, "wss": 443}
_NEXT_ADDRESS_S: Final = 0.25
"""When to try the next address of a name beside the first (RFC 8305)."""
_NO_ANSWER: Final = "it ended the connection without an answer"
_NOT_TLS: Final = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}
_NO_HEADERS: Final[Mapping[str, str]] = {}


class _Address(NamedTuple):
    """Where a URL leads."""

    secure: bool
    host: str
    port: int
    host_header: str
    target: str

    @property
    def name(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


async def connect(
    url: str,
    receiver: Receiver,
    *,
    tls: ssl.SSLContext | None = None,
    open_timeout_s: float = OPEN_TIMEOUT_S,
    max_message_bytes: int = FRAME_MAX_BYTES,
    headers: Mapping[str, str] = _NO_HEADERS,
    ping_interval_s: float = PING_INTERVAL_S,
    subprotocols: Sequence[str] = (),
) -> Connection:
    """Open a WebSocket.

    Args:
        url: ``ws://…`` or ``wss://…``.
        receiver: Is ``opened`` before this returns, and gets everything from then on.
        tls: What to trust; None: what the system trusts.
        open_timeout_s: How long all of it may take.
        max_message_bytes: The longest message that is taken.
        headers: More headers of the request.
        ping_interval_s: How often the server is pinged; after ``CLIENT_SILENCE_MAX_S`` without a
            byte from it the connection is dropped (1006).
        subprotocols: What to offer, the preferred first; ``Connection.subprotocol`` is what the
            server chose. One that chooses another is refused.

    Raises:
        ConnectionFailed: Names host and port, and says why.
    """
    address = _parse(url)
    opening = _Opening(
        address,
        receiver,
        headers=headers,
        message_limit_bytes=max_message_bytes,
        ping_interval_s=ping_interval_s,
        subprotocols=subprotocols,
    )
    try:
        async with asyncio.timeout(open_timeout_s):
            return await _dial(address, opening, tls)
    except TimeoutError:
        reason = f"no answer within {open_timeout_s:g} s"
    except AnswerRefused as refused:
        reason = str(refused)
    except OSError as error:
        reason = _reason(error, address)
    raise ConnectionFailed(f"cannot connect to {address.name}: {reason}")


class ClientConnection(PicowsConnection):
    """A connection that we opened; its frames are masked, so each is its own.

    Messages that are sent in one callback go out together at its end: a logtailor sends thousands
    in a row, and a system call for each would take most of its time.
    """

    __slots__ = ("_flush_is_due", "_masker", "_silent_beats", "_unflushed_bytes")

    def __init__(
        self,
        transport: asyncio.Transport,
        receiver: Receiver,
        *,
        peer: str,
        readers: FrameReaders,
        heartbeat: Heartbeat,
        message_limit_bytes: int,
        lost: Callable[[asyncio.Transport], None],
        subprotocol: str | None = None,
    ) -> None:
        super().__init__(
            transport,
            receiver,
            peer=peer,
            readers=readers,
            heartbeat=heartbeat,
            message_limit_bytes=message_limit_bytes,
            lost=lost,
            subprotocol=subprotocol,
        )
        self._masker = FrameMasker()
        self._unflushed_bytes = 0
        self._flush_is_due = False
        self._silent_beats = 0

    def send_framed(self, frames: bytes) -> None:
        """Refuse: a client's frames are masked."""
        raise NotImplementedError("only a server sends shared frames")

    def buffer_updated(self, length: int) -> None:
        """Take what was read, and note that the peer is there."""
        self._silent_beats = 0
        super().buffer_updated(length)

    def beat(self) -> None:
        """Ping, and drop the connection after ``CLIENT_SILENCE_MAX_S`` without a byte."""
        self._silent_beats = 0 if self._reading_paused else self._silent_beats + 1
        if self._silent_beats * self._heartbeat.interval_s >= CLIENT_SILENCE_MAX_S:
            self.abort()
        else:
            super().beat()

    def _write_text(self, message: bytes) -> None:
        self._masker.write_text(message)
        self._flush_when_due(len(message))

    def _write_binary(self, message: bytes) -> None:
        self._masker.write_binary(message)
        self._flush_when_due(len(message))

    def _write_texts(self, messages: Sequence[bytes]) -> None:
        self._masker.write_texts(messages)
        self._flush_when_due(sum(map(len, messages)))

    def _flush_when_due(self, more_bytes: int) -> None:
        self._unflushed_bytes += more_bytes
        if self._unflushed_bytes > HIGH_WATER_BYTES:  # so that `writable` tells the truth
            self._flush()
        elif not self._flush_is_due:
            self._flush_is_due = True
            asyncio.get_running_loop().call_soon(self._flush_as_due)

    def _write_control(self, opcode: int, payload: bytes = b"") -> None:
        self._masker.write_control(opcode, payload)
        self._flush()

    def _flush_as_due(self) -> None:
        self._flush_is_due = False
        self._flush()

    def _flush(self) -> None:
        frames = self._masker.frames
        if frames and self._may_write():
            self._transport.write(b"".join(frames))
        frames.clear()
        self._unflushed_bytes = 0


class _Opening(asyncio.BufferedProtocol):
    """A connection whose handshake is not done."""

    def __init__(
        self,
        address: _Address,
        receiver: Receiver,
        *,
        headers: Mapping[str, str],
        message_limit_bytes: int,
        ping_interval_s: float,
        subprotocols: Sequence[str],
    ) -> None:
        self._subprotocols = subprotocols
        self._address = address
        self._receiver = receiver
        self._headers = headers
        self._message_limit_bytes = message_limit_bytes
        self._ping_interval_s = ping_interval_s
        self._key = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")
        self._readers = FrameReaders(client_side=True)
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self.done: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()

    def abandon(self) -> None:
        self.done.cancel()
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        address = self._address
        self._transport.write(
            write_request(
                target=address.target,
                host=address.host_header,
                key=self._key,
                headers=self._headers,
                subprotocols=self._subprotocols,
            )
        )

    def get_buffer(self, _hint: int) -> memoryview:
        return self._readers.buffer

    def buffer_updated(self, length: int) -> None:
        self._received += self._readers.buffer[:length]
        try:
            end = find_end(self._received)
            if end is None:
                return
            subprotocol = check_answer(
                bytes(self._received[:end]), key=self._key, subprotocols=self._subprotocols
            )
        except BadHead as error:
            self._refuse(AnswerRefused(f"its answer is no HTTP: {error}"))
        except AnswerRefused as refused:
            self._refuse(refused)
        else:
            self._open(bytes(self._received[end:]), subprotocol)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or AnswerRefused(_NO_ANSWER))

    def _refuse(self, refused: AnswerRefused) -> None:
        if not self.done.done():
            self.done.set_exception(refused)
        self.abandon()

    def _open(self, early: bytes, subprotocol: str | None) -> None:
        if self.done.done() or self._transport is None:  # given up meanwhile
            return
        heartbeat = Heartbeat(self._ping_interval_s, slots=1)
        connection = ClientConnection(
            self._transport,
            self._receiver,
            peer=self._address.name,
            readers=self._readers,
            heartbeat=heartbeat,
            message_limit_bytes=self._message_limit_bytes,
            lost=lambda _transport: heartbeat.stop(),
            subprotocol=subprotocol,
        )
        self.done.set_result(connection)
        connection.begin(early)


async def _dial(address: _Address, opening: _Opening, tls: ssl.SSLContext | None) -> Connection:
    try:
        await aiofastnet.create_connection(
            asyncio.get_running_loop(),
            lambda: opening,
            address.host,
            address.port,
            happy_eyeballs_delay=_NEXT_ADDRESS_S,
            ssl=(tls or client_context()) if address.secure else None,
            ssl_shutdown_timeout=CLOSE_TIMEOUT_S if address.secure else None,
        )
        return await opening.done
    except BaseException:
        opening.abandon()
        raise


def _parse(url: str) -> _Address:
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConnectionFailed("the stream's URL is not valid: its host or port is wrong") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ConnectionFailed("the stream's URL must begin with ws://host or wss://host")
    if any(ord(character) <= ord(" ") or ord(character) > ord("~") for character in url):
        raise ConnectionFailed("the stream's URL holds a character that must be percent-encoded")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = _PORTS[parts.scheme]
    return _Address(
        secure=parts.scheme == "wss",
        host=parts.hostname,
        port=port or default,
        host_header=host if port in {None, default} else f"{host}:{port}",
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
    )


def _reason(error: OSError, address: _Address) -> str:
    if isinstance(error, socket.gaierror):
        return f"there is no host named {address.host}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its TLS certificate was not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        name = getattr(error, "reason", None) or "UNKNOWN_ERROR"
        named = name.lower().replace("_", " ")
        return "it does not speak TLS" if name in _NOT_TLS else f"TLS failed: {named}"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, ConnectionResetError):
        return _NO_ANSWER
    return (error.strerror or str(error) or type(error).__name__).lower()
