"""The RFC's rules for what is in frames: fragments become messages, closes become codes.

A connection drives it, frame by frame, in the order of arrival; whatever breaks a rule raises
``ProtocolViolation`` with the close code that it costs. Pure. Units: bytes of payload.
Source: RFC 6455, sections 5.4, 5.5, 7.4 and 8.1.
"""

import codecs
from collections.abc import Sequence
from typing import Final, NamedTuple

from logstream.model.limits import DURING_MAX_BYTES
from logstream.transport import framing

NORMAL: Final = 1000
GOING_AWAY: Final = 1001
PROTOCOL_ERROR: Final = 1002
UNSUPPORTED: Final = 1003
NO_CODE: Final = 1005
"""Stands for a close frame without a code; never sent."""
ABNORMAL: Final = 1006
"""Stands for the end of a connection without a close frame; never sent."""
INVALID_TEXT: Final = 1007
TOO_BIG: Final = 1009
INTERNAL_ERROR: Final = 1011

_CODES_OF_THE_RFC: Final = frozenset((*range(1000, 1004), *range(1007, 1015)))
_CODES_OF_APPLICATIONS: Final = range(3000, 5000)
_REASON_MAX_BYTES: Final = framing.CONTROL_PAYLOAD_MAX_BYTES - 2
_BEGINNING_MAX_BYTES: Final = framing.HEADER_MAX_BYTES + framing.MASK_BYTES + DURING_MAX_BYTES
_new_decoder: Final = codecs.getincrementaldecoder("utf-8")
_FIRST_SURROGATE: Final = b"\xed\xa0"
"""What no third byte can mend; Python's decoder waits for it nevertheless."""
_DECODER: Final = _new_decoder()
"""Stands in while no message is divided; never fed."""


