"""Server-side WebSocket frames as bytes, so that a message for many receivers is framed once.

Hot: the hub frames every line here. A server's frames are not masked, so the same bytes do for
every receiver. Pure. Source: RFC 6455, section 5.2.
"""

from collections.abc import Iterable
from struct import Struct
from typing import Final

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA

CONTROL_PAYLOAD_MAX_BYTES: Final = 125
"""The payload of a control frame, by the RFC; also the longest length that fits the first byte."""
HEADER_MAX_BYTES: Final = 10
"""The longest header that says a length; a mask would follow it."""
MASK_BYTES: Final = 4

_FINAL: Final = 0x80
_HEADER_MIN_BYTES: Final = 2
_LENGTH_16: Final = 126
_LENGTH_16_MAX: Final = 0xFFFF
_LENGTH_64: Final = 127
_HEADER_BYTES: Final = {_LENGTH_16: 4, _LENGTH_64: HEADER_MAX_BYTES}
_CONTROL_BIT: Final = 0x08
_MASKED_BIT: Final = 0x80
_BINARY_SHORT: Final = tuple(
    bytes((_FINAL | BINARY, length)) for length in range(CONTROL_PAYLOAD_MAX_BYTES + 1)
)
_TEXT_SHORT: Final = tuple(
    bytes((_FINAL | TEXT, length)) for length in range(CONTROL_PAYLOAD_MAX_BYTES + 1)
)
_pack_16: Final = Struct(">BBH").pack
_pack_64: Final = Struct(">BBQ").pack


def frame_text(payload: bytes) -> bytes:
    """Frame one text message; ``payload`` is UTF-8."""
    length = len(payload)
    if length <= CONTROL_PAYLOAD_MAX_BYTES:
        return _TEXT_SHORT[length] + payload
    return _long_header(length) + payload


def frame_binary(payload: bytes) -> bytes:
    """Frame one binary message."""
    length = len(payload)
    if length <= CONTROL_PAYLOAD_MAX_BYTES:
        return _BINARY_SHORT[length] + payload
    return _long_header(length, BINARY) + payload


def frame_texts(payloads: Iterable[bytes]) -> bytes:
    """Frame text messages, one after the other, for one send."""
    parts: list[bytes] = []
    add = parts.append
    for payload in payloads:
        length = len(payload)
        add(_TEXT_SHORT[length] if length <= CONTROL_PAYLOAD_MAX_BYTES else _long_header(length))
        add(payload)
    return b"".join(parts)


def unframe_texts(frames: bytes) -> list[bytes]:
    """Give the messages that ``frame_texts`` has framed."""
    payloads: list[bytes] = []
    end = 0
    while end < len(frames):
        header = frames[end : end + HEADER_MAX_BYTES]
        length = declared_length(header)
        if length is None:
            raise ValueError("these are no frames of text messages")
        start = end + _HEADER_BYTES.get(header[1], _HEADER_MIN_BYTES)
        end = start + length
        payloads.append(frames[start:end])
    return payloads


def frame_control(opcode: int, payload: bytes = b"") -> bytes:
    """Frame a ping, pong or close; ``payload`` has at most ``CONTROL_PAYLOAD_MAX_BYTES``."""
    return bytes((_FINAL | opcode, len(payload))) + payload


def declared_length(header: bytes) -> int | None:
    """Read how long the payload of a data frame is going to be.

    Args:
        header: The first bytes of a frame, as many as came; ``HEADER_MAX_BYTES`` always do.

    Returns:
        The length in bytes; None for a control frame, and while the header is incomplete.
    """
    if len(header) < _HEADER_MIN_BYTES or header[0] & _CONTROL_BIT:
        return None
    length = header[1] & 0x7F
    if length < _LENGTH_16:
        return length
    end = _HEADER_BYTES[length]
    return int.from_bytes(header[2:end], "big") if len(header) >= end else None


def first_payload(frame: bytes) -> bytes:
    """Give what has come of a data frame's payload, unmasked.

    Args:
        frame: The beginning of a frame, whose header is complete.
    """
    start = {_LENGTH_16: 4, _LENGTH_64: HEADER_MAX_BYTES}.get(frame[1] & 0x7F, _HEADER_MIN_BYTES)
    if not frame[1] & _MASKED_BIT:
        return frame[start:]
    key, masked = frame[start : start + MASK_BYTES], frame[start + MASK_BYTES :]
    return bytes(byte ^ key[i % MASK_BYTES] for i, byte in enumerate(masked))


def _long_header(length: int, opcode: int = TEXT) -> bytes:
    if length <= _LENGTH_16_MAX:
        return _pack_16(_FINAL | opcode, _LENGTH_16, length)
    return _pack_64(_FINAL | opcode, _LENGTH_64, length)
