from collections.abc import Iterator

import pytest
from picows import WSFrame, WSMsgType

from doubles.raw_websocket import CLOSE, PING, TEXT, frame
from doubles.raw_websocket import mask as unmask
from logstream.model.limits import READ_BUFFER_BYTES
from logstream.transport.framing import frame_text
from logstream.transport.picows_frames import FrameError, FrameMasker, FrameReader, FrameReaders


class Sink:
    def __init__(self) -> None:
        self.frames: list[tuple[WSMsgType, bytes]] = []

    def __call__(self, received: WSFrame) -> None:
        self.frames.append((received.msg_type, received.get_payload_as_bytes()))


def pieces(data: bytes, size: int) -> Iterator[memoryview]:
    view = memoryview(data)
    for start in range(0, len(data), size):
        yield view[start : start + size]


async def test_a_server_reads_masked_frames() -> None:
    reader, sink = FrameReader(client_side=False), Sink()
    assert reader.feed(memoryview(frame(TEXT, b"a") + frame(PING, b"b")), sink) is None
    assert sink.frames == [(WSMsgType.TEXT, b"a"), (WSMsgType.PING, b"b")]
    assert reader.is_as_new


async def test_a_client_reads_frames_that_are_not_masked() -> None:
    reader, sink = FrameReader(client_side=True), Sink()
    assert reader.feed(memoryview(frame_text(b"a") + frame_text(b"b" * 70_000)), sink) is None
    assert sink.frames == [(WSMsgType.TEXT, b"a"), (WSMsgType.TEXT, b"b" * 70_000)]


@pytest.mark.parametrize("size", [1, 2, 7, 1000, 65_536])
async def test_frames_come_out_whole_however_they_were_cut(size: int) -> None:
    reader, sink = FrameReader(client_side=False), Sink()
    payloads = [b"", b"x" * 125, b"y" * 126, b"z" * 1000]
    for piece in pieces(b"".join(frame(TEXT, payload) for payload in payloads), size):
        assert reader.feed(piece, sink) is None
    assert sink.frames == [(WSMsgType.TEXT, payload) for payload in payloads]


async def test_a_reader_says_how_much_of_a_frame_is_pending() -> None:
    reader, sink = FrameReader(client_side=False), Sink()
    data = frame(TEXT, b"whole") + frame(TEXT, b"x" * 300)[:100]
    reader.feed(memoryview(data), sink)
    assert reader.pending_bytes == 100
    assert not reader.is_as_new


async def test_whole_text_messages_can_be_gathered() -> None:
    """What is gathered is taken by the sink, before the frame that it is given."""
    texts: list[bytes] = []
    came: list[object] = []

    def sink(received: WSFrame) -> None:
        came.append(list(texts))
        came.append(received.get_payload_as_bytes())
        texts.clear()

    data = frame(TEXT, b"1") + frame(TEXT, b"2") + frame(PING, b"p") + frame(TEXT, b"3")
    data += frame(TEXT, b"4", final=False) + frame(TEXT, b"5", reserved=1) + frame(TEXT, b"6")
    assert FrameReader(client_side=False).feed(memoryview(data), sink, texts) is None
    assert came == [[b"1", b"2"], b"p", [b"3"], b"4", [], b"5"]
    assert texts == [b"6"]


@pytest.mark.parametrize("client_side", [False, True])
async def test_an_error_is_told_after_the_frames_before_it(client_side: bool) -> None:
    masked = not client_side
    reader, sink = FrameReader(client_side=client_side), Sink()
    data = frame(TEXT, b"good", masked=masked) + frame(5, masked=masked)
    error = reader.feed(memoryview(data + frame(TEXT, b"after", masked=masked)), sink)
    assert isinstance(error, FrameError)
    assert error.code == 1002
    assert "opcode" in error.reason
    assert sink.frames == [(WSMsgType.TEXT, b"good")]
    assert not reader.is_as_new


async def test_a_close_with_a_bad_reason_is_an_error_of_its_own_code() -> None:
    error = FrameReader(client_side=False).feed(memoryview(frame(CLOSE, b"\x03\xe8\xff")), Sink())
    assert error is not None
    assert error.code == 1007


async def test_a_reader_is_lent_again_when_it_holds_nothing() -> None:
    readers = FrameReaders(client_side=False)
    reader = readers.lend()
    assert readers.lend() is not reader
    readers.take_back(reader)
    assert readers.lend() is reader


async def test_a_reader_that_holds_something_is_not_lent_again() -> None:
    readers = FrameReaders(client_side=False)
    reader = readers.lend()
    reader.feed(memoryview(frame(TEXT, b"x")[:-1]), Sink())
    readers.take_back(reader)
    assert readers.lend() is not reader


async def test_a_reader_that_saw_a_close_is_not_lent_again() -> None:
    """picows takes a second close frame for an error, be it another connection's first."""
    readers = FrameReaders(client_side=False)
    reader = readers.lend()
    assert reader.feed(memoryview(frame(CLOSE, b"\x03\xe8")), Sink()) is None
    readers.take_back(reader)
    assert readers.lend() is not reader


async def test_the_beginning_of_a_frame_goes_on_in_a_reader_of_its_own() -> None:
    data, sink = frame(TEXT, b"x" * 5000), Sink()
    reader = FrameReaders(client_side=False).continue_with(memoryview(data[:3000]))
    assert reader.pending_bytes == 3000
    reader.feed(memoryview(data[3000:]), sink)
    assert sink.frames == [(WSMsgType.TEXT, b"x" * 5000)]


async def test_a_reader_that_grew_is_not_lent_again() -> None:
    readers = FrameReaders(client_side=False)
    reader = readers.lend()
    for piece in pieces(frame(TEXT, b"x" * 1_000_000), READ_BUFFER_BYTES):
        assert reader.feed(piece, Sink()) is None
    assert reader.pending_bytes == 0
    readers.take_back(reader)
    assert readers.lend() is not reader


async def test_a_whole_read_does_not_make_a_reader_grow() -> None:
    reader = FrameReader(client_side=False)
    small = frame(TEXT, b"x" * 100)
    reader.feed(memoryview((small * 1000)[: READ_BUFFER_BYTES // len(small) * len(small)]), Sink())
    assert reader.is_as_new


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536])
async def test_a_client_masks_what_it_writes(length: int) -> None:
    masker, sink = FrameMasker(), Sink()
    masker.write_text(b"x" * length)
    masker.write_control(PING, b"p")
    assert masker.frames[0][1] & 0x80
    assert FrameReader(client_side=False).feed(memoryview(b"".join(masker.frames)), sink) is None
    assert sink.frames == [(WSMsgType.TEXT, b"x" * length), (WSMsgType.PING, b"p")]


async def test_masks_differ_from_frame_to_frame_and_from_client_to_client() -> None:
    masks = set()
    for _ in range(10):
        masker = FrameMasker()
        masker.write_text(b"abc")
        masker.write_text(b"abc")
        masks |= {written[2:6] for written in masker.frames}
        assert [unmask(written[6:], written[2:6]) for written in masker.frames] == [b"abc"] * 2
    assert len(masks) == 20


async def test_a_masker_writes_on_after_a_close_frame() -> None:
    """A connection decides what follows a close, not the library."""
    masker = FrameMasker()
    masker.write_control(CLOSE, b"\x03\xe8")
    masker.write_text(b"x")
    assert len(masker.frames) == 2
