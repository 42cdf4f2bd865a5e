"""Frames of every length, kind and fault, against a real port: RFC 6455, sections 5 and 8."""

import asyncio

import pytest

from doubles.raw_websocket import (
    BINARY,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Frame,
    close_frame,
    frame,
)
from doubles.receivers import ERROR

from .conftest import LIMIT_BYTES, Echo

LENGTHS = [0, 1, 2, 124, 125, 126, 127, 128, 255, 256, 1000, 65_534, 65_535, 65_536, 65_537]
LENGTHS += [LIMIT_BYTES - 1, LIMIT_BYTES]

FAULTS: list[tuple[str, bytes, int]] = [
    *((f"opcode {opcode:#x}", frame(opcode), 1002) for opcode in (*range(3, 8), *range(0xB, 0x10))),
    *((f"opcode {opcode:#x} with payload", frame(opcode, b"x" * 9), 1002) for opcode in (3, 0xF)),
    *((f"text rsv {rsv}", frame(TEXT, b"x", reserved=rsv), 1002) for rsv in range(1, 8)),
    *((f"ping rsv {rsv}", frame(PING, b"x", reserved=rsv), 1002) for rsv in (1, 2, 4)),
    *((f"pong rsv {rsv}", frame(PONG, b"x", reserved=rsv), 1002) for rsv in (1, 2, 4)),
    ("close rsv", frame(0x8, b"\x03\xe8", reserved=4), 1002),
    ("unmasked text", frame(TEXT, b"hello", masked=False), 1002),
    ("unmasked empty text", frame(TEXT, masked=False), 1002),
    ("unmasked ping", frame(PING, b"x", masked=False), 1002),
    ("unmasked close", frame(0x8, b"\x03\xe8", masked=False), 1002),
    ("ping of 126", frame(PING, b"x" * 126), 1002),
    ("pong of 126", frame(PONG, b"x" * 126), 1002),
    ("close of 126", frame(0x8, b"\x03\xe8" + b"x" * 124), 1002),
    ("ping of 65536", frame(PING, b"x" * 65_536), 1002),
    ("short ping in 16 bits", frame(PING, b"x", length_bytes=2), 1002),
    ("fragmented ping", frame(PING, b"x", final=False), 1002),
    ("fragmented pong", frame(PONG, b"x", final=False), 1002),
    ("fragmented close", frame(0x8, b"\x03\xe8", final=False), 1002),
    ("length 5 in 16 bits", frame(TEXT, b"hello", length_bytes=2), 1002),
    ("length 125 in 16 bits", frame(TEXT, b"x" * 125, length_bytes=2), 1002),
    ("length 0 in 16 bits", frame(TEXT, b"", length_bytes=2), 1002),
    ("length 5 in 64 bits", frame(TEXT, b"hello", length_bytes=8), 1002),
    ("length 126 in 64 bits", frame(TEXT, b"x" * 126, length_bytes=8), 1002),
    ("length 65535 in 64 bits", frame(TEXT, b"x" * 65_535, length_bytes=8), 1002),
    ("top bit of the length", frame(TEXT, b"", length_bytes=8, declared=1 << 63), 1002),
    ("all bits of the length", frame(TEXT, b"", length_bytes=8, declared=(1 << 64) - 1), 1002),
    ("continuation of nothing", frame(CONTINUATION, b"x"), 1002),
    ("first part of a continuation of nothing", frame(CONTINUATION, b"x", final=False), 1002),
    ("text in a text", frame(TEXT, b"a", final=False) + frame(TEXT, b"b"), 1002),
    ("first part in a text", frame(TEXT, final=False) + frame(TEXT, final=False), 1002),
    ("binary", frame(BINARY, b"\0\1"), 1003),
    ("empty binary", frame(BINARY), 1003),
    ("first part of a binary", frame(BINARY, b"x", final=False), 1003),
]

VALID_UTF8 = [
    "κόσμε",
    "Hello-µ@ßöäüàá-UTF-8!!",
    "\u0080\u07ff",
    "\u0800\uffff",
    "\ud7ff\ue000",
    "\U00010000\U0010ffff",
    "\ufffe\ufffd\x00",
    "日本語 🎉🏳️‍🌈",
]

