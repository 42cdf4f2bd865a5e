"""What a transport gives to a node, and what it asks of one.

A connection carries whole messages both ways: text, and on a compressing subprotocol (rule S1)
binary too; their order is kept. RFC 6455's duties (handshake, fragments, UTF-8, control frames,
close codes, limits) end here: a receiver only ever sees complete, valid messages.
All calls happen on the event loop's thread; none of them blocks or raises. A receiver that raises
all the same loses its own connection (1011), and no other.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Protocol


class Refusal(Enum):
    """Why a transport is about to close a connection for an unusable frame."""

    BINARY = "binary"
    """A binary message where only text is spoken: on every subprotocol but ``frame.ZSTD``; closes
    with 1003."""
    TOO_BIG = "too big"
    """A message over the connection's limit; closes with 1009."""


class Connection(Protocol):
    """One open WebSocket, of either side."""

    @property
    def peer(self) -> str:
        """The other end as ``host:port``, for logs."""

    @property
    def subprotocol(self) -> str | None:
        """What the handshake chose; None: the base protocol."""

    @property
    def writable(self) -> bool:
        """False while more than ``HIGH_WATER_BYTES`` are unsent, and after the close."""

    def send(self, message: bytes) -> None:
        """Send one text message; ``message`` is UTF-8.

        Whoever sends on while ``writable`` is False is dropped at ``UNSENT_MAX_BYTES``; answers to
        the peer's own requests may.
        """

    def send_all(self, messages: Sequence[bytes]) -> None:
        """Send text messages, one after the other: cheaper than one by one."""

    def send_binary(self, message: bytes) -> None:
        """Send one binary message, as ``send``; only where ``subprotocol`` is ``frame.ZSTD``."""

    def send_framed(self, frames: bytes) -> None:
        """Send messages that ``framing`` has framed, text or binary; only a server may.

        Frames that many receivers get are framed once and shared.
        """

    def set_message_limit(self, limit_bytes: int) -> None:
        """Refuse longer messages from now on."""

    def pause_reading(self) -> None:
        """Stop taking messages from the peer, who then has to wait.

        Those of the present read still come. The end of the connection is noticed late.
        """

    def resume_reading(self) -> None:
        """Take messages again."""

    def close(self, code: int, reason: str = "") -> None:
        """Start the closing handshake; what was sent before still goes out.

        From now on no message is received; ``closed`` follows when the peer has answered, and
        after ``CLOSE_TIMEOUT_S`` at the latest. What is called after the end does nothing.
        """

    def fail(self, code: int, reason: str = "") -> None:
        """Close, and wait for nobody: for a peer that is not known. ``closed`` is told at once."""

    def abort(self) -> None:
        """Drop the connection at once."""


class Receiver(Protocol):
    """What a node hands to the transport for each connection."""

    def opened(self, connection: Connection) -> None:
        """The handshake is done; messages may be sent."""

    def received(self, message: bytes) -> None:
        """One complete text message, valid UTF-8, owned by the receiver."""

    def received_binary(self, message: bytes) -> None:
        """One complete binary message, owned by the receiver; any bytes.

        Only where the connection's ``subprotocol`` is ``frame.ZSTD``. Text and binary messages are
        given in the order in which they came.
        """

    def received_all(self) -> None:
        """All messages of one read were given: a good moment to pass on what was gathered."""

    def refused(self, refusal: Refusal, beginning: bytes) -> None:
        """An unusable frame came; what is sent now goes out before the close.

        Args:
            refusal: Why it is unusable.
            beginning: Of its message, as far as it is at hand; any bytes, possibly none.
        """

    def drained(self) -> None:
        """The connection is writable again."""

    def closed(self, code: int, reason: str) -> None:
        """The connection has ended; called once, last.

        Args:
            code: The peer's close code, 1005 where its close frame had none; 1006 where none came;
                ours where the peer broke the protocol, or this receiver failed (1011).
            reason: Of the same close frame; the peer's text, not to be trusted.
        """
