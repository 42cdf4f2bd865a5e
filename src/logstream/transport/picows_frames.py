"""picows as a parser and a masker of frames, without its handshake, its closing and its transport.

picows parses 2.7 million frames a second, and is strict about headers; but used whole it answers a
protocol error by itself and closes 10 ms later (an ``error`` message no longer fits in between, and
the reset takes away what was sent), it holds a buffer for every connection, and it has no place to
look at a message's header before the message has come. So its protocol object is given a transport
that leads nowhere, and the bytes of a canned handshake; from then on it is a parser into which
bytes are fed, and whose own close frames are how it tells of an error.

All connections read through one reader, which is lent for the length of a read. A connection whose
read ended inside a frame gets a small one of its own, and keeps it while it is busy; so an idle
connection costs no buffer at all. One event loop, one thread. Units: bytes.
"""

import base64
import ctypes
import secrets
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from picows import WSAutoPingStrategy, WSFrame, WSListener, WSMsgType, WSTransport
from picows.picows import WSProtocol  # type: ignore[attr-defined] # compiled, not in the stubs

from logstream.model.limits import READ_BUFFER_BYTES
from logstream.transport.handshake import accept_key

_TEXT: Final = WSMsgType.TEXT
_BINARY: Final = WSMsgType.BINARY
_WHOLE_TEXT: Final = 0x81
"""The first byte of a text frame that is a whole message, with no reserved bit set."""
_NO_DATA: Final = memoryview(b"")
_LENT_BUFFER_BYTES: Final = READ_BUFFER_BYTES + READ_BUFFER_BYTES // 4
"""One whole read fits without filling it to nine tenths, where picows doubles it."""
_OWN_BUFFER_BYTES: Final = 2048
"""The least that picows takes; it grows with the frames."""
_ANY_LENGTH: Final = 1 << 62
"""picows must not judge lengths: it would end the connection by itself."""
_CANNED_KEY: Final = base64.b64encode(bytes(16)).decode("ascii")
_CANNED_REQUEST: Final = (
    "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
    f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {_CANNED_KEY}\r\n\r\n"
).encode("ascii")

Sink = Callable[[WSFrame], None]


class FrameError(NamedTuple):
    """A frame that no peer may send."""

    code: int
    """The close code that it costs."""
    reason: str


class FrameReader(WSListener):
    """A parser of one connection's frames, at one time.

    Attributes:
        pending_bytes: How much of an incomplete frame it holds.
    """

    def __init__(self, *, client_side: bool, buffer_bytes: int = _LENT_BUFFER_BYTES) -> None:
        self.pending_bytes = 0
        self._sink: Sink = _ignore
        self._add_text: Callable[[bytes], None] | None = None
        self._data = _NO_DATA
        self._fed_bytes = 0
        self._protocol, self._errors = _picows_protocol(
            self, client_side=client_side, buffer_bytes=buffer_bytes
        )
        self._capacity_bytes = len(self._protocol.get_buffer(-1))

    @property
    def is_as_new(self) -> bool:
        """Whether another connection may have it: nothing pending, not grown, no end seen."""
        return (
            self.pending_bytes == 0
            and not self._errors
            and self._protocol.transport.close_handshake is None
            and len(self._protocol.get_buffer(-1)) == self._capacity_bytes
        )

    def feed(
        self, data: memoryview, sink: Sink, texts: list[bytes] | None = None
    ) -> FrameError | None:
        """Parse what was received.

        Args:
            data: Any number of bytes, which need not end where a frame does.
            sink: Is given each complete frame, valid only during the call. Must not raise.
            texts: Gets the payloads of frames that are a text message each, instead of the sink,
                which takes them when another frame comes. Nothing of them is checked.

        Returns:
            What is wrong with the frame after those that were given.
        """
        self._sink = sink
        self._add_text = texts.append if texts is not None else None
        self._data = data
        self._fed_bytes = 0
        protocol = self._protocol
        while data and not self._errors:
            buffer = protocol.get_buffer(-1)
            length = min(len(data), len(buffer))
            buffer[:length] = data[:length]
            self.pending_bytes += length
            self._fed_bytes += length
            protocol.buffer_updated(length)
            data = data[length:]
        self._sink = _ignore
        self._data = _NO_DATA
        return _read_error(self._errors[0]) if self._errors else None

    def on_ws_frame(self, _transport: WSTransport, frame: WSFrame) -> None:
        """Pass a frame on; picows calls it.

        Hot: nearly every frame is a text message. Its first byte says so at once, and the reserved
        bits too, where picows's properties, a call each, take as long as all the rest.
        """
        start = self._fed_bytes - self.pending_bytes
        self.pending_bytes = frame.tail_size
        if start >= 0 and self._data[start] == _WHOLE_TEXT and self._add_text is not None:
            self._add_text(frame.get_payload_as_bytes())
        else:
            self._sink(frame)