INVALID_UTF8 = [
    b"\x80",
    b"\xbf",
    b"\xc0\xaf",
    b"\xc1\xbf",
    b"\xc3",
    b"\xc3\x28",
    b"\xe0\x80\xaf",
    b"\xe0\x9f\xbf",
    b"\xe2\x82",
    b"\xe2\x28\xa1",
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf",
    b"\xed\xa0\x80\xed\xb0\x80",
    b"\xf0\x80\x80\xaf",
    b"\xf0\x8f\xbf\xbf",
    b"\xf0\x9f\x8e",
    b"\xf4\x90\x80\x80",
    b"\xf5\x80\x80\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\xfc\x84\x80\x80\x80\x80",
    b"\xfe",
    b"\xff",
    b"valid and then \xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
]


@pytest.mark.parametrize("length", LENGTHS)
async def test_a_message_of_any_length_arrives_and_returns(echo_both: Echo, length: int) -> None:
    message = bytes(ord("a") + i % 26 for i in range(length))
    async with await echo_both.open() as socket:
        await socket.send_frame(TEXT, message)
        assert await socket.read_frame() == Frame(TEXT, message)


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
async def test_a_message_is_the_same_whatever_the_segments(echo: Echo, length: int) -> None:
    message = b"x" * length
    async with await echo.open() as socket:
        data = frame(TEXT, message)
        for start in range(0, len(data), 997):
            await socket.send(data[start : start + 997])
            await asyncio.sleep(0)
        assert await socket.read_message() == message


@pytest.mark.parametrize("length", range(126))
async def test_a_ping_of_any_size_is_answered_with_its_payload(echo: Echo, length: int) -> None:
    async with await echo.open() as socket:
        payload = bytes(range(length))
        await socket.send_frame(PING, payload)
        assert await socket.read_frame() == Frame(PONG, payload)


@pytest.mark.parametrize(("name", "data", "code"), FAULTS, ids=[case[0] for case in FAULTS])
async def test_a_fault_ends_the_connection_with_its_code(
    echo: Echo, name: str, data: bytes, code: int
) -> None:
    async with await echo.open() as socket:
        await socket.send(data)
        if code == 1003:
            assert await socket.read_message() == ERROR
        assert await socket.read_close() == code
    assert (await echo.receivers[0].until("closed"))[1] == code


async def test_a_message_that_is_complete_takes_no_continuation(echo: Echo) -> None:
    async with await echo.open() as socket:
        await socket.send(frame(TEXT, b"a", final=False) + frame(CONTINUATION, b"b"))
        assert await socket.read_message() == b"ab"
        await socket.send_frame(CONTINUATION, b"c")
        assert await socket.read_close() == 1002


@pytest.mark.parametrize(("name", "data", "code"), FAULTS[::6], ids=[c[0] for c in FAULTS[::6]])
async def test_what_came_before_a_fault_is_still_answered(
    echo_both: Echo, name: str, data: bytes, code: int
) -> None:
    async with await echo_both.open() as socket:
        await socket.send(frame(TEXT, b"before") + frame(PING, b"p") + data + frame(TEXT, b"after"))
        assert await socket.read_message() == b"before"
        assert await socket.read_frame() == Frame(PONG, b"p")
        if code == 1003:
            assert await socket.read_message() == ERROR
        assert await socket.read_close() == code
    assert echo_both.receivers[0].messages == [b"before"]


@pytest.mark.parametrize("cuts", [1, 2, 5, 50])
async def test_fragments_become_one_message(echo_both: Echo, cuts: int) -> None:
    message = "häppchenweise 🎉 ".encode() * 10
    size = len(message) // cuts
    parts = [message[i * size : (i + 1) * size] for i in range(cuts)] + [message[cuts * size :]]
    async with await echo_both.open() as socket:
        for i, part in enumerate(parts):
            opcode = CONTINUATION if i else TEXT
            await socket.send_frame(opcode, part, final=i == cuts)
        assert await socket.read_message() == message


async def test_control_frames_between_fragments_are_answered_at_once(echo_both: Echo) -> None:
    async with await echo_both.open() as socket:
        await socket.send_frame(TEXT, b"one ", final=False)
        await socket.send_frame(PING, b"1")
        assert await socket.read_frame() == Frame(PONG, b"1")
        await socket.send_frame(CONTINUATION, b"two ", final=False)
        await socket.send_frame(PONG, b"unasked")
        await socket.send_frame(PING, b"2")
        assert await socket.read_frame() == Frame(PONG, b"2")
        await socket.send_frame(CONTINUATION, b"three")
        assert await socket.read_message() == b"one two three"


