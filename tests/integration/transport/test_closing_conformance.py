"""How connections end, against a real port: RFC 6455, section 7, and what a receiver is told."""

import asyncio

import pytest

from doubles.raw_websocket import CLOSE, PING, PONG, TEXT, Frame, close_frame, frame
from doubles.receivers import ERROR, EchoReceiver

from .conftest import LIMIT_BYTES, Echo

GOOD_CODES = [*range(1000, 1004), *range(1007, 1015), 3000, 3001, 3999, 4000, 4009, 4998, 4999]
BAD_CODES = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 5001, 10_000, 65_535]


async def test_an_empty_close_is_answered_by_an_empty_close(echo_both: Echo) -> None:
    async with await echo_both.open() as socket:
        await socket.send(close_frame())
        assert await socket.read_close() is None
    assert await echo_both.receivers[0].until("closed") == ("closed", 1005, "")


@pytest.mark.parametrize("code", GOOD_CODES)
async def test_a_code_that_may_be_sent_is_echoed(echo: Echo, code: int) -> None:
    async with await echo.open() as socket:
        await socket.send(close_frame(code, b"bye"))
        received = await socket.read_frame()
        assert received == Frame(CLOSE, code.to_bytes(2, "big") + b"bye")
        await socket.expect_end()
    assert await echo.receivers[0].until("closed") == ("closed", code, "bye")


@pytest.mark.parametrize("code", BAD_CODES)
async def test_a_code_that_must_not_be_sent_is_refused(echo: Echo, code: int) -> None:
    async with await echo.open() as socket:
        await socket.send(close_frame(code))
        assert await socket.read_close() == 1002


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"\x03", 1002),
        (b"\x00", 1002),
        (b"\x03\xe8\xff", 1007),
        (b"\x03\xe8\xed\xa0\x80", 1007),
        (b"\x03\xe8" + b"x" * 122 + b"\xc3", 1007),
        (b"\x03\xe8" + b"x" * 123, 1000),
        (b"\x03\xe8" + "ü".encode() * 61, 1000),
    ],
)
async def test_the_payload_of_a_close_is_checked(echo: Echo, payload: bytes, code: int) -> None:
    async with await echo.open() as socket:
        await socket.send_frame(CLOSE, payload)
        assert await socket.read_close() == code


@pytest.mark.parametrize(
    "after",
    [
        frame(TEXT, b"late"),
        frame(PING, b"late"),
        close_frame(1001),
        frame(TEXT, b"half", final=False),
        frame(3),
        b"\xff" * 50,
        frame(TEXT, b"x" * 1000, masked=False),
    ],
    ids=["text", "ping", "close", "fragment", "reserved", "nonsense", "unmasked"],
)
async def test_nothing_is_answered_after_a_close(echo_both: Echo, after: bytes) -> None:
    async with await echo_both.open() as socket:
        await socket.send(close_frame(1000) + after)
        assert await socket.read_close() == 1000
    assert echo_both.receivers[0].names.count("closed") == 1
    assert echo_both.receivers[0].messages == []


async def test_what_was_sent_before_a_close_goes_out(echo_both: Echo) -> None:
    async with await echo_both.open() as socket:
        await socket.send(frame(TEXT, b"x" * 50_000) * 20 + close_frame(1000))
        for _ in range(20):
            assert len(await socket.read_message()) == 50_000
        assert await socket.read_close() == 1000


async def test_a_close_of_ours_ends_when_it_is_answered(echo_both: Echo) -> None:
    async with await echo_both.open() as socket:
        receiver = echo_both.receivers[0]
        await receiver.until("opened")
        receiver.connection.close(4009, "replaced")
        receiver.connection.send(b"too late")
        assert await socket.read_frame() == Frame(CLOSE, b"\x0f\xa9replaced")
        assert "closed" not in receiver.names
        await socket.send(frame(TEXT, b"on its way") + frame(PING) + close_frame(4009))
        await socket.expect_end()
    assert await receiver.until("closed") == ("closed", 4009, "")
    assert receiver.messages == []


async def test_a_long_reason_is_cut_between_characters(echo: Echo) -> None:
    async with await echo.open() as socket:
        await echo.receivers[0].until("opened")
        echo.receivers[0].connection.close(1000, "ü" * 100)
        assert (await socket.read_frame()).payload[2:] == "ü".encode() * 61


async def test_a_vanished_client_is_told_as_1006(echo_both: Echo) -> None:
    async with await echo_both.open() as socket:
        await socket.send_frame(TEXT, b"x")
        assert await socket.read_message() == b"x"
    assert await echo_both.receivers[0].until("closed") == ("closed", 1006, "")


