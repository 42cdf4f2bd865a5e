import asyncio

import pytest

from doubles.memory_transport import MemoryTransport
from doubles.raw_websocket import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    close_frame,
    frame,
)
from doubles.receivers import ERROR, EchoReceiver, NotingReceiver
from logstream.model.limits import DURING_MAX_BYTES, HIGH_WATER_BYTES, UNSENT_MAX_BYTES
from logstream.protocol.frame import PLAIN, ZSTD
from logstream.transport import picows_connection
from logstream.transport.base import Receiver, Refusal
from logstream.transport.framing import frame_binary, frame_control, frame_text
from logstream.transport.heartbeat import Heartbeat
from logstream.transport.picows_frames import FrameReaders
from logstream.transport.picows_server import ServerConnection


class Joined:
    """A server's connection between a transport in memory and a receiver."""

    def __init__(
        self,
        receiver: Receiver,
        *,
        limit_bytes: int = 1000,
        early: bytes = b"",
        subprotocol: str | None = None,
    ) -> None:
        self.transport = MemoryTransport()
        self.lost: list[object] = []
        self.heartbeat = Heartbeat(1000.0)
        self.heartbeat.stop()
        self.readers = FrameReaders(client_side=False)
        self.connection = ServerConnection(
            self.transport,
            receiver,
            peer="1.2.3.4:5",
            readers=self.readers,
            heartbeat=self.heartbeat,
            message_limit_bytes=limit_bytes,
            lost=self.lost.append,
            subprotocol=subprotocol,
        )
        self.connection.begin(early)

    def receive(self, data: bytes) -> bytes:
        """Let bytes come in, and give those that went out."""
        self.transport.receive(data)
        return self.transport.take()


async def test_a_receiver_is_told_of_its_life_in_order() -> None:
    receiver = NotingReceiver()
    joined = Joined(receiver)
    assert joined.connection.peer == "1.2.3.4:5"
    joined.receive(frame(TEXT, b"1") + frame(TEXT, b"2"))
    joined.receive(close_frame(1000, b"bye"))
    joined.transport.lose()
    assert receiver.events == [
        ("opened",),
        ("received", b"1"),
        ("received", b"2"),
        ("received_all",),
        ("closed", 1000, "bye"),
    ]
    assert joined.lost == [joined.transport]


async def test_what_came_with_the_handshake_is_received() -> None:
    receiver = NotingReceiver()
    Joined(receiver, early=frame(TEXT, b"early") + frame(TEXT, b"half")[:3])
    assert receiver.names == ["opened", "received", "received_all"]


async def test_an_idle_connection_holds_no_reader() -> None:
    joined = Joined(NotingReceiver())
    data = frame(TEXT, b"x")
    held = []
    for step in (data, data[:-1], None, data[-1:], None):
        if step is None:
            joined.connection.beat()
        else:
            joined.receive(step)
        held.append(joined.connection._reader is not None)
    assert held == [False, True, True, True, False]


async def test_connections_that_trickle_do_not_mix() -> None:
    receivers = [NotingReceiver(), NotingReceiver()]
    first, second = Joined(receivers[0]), Joined(receivers[1])
    second.readers = second.connection._readers = first.readers
    one, two = frame(TEXT, b"one"), frame(TEXT, b"two")
    for i in range(len(one)):
        first.receive(one[i : i + 1])
        second.receive(two[i : i + 1])
    assert [receiver.messages for receiver in receivers] == [[b"one"], [b"two"]]


async def test_an_echo_goes_out_framed() -> None:
    joined = Joined(EchoReceiver())
    assert joined.receive(frame(TEXT, b"x" * 300)) == frame_text(b"x" * 300)
    joined.connection.send_framed(frame_text(b"a") + frame_text(b"b"))
    joined.connection.send_all([b"c", b"d"])
    assert joined.transport.take() == b"\x81\x01a\x81\x01b\x81\x01c\x81\x01d"


async def test_a_refused_frame_can_be_answered_before_the_close() -> None:
    receiver = EchoReceiver()
    joined = Joined(receiver)
    sent = joined.receive(frame(TEXT, b"x", declared=10_000_000))
    assert sent.startswith(frame_text(ERROR) + b"\x88")
    assert sent[len(frame_text(ERROR)) + 2 :].startswith((1009).to_bytes(2, "big"))
    assert receiver.events[-2:] == [
        ("refused", Refusal.TOO_BIG),
        ("closed", 1009, "the message is over 1000 bytes"),
    ]
    assert joined.transport.said_end


