import pytest

from logstream.model.limits import HEAD_MAX_BYTES, HEADERS_MAX
from logstream.transport.http_head import BadHead, find_end, parse_head, tokens


@pytest.mark.parametrize(
    ("received", "end"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 18),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\nmore", 27),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", None),
        (b"G", None),
    ],
)
def test_a_head_ends_at_its_empty_line(received: bytes, end: int | None) -> None:
    assert find_end(received) == end


@pytest.mark.parametrize(
    ("received", "status"),
    [
        (b"G" * (HEAD_MAX_BYTES + 1), 431),
        (b"G" * (HEAD_MAX_BYTES + 1) + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400),
        (b"\x16\x03\x01", 400),
        (b"\0", 400),
        (b"\x81\x85", 400),
    ],
)
def test_what_cannot_be_a_head_is_refused_early(received: bytes, status: int) -> None:
    with pytest.raises(BadHead) as caught:
        find_end(received)
    assert caught.value.status == status


def test_a_head_has_a_first_line_and_headers_by_lower_case_name() -> None:
    head = parse_head(b"GET / HTTP/1.1\r\nHost: x\r\nX-A:1\r\nx-b:  two \t\r\nX-Empty:\r\n\r\n")
    assert head.start_line == "GET / HTTP/1.1"
    assert head.headers == {"host": "x", "x-a": "1", "x-b": "two", "x-empty": ""}
    assert head.repeated == set()


def test_several_lines_of_one_name_are_joined_and_told() -> None:
    head = parse_head(b"GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\na: 3\r\n\r\n")
    assert head.headers == {"a": "1, 3", "b": "2"}
    assert head.repeated == {"a"}


@pytest.mark.parametrize(
    "line",
    [b"no colon", b": no name", b"a b: c", b"a : b", b" folded", b"a: b\0c", b"a: b\nc: d", b""],
)
def test_a_line_that_is_no_header_is_refused(line: bytes) -> None:
    with pytest.raises(BadHead, match="no header"):
        parse_head(b"GET / HTTP/1.1\r\n" + line + b"\r\nHost: x\r\n\r\n")


def test_a_first_line_with_control_characters_is_refused() -> None:
    with pytest.raises(BadHead, match="control characters"):
        parse_head(b"GET /\0 HTTP/1.1\r\n\r\n")


def test_headers_are_counted() -> None:
    lines = b"".join(b"X-%d: a\r\n" % i for i in range(HEADERS_MAX))
    assert len(parse_head(b"GET / HTTP/1.1\r\n" + lines + b"\r\n").headers) == HEADERS_MAX
    with pytest.raises(BadHead) as caught:
        parse_head(b"GET / HTTP/1.1\r\n" + lines + b"Y: a\r\n\r\n")
    assert caught.value.status == 431


@pytest.mark.parametrize(
    ("value", "found"),
    [("", []), ("a", ["a"]), ("a,b", ["a", "b"]), (" a\t,, b ,", ["a", "b"]), (",", [])],
)
def test_a_comma_separated_header_has_tokens(value: str, found: list[str]) -> None:
    assert tokens(value) == found
