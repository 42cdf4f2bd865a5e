"""A transport that leads nowhere: keeps what is written, and is told what the peer would do."""

import asyncio
from typing import Any


class FakeSocket:
    """A socket whose ``TCP_INFO`` is what a test says."""

    def __init__(self, info: bytes = bytes(60)) -> None:
        self.info: bytes | OSError = info

    def getsockopt(self, *_: object) -> bytes:
        if isinstance(self.info, OSError):
            raise self.info
        return self.info


class MemoryTransport(asyncio.Transport):
    """What a connection writes is in ``written``; ``unsent_bytes`` is what a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.unsent_bytes = 0
        self.is_reading_now = True
        self.said_end = False
        self.aborted = asyncio.Event()
        self.was_closed = False
        self.tls = False
        self.socket = FakeSocket()
        self.protocol: asyncio.BaseProtocol | None = None

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"socket": self.socket, "peername": ("::1", 5, 0, 0)}.get(name, default)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self.high = high

    def get_write_buffer_size(self) -> int:
        return self.unsent_bytes

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.said_end
        self.written += data

    def can_write_eof(self) -> bool:
        return not self.tls

    def write_eof(self) -> None:
        self.said_end = True

    def pause_reading(self) -> None:
        self.is_reading_now = False

    def resume_reading(self) -> None:
        self.is_reading_now = True

    def close(self) -> None:
        self.was_closed = True

    def abort(self) -> None:
        self.aborted.set()

    @property
    def was_aborted(self) -> bool:
        return self.aborted.is_set()

    def take(self) -> bytes:
        """Give what was written since the last time."""
        written, self.written = self.written, b""
        return written

    def receive(self, data: bytes) -> None:
        """Let the peer's bytes come in, to whichever protocol there is."""
        while data:
            protocol = self.protocol
            assert isinstance(protocol, asyncio.BufferedProtocol)
            buffer = memoryview(protocol.get_buffer(-1))
            length = min(len(data), len(buffer))
            buffer[:length] = data[:length]
            protocol.buffer_updated(length)
            data = data[length:]

    def lose(self) -> None:
        """Let the connection be gone."""
        assert isinstance(self.protocol, asyncio.BaseProtocol)
        self.protocol.connection_lost(None)
