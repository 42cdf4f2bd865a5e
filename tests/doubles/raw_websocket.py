"""A WebSocket client that is a bare socket: it sends what no library would, and hides nothing.

Every read has a bound of ``TIMEOUT_S``. Only for tests.
"""

import asyncio
import base64
import os
import ssl
from typing import NamedTuple, Self

TIMEOUT_S = 5.0
KEY = "dGhlIHNhbXBsZSBub25jZQ=="

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


class Frame(NamedTuple):
    """A frame as it was received."""

    opcode: int
    payload: bytes
    final: bool = True
    reserved: int = 0
    masked: bool = False

    @property
    def close_code(self) -> int | None:
        return int.from_bytes(self.payload[:2], "big") if len(self.payload) >= 2 else None


class Answer(NamedTuple):
    """An HTTP answer's head."""

    status: int
    headers: dict[str, str]


def mask(payload: bytes, key: bytes) -> bytes:
    long_key = key * (len(payload) // 4 + 1)
    number = int.from_bytes(payload, "big") ^ int.from_bytes(long_key[: len(payload)], "big")
    return number.to_bytes(len(payload), "big")


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    final: bool = True,
    reserved: int = 0,
    masked: bool = True,
    length_bytes: int | None = None,
    declared: int | None = None,
) -> bytes:
    """Write a frame, right or wrong.

    Args:
        opcode: Four bits.
        payload: What it carries.
        final: The FIN bit.
        reserved: The three RSV bits.
        masked: As a client must.
        length_bytes: 0, 2 or 8: how the length is written; None: the shortest way.
        declared: The length that the header claims; None: the true one.
    """
    length = len(payload) if declared is None else declared
    if length_bytes is None:
        length_bytes = 0 if length < 126 else 2 if length <= 0xFFFF else 8
    short = {0: length, 2: 126, 8: 127}[length_bytes]
    head = bytes(((0x80 if final else 0) | reserved << 4 | opcode, (0x80 if masked else 0) | short))
    head += length.to_bytes(length_bytes, "big") if length_bytes else b""
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + mask(payload, key)


def close_frame(code: int | None = None, reason: bytes = b"") -> bytes:
    return frame(CLOSE, b"" if code is None else code.to_bytes(2, "big") + reason)


def request(path: str = "/", *, headers: dict[str, str | None] | None = None) -> bytes:
    """Write an opening request; a header that is None is left out."""
    all_headers: dict[str, str | None] = {
        "Host": "localhost",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
        **(headers or {}),
    }
    lines = [f"{name}: {value}" for name, value in all_headers.items() if value is not None]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode("latin-1")


class RawWebSocket:
    """One connection; ``closed`` after it is left as a context."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def dial(cls, port: int, *, tls: ssl.SSLContext | None = None) -> Self:
        """Connect to a port of this machine; no handshake yet."""
        name = "localhost" if tls else None
        async with asyncio.timeout(TIMEOUT_S):
            streams = await asyncio.open_connection(
                "127.0.0.1", port, ssl=tls, server_hostname=name, limit=1 << 20
            )
        return cls(*streams)

    @classmethod
    async def open(
        cls,
        port: int,
        path: str = "/",
        *,
        tls: ssl.SSLContext | None = None,
        headers: dict[str, str | None] | None = None,
    ) -> Self:
        """Connect and shake hands."""
        socket = await cls.dial(port, tls=tls)
        await socket.send(request(path, headers=headers))
        answer = await socket.read_answer()
        if answer.status != 101:
            raise AssertionError(f"the handshake was answered {answer}")
        return socket

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.transport.abort()

    async def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)
        async with asyncio.timeout(TIMEOUT_S):
            await self._writer.drain()

    async def send_frame(self, opcode: int, payload: bytes = b"", *, final: bool = True) -> None:
        await self.send(frame(opcode, payload, final=final))

    async def trickle(self, data: bytes) -> None:
        """Send bytes one by one, each in a segment of its own as far as the system lets us."""
        for i in range(len(data)):
            await self.send(data[i : i + 1])
            await asyncio.sleep(0)

    async def read_answer(self) -> Answer:
        """Read the head of an HTTP answer."""
        async with asyncio.timeout(TIMEOUT_S):
            head = await self._reader.readuntil(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")[:-2]
        pairs = (line.split(": ", 1) for line in lines)
        return Answer(int(status_line.split(" ")[1]), {name.lower(): v for name, v in pairs})

    async def read_rest(self) -> bytes:
        """Read until the other side ends."""
        async with asyncio.timeout(TIMEOUT_S):
            return await self._reader.read()

    async def read_frame(self) -> Frame:
        """Read one frame."""
        async with asyncio.timeout(TIMEOUT_S):
            first, second = await self._reader.readexactly(2)
            length = second & 0x7F
            if length >= 126:
                extended = await self._reader.readexactly(2 if length == 126 else 8)
                length = int.from_bytes(extended, "big")
            payload = await self._reader.readexactly(length)
        return Frame(first & 0xF, payload, bool(first & 0x80), first >> 4 & 7, bool(second & 0x80))

    async def read_message(self) -> bytes:
        """Read the next frame, which must be a whole text message."""
        received = await self.read_frame()
        if received.opcode != TEXT or not received.final:
            raise AssertionError(f"no message but {received}")
        return received.payload

    async def read_close(self) -> int | None:
        """Read the next frame, which must be a close, and then the end of the connection.

        Returns:
            Its code; None where it has none.
        """
        received = await self.read_frame()
        if received.opcode != CLOSE:
            raise AssertionError(f"no close but {received}")
        await self.expect_end()
        return received.close_code

    async def expect_end(self) -> None:
        """Check that nothing more comes, and that the other side ends the connection in order."""
        rest = await self.read_rest()
        if rest:
            raise AssertionError(f"something came after the end: {rest[:100]!r}")


def new_key() -> str:
    return base64.b64encode(os.urandom(16)).decode("ascii")
