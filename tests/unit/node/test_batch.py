import pytest

from doubles.connections import unframe_all
from doubles.router_sides import frame_of
from logstream.errors import BadMessage
from logstream.model.source import Source
from logstream.node.batch import GapFrame, LinesFrame
from logstream.protocol.base_lines import BaseLineEncoder
from logstream.protocol.frame import Packed, decode_body, decode_header, divide, unpack
from logstream.protocol.messages import LinesBody

PHP = Source("srv-6", "php-error")


def lines(*texts: str, compressed: bool = False) -> LinesFrame:
    """Lines at A:100, A:110, ...; the generation is the second of the cursor."""
    body = LinesBody(
        at=[100, *[10] * (len(texts) - 1)],
        unix_time=[float(number) for number in range(len(texts))],
        http_status=[200 + number for number in range(len(texts))],
        request_id=[f"v-{number}" for number in range(len(texts))],
        cut={1: 999},
        text=list(texts),
    )
    end = 100 + 10 * len(texts)
    frame = LinesFrame(PHP, "", body, after="O:5,A:100", next=f"O:5,A:{end}~c", gen=1)
    if not compressed:
        return frame
    packed = frame.small_body()
    return LinesFrame(PHP, "", packed, after=frame.after, next=frame.next, gen=1, n=len(texts))


def texts(frame: LinesFrame) -> list[str]:
    return frame.columns().text


def test_a_frame_is_framed_once_for_all_receivers() -> None:
    frame = lines("a", "b", "c")
    assert frame.framed_as_it_came is frame.framed_as_it_came
    ((message, binary),) = unframe_all(frame.framed_as_it_came)
    assert not binary
    head, body = divide(message, binary=False)
    header = decode_header(head)
    assert (header.n, header.stream, header.id, header.gen) == (3, "", None, 1)
    assert body is not None
    assert decode_body(unpack(body)).text == ["a", "b", "c"]


def test_a_compressed_body_travels_in_a_binary_message_and_can_be_inflated() -> None:
    """S2."""
    frame = lines(*("x" * 99 for _ in range(99)), compressed=True)
    assert frame.compressed
    ((_, binary),) = unframe_all(frame.framed_as_it_came)
    assert binary
    plain = frame.plain_body()
    assert plain is not None
    assert not plain.compressed
    assert decode_body(plain.data) == frame.columns()


def test_a_page_has_an_id_and_no_stream() -> None:
    """S3."""
    message, _ = lines("a", "b").message(None, page=7)
    header = decode_header(message)
    assert (header.id, header.stream) == (7, None)


def test_a_slice_begins_at_the_first_line_after_the_cursor() -> None:
    """S5: slicing a batch if the cursor lies inside one."""
    whole = lines("a", "b", "c", "d")
    part = whole.sliced_from("O:5,A:110")
    assert texts(part) == ["b", "c", "d"]
    columns = part.columns()
    assert columns.at == [110, 10, 10]
    assert columns.unix_time == [1.0, 2.0, 3.0]
    assert columns.http_status == [201, 202, 203]
    assert columns.request_id == ["v-1", "v-2", "v-3"]
    assert columns.cut == {0: 999}
    assert (part.after, part.next, part.gen) == ("O:5,A:110", whole.next, 1)


@pytest.mark.parametrize(("offset", "rest"), [(101, "bcd"), (111, "cd"), (130, "d"), (100, "abcd")])
def test_a_slice_of_lines_of_which_some_were_filtered_out(offset: int, rest: str) -> None:
    assert texts(lines("a", "b", "c", "d").sliced_from(f"O:5,A:{offset}")) == list(rest)


def test_a_slice_without_lines_is_progress() -> None:
    """S8."""
    part = lines("a", "b").sliced_from("O:5,A:115")
    assert (part.n, part.body, part.gen) == (0, None, None)
    assert (part.after, part.next) == ("O:5,A:115", "O:5,A:120~c")


def test_base_lines_show_what_was_cut() -> None:
    first, second = lines("a", "b").base_lines(BaseLineEncoder(PHP), now_s=1.0)
    assert b'"text":"a"' in first
    assert b"[cut, 999 bytes]" in second


@pytest.mark.parametrize(
    "body",
    [
        Packed(b"x", compressed=False),
        Packed(b"x", compressed=True),
        Packed(b'{"at":[],"unix_time":[],"text":[]}', compressed=False),
    ],
    ids=["no JSON", "no zstd", "too few"],
)
def test_a_body_that_is_none_is_noticed_when_it_is_needed(body: Packed) -> None:
    frame = LinesFrame(PHP, "", body, after="A:0", next="A:10", gen=0, n=2)
    with pytest.raises(BadMessage):
        frame.columns()
    with pytest.raises(BadMessage):
        frame.sliced_from("A:5")


def test_frames_can_be_those_of_another_stream() -> None:
    frame = lines("a").on_stream("f1")
    assert frame.stream == "f1"
    gap = GapFrame(PHP, "", after="A:0", next="A:9", reason="lost", why="removed", size_bytes=9)
    assert gap.on_stream("f1").stream == "f1"
    assert gap.moved(after="A:1").after == "A:1"
    assert b'"id":7' in gap.message(page=7)
    assert b'"why":"removed","bytes":9' in gap.message()


def test_what_a_frame_takes_is_known() -> None:
    assert frame_of(PHP, "x" * 1000).size_bytes > frame_of(PHP, "x").size_bytes + 900
