import pytest

from logstream.tail.splitter import decode_cut, decode_rest, leading_nuls, split


@pytest.mark.parametrize(
    ("block", "texts"),
    [
        (b"a\nb\n", ["a", "b"]),
        (b"\n\n", ["", ""]),
        (b"a\r\nb\n", ["a", "b"]),
        (b"a\r\r\n", ["a\r"]),
        (b"a\rb\n", ["a\rb"]),
        (b"\0\0a\0b\n\0\n", ["a\0b", ""]),
        ("é…\n".encode(), ["é…"]),
        (b"a\xffb\nc\n", ["a\ufffdb", "c"]),
        (b"torn \xe2\x82\nwhole \xe2\x82\xac\n", ["torn \ufffd", "whole €"]),
        (b"surrogate \xed\xa0\x80\n", ["surrogate \ufffd\ufffd\ufffd"]),
        (b"\x0b\x0c\x1c\x85\xc2\x85\xe2\x80\xa8\n", ["\x0b\x0c\x1c\ufffd\x85\u2028"]),
    ],
)
def test_each_lf_ends_one_line_and_nothing_else_does(block: bytes, texts: list[str]) -> None:
    assert split(block) == texts


def test_a_rest_has_no_line_end_to_take_off() -> None:
    assert decode_rest(b"\0\0a\xff\r") == "a\ufffd\r"


@pytest.mark.parametrize(
    ("head", "text"),
    [(b"ab", "ab"), (b"ab\xe2\x82", "ab"), (b"ab\xf0\x9f\x98", "ab"), (b"a\xffb", "a\ufffdb")],
)
def test_a_cut_does_not_leave_half_a_character(head: bytes, text: str) -> None:
    assert decode_cut(head) == text


def test_leading_nuls_are_counted() -> None:
    assert leading_nuls(b"\0\0a\0") == 2
    assert leading_nuls(b"\0\0") == 2
    assert leading_nuls(b"") == 0