class ProtocolViolation(Exception):
    """A frame that must end the connection.

    Attributes:
        code: The close code that says why.
        reason: One line for the close frame and the log.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Close(NamedTuple):
    """What a close frame says."""

    code: int
    """``NO_CODE`` where it says none."""
    reason: str


class Assembly:
    """The message that is coming in, piece by piece.

    Attributes:
        limit_bytes: The longest message that is taken; may change at any time.
        is_binary: Whether the last frame of data was of a binary message.
    """

    __slots__ = ("_decoder", "_head", "_parts", "_size_bytes", "is_binary", "limit_bytes")

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.is_binary = False
        self._head = b""
        self._parts: list[bytes] | None = None
        self._size_bytes = 0
        self._decoder = _DECODER

    @property
    def room_bytes(self) -> int:
        """How much the next frame of data may hold."""
        return self.limit_bytes - self._size_bytes

    def takes_whole(self, payloads: Sequence[bytes]) -> bool:
        """Say quickly that all these are messages as they stand; False where one needs a look."""
        if self._parts is not None or max(map(len, payloads)) > self.limit_bytes:
            return False
        try:
            check_utf8(b"\n".join(payloads))  # no character reaches over a line feed
        except ProtocolViolation:
            return False
        return True

    def receive_text(self, payload: bytes, *, final: bool) -> bytes | None:
        """Take a text frame.

        Returns:
            The message, if the frame is all of it.

        Raises:
            ProtocolViolation: Inside another message, too long, or not UTF-8.
        """
        self._begin(payload, binary=False)
        if final:
            check_utf8(payload)
            return payload
        parts: list[bytes] = []
        self._parts = parts
        self._decoder = _new_decoder()
        self._receive_part(parts, payload, final=False)
        return None

    def receive_binary(self, payload: bytes, *, final: bool) -> bytes | None:
        """Take a binary frame.

        Returns:
            The message, if the frame is all of it.

        Raises:
            ProtocolViolation: Inside another message, or too long.
        """
        self._begin(payload, binary=True)
        if final:
            return payload
        self._parts = [payload]
        self._size_bytes = len(payload)
        return None

    def receive_continuation(self, payload: bytes, *, final: bool) -> bytes | None:
        """Take a continuation frame.

        Returns:
            The whole message, if the frame is its last.

        Raises:
            ProtocolViolation: Outside of a message, too long, or not UTF-8 so far.
        """
        parts = self._parts
        if parts is None:
            raise ProtocolViolation(PROTOCOL_ERROR, "a continuation of no message")
        if len(payload) > self.room_bytes:
            raise self.too_big()
        self._receive_part(parts, payload, final=final)
        if not final:
            return None
        self._parts = None
        self._size_bytes = 0
        return b"".join(parts)

    def foresee_too_big(self, data: memoryview, pending_bytes: int) -> bytes | None:
        """Look at the header of a frame that has not come as a whole.

        Args:
            data: What was read last.
            pending_bytes: How much of the frame has come, in this read and in those before.

        Returns:
            The beginning of its payload, as far as it is at hand, if it is going to be too long.
        """
        whole = pending_bytes <= len(data)  # the frame began in this read
        if whole:
            start = len(data) - pending_bytes
            self._head = bytes(data[start : start + framing.HEADER_MAX_BYTES])
        elif len(self._head) < framing.HEADER_MAX_BYTES:
            self._head += bytes(data[: framing.HEADER_MAX_BYTES - len(self._head)])
        length = framing.declared_length(self._head)
        if length is None or length <= self.room_bytes:
            return None
        came = bytes(data[-pending_bytes:][:_BEGINNING_MAX_BYTES])
        return framing.first_payload(came) if whole else b""

    def beginning(self, payload: bytes) -> bytes:
        """Give the beginning of the message whose next part, ``payload``, is not taken."""
        return b"".join((*(self._parts or ()), payload))[:DURING_MAX_BYTES]

    def too_big(self) -> ProtocolViolation:
        """Say that the message is over the limit."""
        return ProtocolViolation(TOO_BIG, f"the message is over {self.limit_bytes} bytes")

    def _begin(self, payload: bytes, *, binary: bool) -> None:
        if self._parts is not None:
            raise ProtocolViolation(PROTOCOL_ERROR, "a new message inside a fragmented one")
        if len(payload) > self.limit_bytes:
            raise self.too_big()
        self.is_binary = binary

    def _receive_part(self, parts: list[bytes], payload: bytes, *, final: bool) -> None:
        if not self.is_binary:
            self._check_part(payload, final=final)
        parts.append(payload)
        self._size_bytes += len(payload)

    def _check_part(self, payload: bytes, *, final: bool) -> None:
        try:
            self._decoder.decode(payload, final)
        except UnicodeDecodeError:
            raise _not_utf8() from None
        unfinished, _ = self._decoder.getstate()
        if unfinished >= _FIRST_SURROGATE and unfinished[0] == _FIRST_SURROGATE[0]:
            raise _not_utf8()


def check_utf8(payload: bytes) -> None:
    """Refuse what is not UTF-8.

    Raises:
        ProtocolViolation: An invalid, overlong or incomplete sequence, or a surrogate.
    """
    if payload.isascii():  # ten times as fast as decoding, and nearly always so
        return
    try:
        payload.decode()
    except UnicodeDecodeError:
        raise _not_utf8() from None


def read_close(payload: bytes) -> Close:
    """Read the payload of a close frame.

    Raises:
        ProtocolViolation: Half a code, a code that must not be sent, or a reason not in UTF-8.
    """
    if not payload:
        return Close(NO_CODE, "")
    if len(payload) == 1:
        raise ProtocolViolation(PROTOCOL_ERROR, "a close frame with half a code")
    code = int.from_bytes(payload[:2], "big")
    if code not in _CODES_OF_THE_RFC and code not in _CODES_OF_APPLICATIONS:
        raise ProtocolViolation(PROTOCOL_ERROR, f"the close code {code} must not be sent")
    reason = payload[2:]
    check_utf8(reason)
    return Close(code, reason.decode())


def close_payload(code: int, reason: str = "") -> bytes:
    """Write the payload of a close frame; a long reason is cut between characters."""
    cut = reason.encode("utf-8", "replace")[:_REASON_MAX_BYTES].decode("utf-8", "ignore")
    return code.to_bytes(2, "big") + cut.encode()


def _not_utf8() -> ProtocolViolation:
    return ProtocolViolation(INVALID_TEXT, "the text is not UTF-8")
