"""Frames of the extended protocol: a line of JSON, and for ``lines`` a body of columns behind it.

A frame of lines is header, LF, body; on a ``zstd`` session a body over ``COMPRESS_MIN_BYTES`` is
one zstd frame, and the message binary. A node reads headers and passes bodies on as they came.
Pure. Rules: S1, S2, S3.
"""

import sys
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from logstream.errors import BadMessage
from logstream.model.limits import (
    COMPRESS_MIN_BYTES,
    FRAME_HEADER_MAX_BYTES,
    FRAME_MAX_BYTES,
    ZSTD_WINDOW_MAX_BYTES,
)
from logstream.protocol.messages import LinesBody, LinesHeader

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PLAIN: Final = "logstream.batch.v1"
"""The subprotocol of text frames."""
ZSTD: Final = "logstream.batch.zstd.v1"
"""The subprotocol in which long bodies are compressed."""
PROTOCOLS: Final = (ZSTD, PLAIN)
"""What this version speaks, the preferred first."""

_LEVEL: Final = 1  # 8-10 times smaller; level 3 gains nothing and halves the speed
_INFLATE: Final[dict[int, int]] = {
    zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW_MAX_BYTES.bit_length() - 1
}
_encoder: Final = msgspec.json.Encoder()
_header_decoder: Final = msgspec.json.Decoder(LinesHeader)
_body_decoder: Final = msgspec.json.Decoder(LinesBody)


class Packed(NamedTuple):
    """A body as it travels: read by nobody on the way."""

    data: bytes
    compressed: bool


def encode_body(body: LinesBody) -> bytes:
    """Give the JSON of some columns."""
    return _encoder.encode(body)


def decode_body(data: bytes) -> LinesBody:
    """Read columns.

    Raises:
        BadMessage: They are none, or not all equally long.
    """
    try:
        body = _body_decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as failure:
        raise BadMessage(f"unreadable lines: {failure}") from None
    columns: Sequence[Sequence[object] | None] = (
        body.at,
        body.unix_time,
        body.http_status,
        body.request_id,
    )
    if any(column is not None and len(column) != len(body.text) for column in columns):
        raise BadMessage("unreadable lines: its columns differ in length")
    return body


def encode_header(header: LinesHeader) -> bytes:
    """Give a header's JSON."""
    return _encoder.encode(header)


def decode_header(data: bytes) -> LinesHeader:
    """Read a header.

    Raises:
        BadMessage: It is none.
    """
    try:
        return _header_decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as failure:
        raise BadMessage(f"unreadable header: {failure}") from None


def pack(body: bytes) -> Packed:
    """Compress a body, where that saves anything."""
    if len(body) <= COMPRESS_MIN_BYTES:
        return Packed(body, compressed=False)
    return Packed(zstd.compress(body, _LEVEL), compressed=True)


def plain_bytes(body: Packed) -> int:
    """Tell how long a body's JSON is, as far as its zstd frame says so, without reading it."""
    stored_bytes = len(body.data)
    if not body.compressed:
        return stored_bytes
    try:
        declared_bytes = zstd.get_frame_info(body.data).decompressed_size
    except zstd.ZstdError:
        return stored_bytes
    return max(stored_bytes, min(declared_bytes or 0, FRAME_MAX_BYTES))


def unpack(body: Packed) -> bytes:
    """Give a body's JSON.

    Raises:
        BadMessage: It is no zstd frame, or inflates to more than ``FRAME_MAX_BYTES``.
    """
    if not body.compressed:
        return body.data
    try:
        inflater = zstd.ZstdDecompressor(options=_INFLATE)
        data = inflater.decompress(body.data, FRAME_MAX_BYTES + 1)
    except zstd.ZstdError:
        raise BadMessage("unreadable lines: its body is no zstd frame") from None
    if len(data) > FRAME_MAX_BYTES:
        raise BadMessage(f"unreadable lines: its body has over {FRAME_MAX_BYTES} bytes")
    if not inflater.eof or inflater.unused_data:
        raise BadMessage("unreadable lines: its body is not one whole zstd frame")
    return data


def join(header: LinesHeader, body: Packed | None) -> bytes:
    """Give a whole message: binary where the body is compressed, text else; no body: ``n`` is 0."""
    if body is None:
        return _encoder.encode(header)
    return b"%b\n%b" % (_encoder.encode(header), body.data)


def divide(message: bytes, *, binary: bool) -> tuple[bytes, Packed | None]:
    """Divide a message into its first line and its body.

    Raises:
        BadMessage: Its first line is too long.
    """
    end = message.find(b"\n", 0, FRAME_HEADER_MAX_BYTES + 1)
    if end < 0:
        if binary:
            raise BadMessage("unreadable frame: a binary message without a header")
        return message, None
    return message[:end], Packed(message[end + 1 :], compressed=binary)
