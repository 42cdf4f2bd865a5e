"""A connection without a socket: it remembers what was asked of it."""

import json
from collections.abc import Sequence
from typing import Any

from logstream.transport.framing import BINARY, HEADER_MAX_BYTES, declared_length


def unframe(frames: bytes) -> list[bytes]:
    """Give the payloads of a server's frames."""
    return [payload for payload, _ in unframe_all(frames)]


def unframe_all(frames: bytes) -> list[tuple[bytes, bool]]:
    """Give the payloads of a server's frames, and whether each is binary."""
    payloads: list[tuple[bytes, bool]] = []
    while frames:
        length = declared_length(frames[:HEADER_MAX_BYTES])
        assert length is not None
        header_bytes = {126: 4, 127: 10}.get(frames[1], 2)
        payload = frames[header_bytes : header_bytes + length]
        payloads.append((payload, frames[0] & 0xF == BINARY))
        frames = frames[header_bytes + length :]
    return payloads


class RecordedConnection:
    """Implements ``transport.base.Connection``; what is sent after the close goes nowhere."""

    def __init__(self, *, peer: str = "192.0.2.1:50000", subprotocol: str | None = None) -> None:
        self.peer = peer
        self.subprotocol = subprotocol
        self.has_room = True
        self.reading = True
        self.limit_bytes: int | None = None
        self.sent: list[bytes] = []
        self.closes: list[tuple[int, str]] = []
        self.aborts = 0

    # --- what a node asks ------------------------------------------------------------------------

    @property
    def writable(self) -> bool:
        return self.has_room and self.is_open

    def send(self, message: bytes) -> None:
        if self.is_open:
            self.sent.append(message)

    def send_binary(self, message: bytes) -> None:
        if self.is_open:
            self.sent.append(message)

    def send_all(self, messages: Sequence[bytes]) -> None:
        for message in messages:
            self.send(message)

    def send_framed(self, frames: bytes) -> None:
        for message in unframe(frames):
            self.send(message)

    def set_message_limit(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def close(self, code: int, reason: str = "") -> None:
        if self.is_open:
            self.closes.append((code, reason))

    def fail(self, code: int, reason: str = "") -> None:
        self.close(code, reason)

    def abort(self) -> None:
        self.aborts += 1

    # --- what a test asks ------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        return not self.closes and not self.aborts

    @property
    def close_code(self) -> int | None:
        return self.closes[0][0] if self.closes else None

    def take(self) -> list[dict[str, Any]]:
        """Give what was sent since the last time, decoded."""
        taken = [json.loads(message) for message in self.sent]
        self.sent.clear()
        return taken
