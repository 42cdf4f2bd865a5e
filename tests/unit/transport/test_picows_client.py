import asyncio
import socket
import ssl

import pytest

from doubles.memory_transport import MemoryTransport
from doubles.receivers import NotingReceiver
from logstream.errors import ConnectionFailed
from logstream.model.limits import CLIENT_SILENCE_MAX_S, HIGH_WATER_BYTES
from logstream.transport.framing import frame_text
from logstream.transport.heartbeat import Heartbeat
from logstream.transport.picows_client import ClientConnection, _parse, _reason
from logstream.transport.picows_frames import FrameReader, FrameReaders


def joined(receiver: NotingReceiver) -> tuple[ClientConnection, MemoryTransport]:
    transport = MemoryTransport()
    heartbeat = Heartbeat(CLIENT_SILENCE_MAX_S / 3, slots=1)
    heartbeat.stop()
    connection = ClientConnection(
        transport,
        receiver,
        peer="hub:443",
        readers=FrameReaders(client_side=True),
        heartbeat=heartbeat,
        message_limit_bytes=1000,
        lost=lambda _: None,
    )
    connection.begin(b"")
    return connection, transport


@pytest.mark.parametrize(
    ("url", "parsed"),
    [
        ("ws://hub", (False, "hub", 80, "hub", "/")),
        ("wss://hub", (True, "hub", 443, "hub", "/")),
        ("wss://hub:443/a?b=c", (True, "hub", 443, "hub", "/a?b=c")),
        ("ws://hub:8080/a/b", (False, "hub", 8080, "hub:8080", "/a/b")),
        ("ws://[::1]:8080/", (False, "::1", 8080, "[::1]:8080", "/")),
        ("WSS://HUB/", (True, "hub", 443, "hub", "/")),
    ],
)
def test_a_url_says_where_and_what(url: str, parsed: tuple[object, ...]) -> None:
    assert _parse(url) == parsed


@pytest.mark.parametrize(
    "url",
    ["", "hub", "http://hub/", "ws://", "ws://hub:x/", "ws://hub:70000/", "ws://h/a b", "ws://h/é"],
)
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConnectionFailed, match="the stream's URL"):
        _parse(url)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (socket.gaierror(-2, "x"), "there is no host named hub"),
        (ConnectionRefusedError(111, "x"), "connection refused"),
        (ConnectionResetError(104, "x"), "it ended the connection without an answer"),
        (OSError(113, "No route to host"), "no route to host"),
        (OSError("Multiple exceptions: x"), "multiple exceptions: x"),
        (OSError(), "oserror"),
        (ssl.SSLError("odd"), "TLS failed: unknown error"),
    ],
)
def test_an_error_has_its_reason_in_a_few_words(error: OSError, reason: str) -> None:
    assert _reason(error, _parse("ws://hub/")) == reason


async def test_messages_of_one_callback_go_out_together() -> None:
    connection, transport = joined(NotingReceiver())
    for _ in range(10):
        connection.send(b"x" * 100)
    assert transport.take() == b""
    await asyncio.sleep(0)
    assert len(transport.take()) == 10 * (2 + 4 + 100)


async def test_a_batch_goes_out_as_its_messages() -> None:
    connection, transport = joined(NotingReceiver())
    connection.send(b"a")
    connection.send_all([b"b", b"c"])
    assert transport.take() == b""
    await asyncio.sleep(0)
    sink: list[bytes] = []
    FrameReader(client_side=False).feed(memoryview(transport.take()), lambda _: None, sink)
    assert sink == [b"a", b"b", b"c"]


async def test_a_batch_over_the_high_water_goes_out_at_once() -> None:
    connection, transport = joined(NotingReceiver())
    connection.send_all([b"x" * HIGH_WATER_BYTES, b"x"])
    assert len(transport.take()) > HIGH_WATER_BYTES


async def test_more_than_the_high_water_goes_out_at_once() -> None:
    connection, transport = joined(NotingReceiver())
    connection.send(b"x" * (HIGH_WATER_BYTES + 1))
    assert len(transport.take()) > HIGH_WATER_BYTES


async def test_a_close_follows_what_was_sent_before_it() -> None:
    connection, transport = joined(NotingReceiver())
    connection.send(b"abc")
    connection.close(1000)
    sent = transport.take()
    assert (sent[0], sent[9]) == (0x81, 0x88)


async def test_what_was_not_flushed_when_the_connection_went_is_forgotten() -> None:
    connection, transport = joined(NotingReceiver())
    connection.send(b"abc")
    transport.lose()
    await asyncio.sleep(0)
    assert transport.take() == b""


async def test_a_client_sends_no_shared_frames() -> None:
    connection, _ = joined(NotingReceiver())
    with pytest.raises(NotImplementedError):
        connection.send_framed(frame_text(b"x"))


async def test_a_server_that_says_nothing_for_long_is_given_up() -> None:
    connection, transport = joined(NotingReceiver())
    aborted = []
    for _ in range(3):
        connection.beat()
        aborted.append(transport.was_aborted)
    assert aborted == [False, False, True]


async def test_any_byte_is_a_sign_of_life_and_a_pause_is_no_silence() -> None:
    connection, transport = joined(NotingReceiver())
    for _ in range(5):
        connection.beat()
        transport.receive(frame_text(b"x"))
    connection.pause_reading()
    for _ in range(5):
        connection.beat()
    assert not transport.was_aborted
