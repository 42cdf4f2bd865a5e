import json
import sys

import pytest

from logstream.errors import BadMessage
from logstream.model.limits import (
    COMPRESS_MIN_BYTES,
    FRAME_HEADER_MAX_BYTES,
    FRAME_MAX_BYTES,
    RECORD_MAX_BYTES,
)
from logstream.protocol import frame
from logstream.protocol.frame import Packed
from logstream.protocol.messages import LinesBody, LinesHeader

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

HEADER = LinesHeader(server="s", type="t", stream="", n=1, after="", next="A:5", gen=0)
BODY = LinesBody(at=[0], unix_time=[1.5], text=["x\ny"], cut={0: 7})


def plain(data: bytes) -> Packed:
    return Packed(data, compressed=False)


def packed(data: bytes) -> Packed:
    return Packed(data, compressed=True)


def test_a_frame_is_a_header_a_line_feed_and_a_body() -> None:
    """S2."""
    message = frame.join(HEADER, plain(frame.encode_body(BODY)))
    head, body = frame.divide(message, binary=False)
    assert message.count(b"\n") == 1
    assert frame.decode_header(head) == HEADER
    assert body is not None
    assert frame.decode_body(frame.unpack(body)) == BODY


def test_progress_has_no_body() -> None:
    """S8."""
    message = frame.join(HEADER, None)
    assert frame.divide(message, binary=False) == (message, None)
    assert json.loads(message)["stream"] == ""


def test_only_long_bodies_are_compressed() -> None:
    """S2."""
    assert frame.pack(b"x" * COMPRESS_MIN_BYTES).compressed is False
    long = b"x" * (COMPRESS_MIN_BYTES + 1)
    assert frame.pack(long).compressed is True
    assert len(frame.pack(long).data) < 100
    assert frame.unpack(frame.pack(long)) == long


def test_the_longest_record_fits_though_each_byte_is_escaped() -> None:
    body = LinesBody(at=[0], unix_time=[None], text=["\x01" * RECORD_MAX_BYTES])
    encoded = frame.encode_body(body)
    assert len(encoded) + FRAME_HEADER_MAX_BYTES < FRAME_MAX_BYTES
    assert frame.decode_body(frame.unpack(frame.pack(encoded))) == body


BOMB = zstd.compress(b"x" * (FRAME_MAX_BYTES + 1))
WHOLE = zstd.compress(b"x" * 10_000)


@pytest.mark.parametrize(
    "data",
    [b"", b"x", WHOLE[:-1], WHOLE + b"x", WHOLE + WHOLE, BOMB],
    ids=["empty", "garbage", "cut", "more", "two", "bomb"],
)
def test_what_is_not_one_whole_frame_of_zstd_is_no_body(data: bytes) -> None:
    with pytest.raises(BadMessage):
        frame.unpack(packed(data))


def test_a_body_that_wants_much_memory_is_refused() -> None:
    """The window is 1 MiB."""
    compressor = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 24})
    streamed = compressor.compress(b"x" * 10) + compressor.flush()
    with pytest.raises(BadMessage):
        frame.unpack(packed(streamed))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 50_000,
        b'{"at":[0],"unix_time":[1]}',
        b'{"at":[0],"unix_time":[],"text":["x"]}',
        b'{"at":[],"unix_time":[1],"text":["x"]}',
        b'{"at":[0],"unix_time":[1],"text":["x"],"http_status":[]}',
        b'{"at":[0],"unix_time":[1],"text":["x"],"request_id":["a","b"]}',
        b'{"at":["0"],"unix_time":[1],"text":["x"]}',
    ],
    ids=range(10),
)
def test_what_are_no_columns_is_said(body: bytes) -> None:
    with pytest.raises(BadMessage, match="unreadable lines"):
        frame.decode_body(body)


@pytest.mark.parametrize("head", [b"", b"{}", b'{"cmd":"gap"}', b"\xff"])
def test_what_is_no_header_is_said(head: bytes) -> None:
    with pytest.raises(BadMessage, match="unreadable header"):
        frame.decode_header(head)


def test_a_header_has_a_bound() -> None:
    head = b"x" * FRAME_HEADER_MAX_BYTES
    assert frame.divide(head + b"\nbody", binary=True) == (head, packed(b"body"))
    with pytest.raises(BadMessage):
        frame.divide(b"x" + head + b"\nbody", binary=True)
    assert frame.divide(head, binary=False) == (head, None)
    with pytest.raises(BadMessage):
        frame.divide(b"no line feed", binary=True)


def test_a_header_can_be_encoded_alone() -> None:
    assert frame.decode_header(frame.encode_header(HEADER)) == HEADER


def test_the_length_of_a_body_is_known_without_reading_it() -> None:
    body = b'"' + b"x" * 10_000 + b'"'
    assert frame.plain_bytes(frame.pack(body)) == len(body)
    assert frame.plain_bytes(Packed(body, compressed=False)) == len(body)


def test_a_body_that_lies_about_its_length_counts_at_least_what_it_takes() -> None:
    assert frame.plain_bytes(Packed(b"no zstd frame", compressed=True)) == 13
