import pytest

from logstream.client.line_columns import LineColumns, read_columns
from logstream.errors import BadMessage
from logstream.model.limits import FRAME_MAX_BYTES
from logstream.model.source import Source
from logstream.protocol.frame import Packed, encode_body, pack
from logstream.protocol.messages import LinesBody, LinesHeader

PHP = Source("srv-1", "php-error")


def header(**changes: object) -> LinesHeader:
    values: dict[str, object] = {
        "server": "srv-1",
        "type": "php-error",
        "n": 3,
        "after": "a:5,b:10~x",
        "next": "a:5,b:40~y",
        "gen": 1,
        "stream": "",
        **changes,
    }
    return LinesHeader(**values)  # type: ignore[arg-type]


BODY = LinesBody(
    at=[10, 10, 12],
    unix_time=[1.5, None, -4.0],
    text=["one", "two", "three"],
    http_status=[200, None, 404],
    request_id=["r", None, None],
    cut={1: 5000},
)


def columns(**changes: object) -> LineColumns:
    body = Packed(encode_body(BODY), compressed=False)
    return read_columns(PHP, header(**changes), body, filtered=True)


def test_each_line_has_the_cursor_before_the_next_one() -> None:
    read = columns()
    assert [read.cursor(i) for i in range(3)] == ["a:5,b:20", "a:5,b:32", "a:5,b:40~y"]
    assert read.end == "a:5,b:40~y"


def test_a_part_is_as_the_whole() -> None:
    part = columns().part(1, 3).part(0, 1)
    assert list(part.text) == ["two"]
    assert part.end == "a:5,b:32"
    assert part.cut == {0: 5000}
    assert part.http_status == [None]
    assert part.request_id == [None]


def test_the_part_that_is_all_is_the_same() -> None:
    read = columns()
    assert read.part(0, 3) is read


def test_lines_are_shown_as_the_base_protocol_would() -> None:
    first, second, third = columns().lines()
    assert (first.unix_time, first.disp_time) == (1, "1970-01-01 00:00:01")
    assert (first.http_status, first.request_id, first.cursor) == (200, "r", "a:5,b:20")
    assert second.text == "two …[cut, 5000 bytes]"
    assert (second.unix_time, second.disp_time) == (None, "")
    assert (third.unix_time, third.log_type, third.server) == (None, "php-error", "srv-1")


@pytest.mark.parametrize("changes", [{"n": 2}, {"gen": None}, {"gen": 2}, {"gen": -1}], ids=str)
def test_a_body_that_is_not_as_its_header_says_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(BadMessage):
        columns(**changes)


def test_a_cut_of_no_line_is_refused() -> None:
    body = encode_body(LinesBody(at=[1], unix_time=[None], text=["x"], cut={1: 5}))
    with pytest.raises(BadMessage, match="cut"):
        read_columns(PHP, header(n=1), Packed(body, compressed=False), filtered=True)


def test_a_bomb_is_refused_before_it_is_inflated() -> None:
    bomb = pack(b" " * (FRAME_MAX_BYTES * 50))
    assert len(bomb.data) < 10_000
    with pytest.raises(BadMessage, match="over"):
        read_columns(PHP, header(), bomb, filtered=True)


def test_a_compressed_body_is_read() -> None:
    body = encode_body(LinesBody(at=[1] * 999, unix_time=[None] * 999, text=["x" * 99] * 999))
    packed = pack(body)
    assert packed.compressed
    assert len(read_columns(PHP, header(n=999), packed, filtered=True)) == 999


def test_no_lines_end_where_they_say() -> None:
    assert LineColumns(PHP, text=[], unix_time=[], next_cursor="a:1").end == "a:1"


@pytest.mark.parametrize("at", [[-1], [10**18]], ids=["before", "beyond"])
def test_a_place_outside_of_any_file_is_refused(at: list[int]) -> None:
    body = encode_body(LinesBody(at=at, unix_time=[None], text=["x"]))
    with pytest.raises(BadMessage, match="outside"):
        read_columns(PHP, header(n=1), Packed(body, compressed=False), filtered=True)