async def test_fragments_leave_less_room_for_the_next_header() -> None:
    receiver = EchoReceiver()
    joined = Joined(receiver)
    joined.receive(frame(TEXT, b"x" * 900, final=False))
    joined.receive(frame(CONTINUATION, b"x" * 100, final=False))
    assert receiver.names == ["opened"]
    joined.receive(frame(CONTINUATION, b"", declared=1)[:2] + bytes(4))
    assert ("refused", Refusal.TOO_BIG) in receiver.events


@pytest.mark.parametrize(
    ("frames", "beginning"),
    [
        ([frame(2, b"binary")], b"binary"),
        ([frame(TEXT, b"x" * 1001)], b"x" * 1001),
        ([frame(TEXT, b"a" * 9, declared=70_000)], b"a" * 9),
        ([frame(TEXT, b"a", declared=1001)], b"a"),
        ([frame(TEXT, b"a" * 5000, declared=70_000)], b"a" * DURING_MAX_BYTES),
        ([frame(TEXT, b"a" * 900, final=False), frame(CONTINUATION, b"b" * 101)], None),
        ([frame(TEXT, b"a" * 900, final=False), frame(CONTINUATION, b"b", declared=101)], None),
        ([frame(TEXT, b"a", declared=70_000)[:3], frame(TEXT, b"a", declared=70_000)[3:]], b""),
    ],
)
async def test_a_receiver_is_told_how_the_unusable_message_began(
    frames: list[bytes], beginning: bytes | None
) -> None:
    receiver = NotingReceiver()
    joined = Joined(receiver)
    for data in frames:
        joined.receive(data)
    if beginning is None:
        assert receiver.refused_beginning.startswith(b"a" * 900 + b"b")
    else:
        assert receiver.refused_beginning == beginning
    assert receiver.names[-2:] == ["refused", "closed"]


async def test_one_that_is_not_known_is_waited_for_by_nobody() -> None:
    receiver = NotingReceiver()
    joined = Joined(receiver)
    joined.connection.fail(1008, "who?")
    assert joined.transport.take() == b"\x88\x06\x03\xf0who?"
    assert joined.transport.said_end
    assert receiver.events[-1] == ("closed", 1008, "who?")
    joined.connection.fail(1008)
    assert joined.transport.take() == b""


async def test_a_receiver_may_close_with_a_code_of_its_own_when_it_is_told_of_a_refusal() -> None:
    class Closing(NotingReceiver):
        def refused(self, refusal: Refusal, beginning: bytes) -> None:
            super().refused(refusal, beginning)
            self.connection.close(4400, "mine")

    receiver = Closing()
    joined = Joined(receiver)
    assert joined.receive(frame(2, b"x")) == b"\x88\x06\x11\x30mine"
    assert receiver.names[-1] == "closed"


async def test_what_follows_a_huge_frame_after_our_close_is_not_kept() -> None:
    receiver = NotingReceiver()
    joined = Joined(receiver)
    joined.connection.close(1000)
    joined.receive(frame(TEXT, b"", declared=1 << 40) + b"x" * 100)
    assert receiver.names[-1] == "closed"
    assert joined.connection._reader is None


async def test_pressure_is_told_and_only_the_latest_ping_waits() -> None:
    receiver = NotingReceiver()
    joined = Joined(receiver)
    assert joined.transport.high == HIGH_WATER_BYTES
    joined.connection.pause_writing()
    writable = [joined.connection.writable]
    assert joined.receive(frame(PING, b"1") + frame(PING, b"2")) == b""
    joined.connection.resume_writing()
    assert joined.transport.take() == frame_control(PONG, b"2")
    writable.append(joined.connection.writable)
    assert writable == [False, True]
    assert receiver.names == ["opened", "drained"]


async def test_one_that_never_reads_is_dropped_at_a_bound(
    caplog: pytest.LogCaptureFixture,
) -> None:
    joined = Joined(NotingReceiver())
    joined.connection.pause_writing()
    joined.transport.unsent_bytes = UNSENT_MAX_BYTES
    joined.connection.send(b"fits")
    joined.transport.unsent_bytes += 1
    aborted = [joined.transport.was_aborted]
    joined.connection.send(b"does not")
    aborted.append(joined.transport.was_aborted)
    assert aborted == [False, True]
    assert joined.transport.take() == frame_text(b"fits")
    assert "1.2.3.4:5 reads nothing" in caplog.text


async def test_a_beat_pings_where_there_is_room() -> None:
    joined = Joined(NotingReceiver())
    joined.connection.beat()
    assert joined.transport.take() == b"\x89\x00"
    joined.connection.pause_writing()
    joined.connection.beat()
    assert joined.transport.take() == b""


async def test_a_beat_drops_a_peer_that_is_gone() -> None:
    joined = Joined(NotingReceiver())
    joined.transport.socket.info = OSError("gone")
    joined.connection.beat()
    assert joined.transport.was_aborted