async def test_an_abort_is_told_as_1006_and_nothing_is_received_after_it(
    echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await echo.open() as socket:
        receiver = echo.receivers[0]
        await receiver.until("opened")
        monkeypatch.setattr(receiver, "received", lambda _: receiver.connection.abort())
        await socket.send(frame(TEXT, b"x") * 3)
        assert await receiver.until("closed") == ("closed", 1006, "")
        assert receiver.names.count("received_all") <= 1


async def test_a_message_over_the_limit_is_refused(echo_both: Echo) -> None:
    async with await echo_both.open() as socket:
        await socket.send_frame(TEXT, b"x" * (LIMIT_BYTES + 1))
        assert await socket.read_message() == ERROR
        assert await socket.read_close() == 1009


async def test_fragments_that_sum_over_the_limit_are_refused(echo_both: Echo) -> None:
    async with await echo_both.open() as socket:
        await socket.send_frame(TEXT, b"x" * LIMIT_BYTES, final=False)
        await socket.send_frame(0, b"", final=False)
        await socket.send_frame(0, b"x", final=False)
        assert await socket.read_message() == ERROR
        assert await socket.read_close() == 1009


@pytest.mark.parametrize("declared", [LIMIT_BYTES + 1, 10_000_000, 1 << 40, (1 << 63) - 1])
async def test_a_header_is_enough_to_refuse(echo_both: Echo, declared: int) -> None:
    async with await echo_both.open() as socket:
        await socket.send(frame(TEXT, b"the beginning", declared=declared))
        assert await socket.read_message() == ERROR
        assert await socket.read_close() == 1009


async def test_a_header_that_trickles_is_enough_to_refuse(echo: Echo) -> None:
    async with await echo.open() as socket:
        await socket.send(frame(TEXT, b"before"))
        assert await socket.read_message() == b"before"
        await socket.trickle(frame(TEXT, b"", declared=10_000_000)[:10])
        assert await socket.read_message() == ERROR
        assert await socket.read_close() == 1009


async def test_a_client_in_the_middle_of_10_mb_still_reads_why(echo_both: Echo) -> None:
    async with await echo_both.open() as socket:
        await socket.send(frame(TEXT, b"x" * 10_000_000))
        assert await socket.read_message() == ERROR
        assert await socket.read_close() == 1009
    assert [e[1] for e in echo_both.receivers[0].events if e[0] == "closed"] == [1009]


async def test_a_limit_can_be_raised_and_lowered(echo: Echo) -> None:
    async with await echo.open() as socket:
        await echo.receivers[0].until("opened")
        connection = echo.receivers[0].connection
        connection.set_message_limit(300_000)
        await socket.send_frame(TEXT, b"x" * 300_000)
        assert len(await socket.read_message()) == 300_000
        connection.set_message_limit(10)
        await socket.send_frame(TEXT, b"x" * 11)
        assert await socket.read_message() == ERROR
        assert await socket.read_close() == 1009


@pytest.mark.parametrize("callback", ["opened", "received", "received_all", "refused", "closed"])
async def test_a_receiver_that_fails_harms_only_its_connection(
    echo: Echo, callback: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await echo.open()
    monkeypatch.setattr(EchoReceiver, callback, lambda *_: 1 // 0)
    async with await echo.open() as socket:
        await socket.send(frame(TEXT, b"x") + frame(2, b"x") if callback == "refused" else b"")
        await socket.send_frame(TEXT, b"x")
        if callback == "closed":
            await socket.send(close_frame(1000))
        while (received := await socket.read_frame()).opcode != CLOSE:
            pass
        assert received.close_code == (1000 if callback == "closed" else 1011)
        await socket.expect_end()
    assert "ZeroDivisionError" in caplog.text
    monkeypatch.undo()
    async with other:
        await other.send_frame(TEXT, b"still here")
        assert await other.read_message() == b"still here"


async def test_a_server_that_closes_says_1001_to_everyone(echo_both: Echo) -> None:
    sockets = [await echo_both.open() for _ in range(5)]
    for receiver in echo_both.receivers:
        await receiver.until("opened")
    closing = asyncio.create_task(echo_both.server.close(drain_s=5))
    for socket in sockets:
        async with socket:
            assert (await socket.read_frame()).close_code == 1001
            await socket.send(close_frame(1001))
            await socket.expect_end()
    await closing
    assert {receiver.events[-1] for receiver in echo_both.receivers} == {("closed", 1001, "")}
    with pytest.raises(OSError, match=r"refused|Connect call failed"):
        await echo_both.dial()


async def test_a_server_does_not_wait_for_a_peer_that_does_not_close(echo_both: Echo) -> None:
    async with await echo_both.open() as socket:
        await echo_both.receivers[0].until("opened")
        await echo_both.server.close(drain_s=0.05)
        assert (await socket.read_frame()).opcode == CLOSE
    assert echo_both.receivers[0].events[-1] == ("closed", 1006, "")


async def test_pongs_are_not_sent_after_a_close_of_ours(echo: Echo) -> None:
    async with await echo.open() as socket:
        await echo.receivers[0].until("opened")
        echo.receivers[0].connection.close(1000)
        await socket.send(frame(PING, b"x") + close_frame(1000))
        assert (await socket.read_frame()).opcode != PONG
        await socket.expect_end()