async def test_empty_fragments_count_for_nothing(echo: Echo) -> None:
    async with await echo.open() as socket:
        await socket.send_frame(TEXT, b"", final=False)
        await socket.send_frame(CONTINUATION, b"", final=False)
        await socket.send_frame(CONTINUATION, b"x", final=False)
        await socket.send_frame(CONTINUATION, b"")
        assert await socket.read_message() == b"x"


async def test_a_close_between_fragments_is_answered(echo: Echo) -> None:
    async with await echo.open() as socket:
        await socket.send(frame(TEXT, b"half", final=False) + close_frame(1000))
        assert await socket.read_close() == 1000


async def test_unasked_pongs_are_ignored(echo: Echo) -> None:
    async with await echo.open() as socket:
        await socket.send(frame(PONG) + frame(PONG, b"x" * 125) + frame(TEXT, b"on"))
        assert await socket.read_message() == b"on"


@pytest.mark.parametrize("count", [2, 10, 1000])
async def test_many_frames_in_a_segment_all_arrive(echo_both: Echo, count: int) -> None:
    async with await echo_both.open() as socket:
        await socket.send(b"".join(frame(TEXT, b"%d" % i) for i in range(count)))
        assert [await socket.read_message() for _ in range(count)] == [
            b"%d" % i for i in range(count)
        ]


async def test_pings_in_a_segment_are_each_answered_in_order(echo: Echo) -> None:
    async with await echo.open() as socket:
        await socket.send(b"".join(frame(PING, b"%d" % i) for i in range(10)))
        assert [(await socket.read_frame()).payload for _ in range(10)] == [
            b"%d" % i for i in range(10)
        ]


async def test_a_connection_that_trickles_works(echo_both: Echo) -> None:
    async with await echo_both.open() as socket:
        await socket.trickle(frame(TEXT, b"tr", final=False) + frame(PING, b"p"))
        assert await socket.read_frame() == Frame(PONG, b"p")
        await socket.trickle(frame(CONTINUATION, "ickle ü".encode()) + frame(TEXT, b"x" * 300))
        assert await socket.read_message() == "trickle ü".encode()
        assert await socket.read_message() == b"x" * 300
        await socket.trickle(close_frame(1000))
        assert await socket.read_close() == 1000


@pytest.mark.parametrize("text", VALID_UTF8)
async def test_utf8_may_be_cut_anywhere(echo: Echo, text: str) -> None:
    message = text.encode("utf-8")
    async with await echo.open() as socket:
        await socket.send_frame(TEXT, message)
        assert await socket.read_message() == message
        for cut in range(1, len(message)):
            await socket.send(
                frame(TEXT, message[:cut], final=False) + frame(CONTINUATION, message[cut:])
            )
            assert await socket.read_message() == message
        for i in range(len(message)):
            opcode = CONTINUATION if i else TEXT
            await socket.send_frame(opcode, message[i : i + 1], final=i == len(message) - 1)
        assert await socket.read_message() == message


@pytest.mark.parametrize("message", INVALID_UTF8, ids=repr)
async def test_text_that_is_not_utf8_is_refused(echo: Echo, message: bytes) -> None:
    async with await echo.open() as socket:
        await socket.send_frame(TEXT, message)
        assert await socket.read_close() == 1007
    assert echo.receivers[0].messages == []


@pytest.mark.parametrize("message", INVALID_UTF8, ids=repr)
async def test_text_that_is_not_utf8_is_refused_byte_by_byte(echo: Echo, message: bytes) -> None:
    async with await echo.open() as socket:
        for i in range(len(message)):
            opcode, final = CONTINUATION if i else TEXT, i == len(message) - 1
            await socket.send_frame(opcode, message[i : i + 1], final=final)
        assert await socket.read_close() == 1007


@pytest.mark.parametrize("bad", [b"\xff", b"\xed\xa0", b"\xc0", b"\xf4\x90", b"\xe0\x80"], ids=repr)
async def test_text_that_cannot_become_utf8_is_refused_before_its_end(
    echo_both: Echo, bad: bytes
) -> None:
    async with await echo_both.open() as socket:
        await socket.send_frame(TEXT, b"good so far", final=False)
        await socket.send_frame(CONTINUATION, bad, final=False)
        assert await socket.read_close() == 1007