async def test_an_ended_connection_beats_no_more() -> None:
    joined = Joined(NotingReceiver())
    joined.receive(close_frame(1000))
    assert all(joined.connection not in slot for slot in joined.heartbeat._slots)


async def test_a_close_waits_for_the_peers_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picows_connection, "CLOSE_TIMEOUT_S", 0.001)
    receiver = NotingReceiver()
    joined = Joined(receiver)
    joined.connection.pause_reading()
    joined.connection.close(1000)
    assert joined.transport.is_reading_now
    await asyncio.wait_for(joined.transport.aborted.wait(), 30)
    joined.transport.lose()
    assert receiver.events[-1] == ("closed", 1006, "")


async def test_the_end_of_input_without_a_close_frame_is_1006() -> None:
    receiver = NotingReceiver()
    joined = Joined(receiver)
    joined.connection.eof_received()
    assert not joined.connection.writable
    joined.transport.lose()
    assert receiver.events[-1] == ("closed", 1006, "")


async def test_nothing_is_sent_or_told_after_the_end() -> None:
    receiver = NotingReceiver()
    joined = Joined(receiver)
    joined.receive(close_frame(1000))
    joined.connection.send(b"x")
    joined.connection.send_all([b"x"])
    joined.connection.send_framed(b"x")
    joined.connection.close(1000)
    joined.connection.pause_writing()
    joined.connection.resume_writing()
    joined.connection.pause_reading()
    joined.connection.resume_reading()
    joined.connection.abort()
    joined.transport.lose()
    assert joined.transport.take() == b""
    assert not joined.transport.was_aborted  # what was sent before still goes out
    assert receiver.names == ["opened", "closed"]


@pytest.mark.parametrize("callback", ["opened", "received", "received_all", "drained"])
async def test_a_receiver_that_fails_ends_its_connection_with_1011(
    callback: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(NotingReceiver, callback, lambda *_: 1 // 0)
    receiver = NotingReceiver()
    joined = Joined(receiver)
    if callback == "drained":
        joined.connection.pause_writing()
        joined.connection.resume_writing()
    elif callback != "opened":
        joined.receive(frame(TEXT, b"x") + frame(TEXT, b"y"))
    assert receiver.events[-1] == ("closed", 1011, "internal error")
    assert joined.transport.said_end
    assert "ZeroDivisionError" in caplog.text


async def test_a_receiver_that_fails_at_its_end_harms_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(NotingReceiver, "closed", lambda *_: 1 // 0)
    joined = Joined(NotingReceiver())
    assert joined.receive(close_frame(1000)) == frame_control(CLOSE, b"\x03\xe8")
    joined.transport.lose()
    assert joined.lost == [joined.transport]
    assert "ZeroDivisionError" in caplog.text


async def test_text_and_binary_messages_of_one_read_keep_their_order() -> None:
    receiver = NotingReceiver()
    joined = Joined(receiver, subprotocol=ZSTD)
    joined.receive(
        frame(TEXT, b"1")
        + frame(TEXT, b"2")
        + frame(BINARY, b"\xff3")
        + frame(TEXT, b"4")
        + frame(BINARY, b"5", final=False)
        + frame(PING)
        + frame(CONTINUATION, b"\xff")
        + frame(TEXT, b"6")
    )
    assert receiver.events == [
        ("opened",),
        ("received", b"1"),
        ("received", b"2"),
        ("received_binary", b"\xff3"),
        ("received", b"4"),
        ("received_binary", b"5\xff"),
        ("received", b"6"),
        ("received_all",),
    ]


async def test_a_binary_message_is_sent_as_one() -> None:
    receiver = EchoReceiver()
    joined = Joined(receiver, subprotocol=ZSTD)
    assert joined.connection.subprotocol == ZSTD
    assert joined.receive(frame(BINARY, b"\xff")) == frame_binary(b"\xff")


@pytest.mark.parametrize("subprotocol", [None, PLAIN])
async def test_where_text_is_spoken_a_binary_message_ends_the_connection(
    subprotocol: str | None,
) -> None:
    receiver = NotingReceiver()
    Joined(receiver, subprotocol=subprotocol).receive(frame(BINARY, b"x"))
    assert receiver.names == ["opened", "refused", "closed"]
    assert receiver.events[1] == ("refused", Refusal.BINARY)
    assert receiver.events[2][1] == 1003


async def test_a_binary_message_over_the_limit_is_refused_by_its_header() -> None:
    receiver = NotingReceiver()
    whole = frame(BINARY, b"x" * 2000)
    Joined(receiver, subprotocol=ZSTD).receive(whole[:50])
    assert receiver.events[1] == ("refused", Refusal.TOO_BIG)
    assert receiver.events[2][1] == 1009
