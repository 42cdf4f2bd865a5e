"""Any message, in any fragments, in any segments, arrives whole and in order."""

import asyncio
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doubles.memory_transport import MemoryTransport
from doubles.raw_websocket import CONTINUATION, PING, TEXT, frame
from doubles.receivers import NotingReceiver
from logstream.transport.assembly import (
    Assembly,
    Close,
    ProtocolViolation,
    close_payload,
    read_close,
)
from logstream.transport.framing import declared_length, frame_text, frame_texts
from logstream.transport.heartbeat import Heartbeat
from logstream.transport.http_head import BadHead, find_end, parse_head
from logstream.transport.picows_client import ClientConnection
from logstream.transport.picows_connection import PicowsConnection
from logstream.transport.picows_frames import FrameReaders
from logstream.transport.picows_server import ServerConnection

messages = st.one_of(
    st.text(max_size=300).map(str.encode),
    st.integers(0, 70_000).map(lambda length: b"x" * length),
)
cuts = st.lists(st.integers(0, 100_000), max_size=8)


def cut(data: bytes, at: list[int]) -> list[bytes]:
    places = sorted({place % (len(data) + 1) for place in at})
    return [data[i:j] for i, j in zip([0, *places], [*places, len(data)], strict=True)]


def fragmented(message: bytes, at: list[int]) -> bytes:
    parts = cut(message, at)
    return b"".join(
        frame(CONTINUATION if i else TEXT, part, final=i == len(parts) - 1) + frame(PING, b"p")
        for i, part in enumerate(parts)
    )


def receive(kind: type[PicowsConnection], segments: list[bytes]) -> NotingReceiver:
    async def main() -> NotingReceiver:
        receiver, transport = NotingReceiver(), MemoryTransport()
        heartbeat = Heartbeat(1000.0)
        heartbeat.stop()
        kind(
            transport,
            receiver,
            peer="x",
            readers=FrameReaders(client_side=kind is ClientConnection),
            heartbeat=heartbeat,
            message_limit_bytes=1_000_000,
            lost=lambda _: None,
        ).begin(b"")
        for segment in segments:
            transport.receive(segment)
        if transport.said_end:
            transport.lose()
        return receiver

    return asyncio.run(main())


@given(st.lists(st.tuples(messages, cuts), max_size=5), cuts)
def test_a_server_receives_what_was_sent_however_it_was_cut(
    sent: list[tuple[bytes, list[int]]], segment_cuts: list[int]
) -> None:
    data = b"".join(fragmented(message, at) for message, at in sent)
    receiver = receive(ServerConnection, cut(data, segment_cuts))
    assert receiver.messages == [message for message, _ in sent]
    assert "closed" not in receiver.names


@given(st.lists(messages, max_size=5), cuts)
def test_a_client_receives_what_was_framed_however_it_was_cut(
    sent: list[bytes], segment_cuts: list[int]
) -> None:
    receiver = receive(ClientConnection, cut(frame_texts(sent), segment_cuts))
    assert receiver.messages == sent


@given(st.binary(max_size=200), cuts)
def test_no_bytes_whatever_harm_more_than_their_own_connection(
    data: bytes, segment_cuts: list[int]
) -> None:
    for kind in (ServerConnection, ClientConnection):
        receiver = receive(kind, cut(data, segment_cuts))
        assert receiver.names.count("closed") <= 1
        assert all(isinstance(message, bytes) for message in receiver.messages)


@given(st.integers(0, 200_000))
def test_a_header_declares_the_length_that_was_framed(length: int) -> None:
    assert declared_length(frame_text(b"x" * length)[:10]) == length


@given(st.binary(max_size=20), cuts)
def test_text_is_refused_if_and_only_if_it_is_not_utf8(data: bytes, at: list[int]) -> None:
    try:
        data.decode()
    except UnicodeDecodeError:
        valid = False
    else:
        valid = True
    if valid:
        assert assembled(cut(data, at)) == data
    else:
        with pytest.raises(ProtocolViolation, match="not UTF-8"):
            assembled(cut(data, at))


def assembled(parts: list[bytes]) -> bytes | None:
    assembly, message = Assembly(1000), None
    for i, part in enumerate(parts):
        take = assembly.receive_continuation if i else assembly.receive_text
        message = take(part, final=i == len(parts) - 1)
    return message


@given(st.sampled_from([1000, 1001, 1011, 3000, 4999]), st.text(max_size=200))
def test_a_close_reads_back_with_as_much_of_its_reason_as_fits(code: int, reason: str) -> None:
    close = read_close(close_payload(code, reason))
    assert isinstance(close, Close)
    assert close.code == code
    encodable = reason.encode("utf-8", "replace").decode()
    assert encodable.startswith(close.reason)
    assert len(close.reason.encode()) > 119 or close.reason == encodable


@given(st.binary(max_size=300))
def test_no_head_whatever_raises_anything_but_bad_head(raw: bytes) -> None:
    with contextlib.suppress(BadHead):
        find_end(raw)
    with contextlib.suppress(BadHead):
        parse_head(raw)