class FrameReaders:
    """The reader of one server's connections, or of one client, and the buffer they read into.

    Attributes:
        buffer: Where the next read goes. What a connection has not fed to a reader by the end of
            its callback is overwritten by the next connection.
        texts: Where a connection gathers the text messages of one read; empty between callbacks.
    """

    def __init__(self, *, client_side: bool) -> None:
        self.buffer = memoryview(bytearray(READ_BUFFER_BYTES))
        self.texts: list[bytes] = []
        self._client_side = client_side
        self._spare: FrameReader | None = None

    def lend(self) -> FrameReader:
        """Give a reader that holds nothing, for one read."""
        reader, self._spare = self._spare, None
        return reader or FrameReader(client_side=self._client_side)

    def take_back(self, reader: FrameReader) -> None:
        """Take the lent reader back, to be lent again if it is as new."""
        if reader.is_as_new:
            self._spare = reader

    def continue_with(self, beginning: memoryview) -> FrameReader:
        """Give a reader to keep, which holds the beginning of a frame."""
        reader = FrameReader(client_side=self._client_side, buffer_bytes=_OWN_BUFFER_BYTES)
        reader.feed(beginning, _ignore)
        return reader


class FrameMasker(WSListener):
    """Writes a client's frames, which are masked.

    A mask protects proxies from whoever chooses what is sent, if it cannot be foretold. picows
    draws it from the C library's generator and never seeds that, so it is seeded here.

    Attributes:
        frames: What was written, in order; whoever sends them clears it.
    """

    def __init__(self) -> None:
        ctypes.CDLL(None).srand(secrets.randbits(32))
        protocol, self.frames = _picows_protocol(
            self, client_side=True, buffer_bytes=_OWN_BUFFER_BYTES
        )
        self._transport: WSTransport = protocol.transport

    def write_text(self, payload: bytes) -> None:
        """Write one text message."""
        self._transport.send(_TEXT, payload)

    def write_binary(self, payload: bytes) -> None:
        """Write one binary message."""
        self._transport.send(_BINARY, payload)

    def write_texts(self, payloads: Iterable[bytes]) -> None:
        """Write text messages, one after the other."""
        send = self._transport.send
        for payload in payloads:
            send(_TEXT, payload)

    def write_control(self, opcode: int, payload: bytes = b"") -> None:
        """Write a ping, pong or close."""
        self._transport.send(WSMsgType(opcode), payload)


class _NoSocket:
    """What picows asks of a socket, for a transport that has none."""

    def fileno(self) -> int:
        return -1

    def setsockopt(self, *_: object) -> None:
        pass

    def getsockopt(self, *_: object) -> int:
        return 0


class _NoTransport:
    """What picows asks of a transport; keeps what is written and does nothing else."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.write = self.written.append

    def get_extra_info(self, name: str, default: object = None) -> object:
        # With an ssl_object picows never writes to the socket behind the transport's back.
        return _NO_SOCKET if name in {"socket", "ssl_object"} else default

    def get_write_buffer_size(self) -> int:
        return 0

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass


class _NoLogger:
    """Takes picows's log lines: what matters in them comes back as ``FrameError``."""

    def isEnabledFor(self, _level: int) -> bool:  # noqa: N802 - logging's name
        return False

    def log(self, *_: object, **__: object) -> None:
        pass

    debug = info = warning = error = exception = log


_NO_SOCKET: Final = _NoSocket()
_NO_LOGGER: Final = _NoLogger()


def _picows_protocol(
    listener: WSListener, *, client_side: bool, buffer_bytes: int
) -> tuple[WSProtocol, list[bytes]]:
    """Make a picows protocol object that has its handshake behind it.

    Args:
        listener: Is given the frames.
        client_side: Whether it is a client's.
        buffer_bytes: How large its buffer is at first.

    Returns:
        The protocol object, and the list to which it adds what it wants to send.
    """
    transport = _NoTransport()
    protocol = WSProtocol(
        "localhost",  # host_port
        "/",  # ws_path
        client_side,
        lambda _request, _answer=None: listener,
        _NO_LOGGER,
        False,  # disconnect_on_exception
        None,  # websocket_handshake_timeout
        False,  # enable_auto_ping
        1,  # auto_ping_idle_timeout
        1,  # auto_ping_reply_timeout
        WSAutoPingStrategy.PING_WHEN_IDLE,
        False,  # enable_auto_pong
        _ANY_LENGTH,
        None,  # extra_headers
        buffer_bytes,
    )
    protocol.connection_made(transport)
    head = _canned_answer(transport.written[0]) if client_side else _CANNED_REQUEST
    protocol.get_buffer(-1)[: len(head)] = head
    protocol.buffer_updated(len(head))
    transport.written.clear()
    return protocol, transport.written


def _canned_answer(request: bytes) -> bytes:
    key = request.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0].decode("ascii")
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept_key(key)}\r\n\r\n"
    ).encode("ascii")


def _read_error(close_frame: bytes) -> FrameError:
    """Read what picows wanted to tell the peer; a client's close frame would be masked."""
    masked, payload = close_frame[1] & 0x80, close_frame[2:]
    if masked:
        mask, payload = payload[:4], payload[4:]
        payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return FrameError(int.from_bytes(payload[:2], "big"), payload[2:].decode("utf-8", "replace"))


def _ignore(_: object) -> None:
    pass
