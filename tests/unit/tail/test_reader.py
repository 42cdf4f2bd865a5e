import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from logstream.model.limits import BATCH_MAX_BYTES, RECORD_MAX_BYTES, RECORD_WAIT_S
from logstream.tail.opened import OpenedFile
from logstream.tail.reader import STEPS_MAX, TRUNCATED, Block, Reader


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    path.touch()
    return path


@pytest.fixture
def reader(path: Path) -> Iterator[Reader]:
    reader = Reader(OpenedFile(os.open(path, os.O_RDONLY)))
    yield reader
    reader.close()


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def texts(reader: Reader) -> list[str]:
    got: list[str] = []
    while (block := reader.read()) is not None:
        if block is TRUNCATED:  # whoever follows the file begins again
            Reader.__init__(reader, reader.file)
        got += block.texts
    return got


def test_lines_come_as_they_are_written(path: Path, reader: Reader) -> None:
    assert reader.read() is None
    append(path, b"one\ntwo\n")
    assert texts(reader) == ["one", "two"]
    append(path, b"three\r\n")
    assert texts(reader) == ["three"]
    assert reader.caught_up


def test_a_partial_line_waits_for_its_newline(path: Path, reader: Reader) -> None:
    append(path, b"one\ntw")
    assert texts(reader) == ["one"]
    assert reader.caught_up
    append(path, b"o \xe2\x82")
    assert texts(reader) == []
    append(path, b"\xac\r")
    assert texts(reader) == []
    append(path, b"\n")
    assert texts(reader) == ["two €"]


def test_one_read_gives_no_more_than_a_batch(path: Path, reader: Reader) -> None:
    line = b"x" * 999 + b"\n"
    append(path, line * 100)
    lines = reader.read()
    assert lines is not None
    assert len(lines.texts) == BATCH_MAX_BYTES // 1000
    assert len(texts(reader)) == 100 - len(lines.texts)


@pytest.mark.parametrize(
    ("start", "texts_expected"),
    [
        (b"\xef\xbb\xbfone\ntwo\n", ["one", "two"]),
        (b"one\n\xef\xbb\xbftwo\n", ["one", "\ufefftwo"]),
        (b"\xef\xbb\xbf\n", [""]),
        (b"\0\0one\n\0two\n", ["one", "two"]),
    ],
)
def test_what_is_no_text_at_the_start_comes_off(
    path: Path, reader: Reader, start: bytes, texts_expected: list[str]
) -> None:
    append(path, start)
    assert texts(reader) == texts_expected


def test_a_byte_order_mark_comes_off_before_its_line_is_whole(path: Path, reader: Reader) -> None:
    for piece in (b"\xef\xbb", b"\xbf", b"one"):
        append(path, piece)
        assert texts(reader) == []
    append(path, b"\n")
    assert texts(reader) == ["one"]


# --- long lines ---------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("length", [BATCH_MAX_BYTES - 1, BATCH_MAX_BYTES, RECORD_MAX_BYTES])
def test_a_line_up_to_the_limit_is_whole(
    path: Path, reader: Reader, length: int, end: bytes
) -> None:
    append(path, b"x" * length + end + b"next\n")
    lines = reader.read()
    assert lines is not None
    assert (lines.texts[0], lines.cut) == ("x" * length, {})
    assert texts(reader) == ["next"][len(lines.texts) - 1 :]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("excess", [1, 2, BATCH_MAX_BYTES, 3 * RECORD_MAX_BYTES])
def test_a_longer_line_is_cut_and_says_how_long_it_was(
    path: Path, reader: Reader, excess: int, end: bytes
) -> None:
    append(path, b"one\n" + b"x" * (RECORD_MAX_BYTES + excess))
    assert texts(reader) == ["one"]
    append(path, end + b"next\n")
    lines = reader.read()
    assert lines is not None
    assert lines.texts == ["x" * RECORD_MAX_BYTES]
    assert lines.cut == {0: RECORD_MAX_BYTES + excess}
    assert texts(reader) == ["next"]


def test_a_cut_falls_between_characters(path: Path, reader: Reader) -> None:
    append(path, b"x" + "€".encode() * RECORD_MAX_BYTES + b"\n")
    lines = reader.read()
    assert lines is not None
    assert lines.texts == ["x" + "€" * ((RECORD_MAX_BYTES - 1) // 3)]
    assert lines.cut == {0: 1 + 3 * RECORD_MAX_BYTES}


def test_a_huge_line_is_passed_over_in_turns(path: Path, reader: Reader) -> None:
    length = BATCH_MAX_BYTES * (STEPS_MAX * 2 + 3)
    append(path, b"x" * length)
    turns = 0
    while (lines := reader.read()) is not None:
        assert lines.texts == []
        turns += 1
    assert turns == 2
    append(path, b"\nnext\n")
    lines = reader.read()
    assert lines is not None
    assert lines.cut == {0: length}
    assert texts(reader) == ["next"]


def test_a_hole_of_nuls_gives_nothing(path: Path, reader: Reader) -> None:
    with path.open("r+b") as file:
        file.seek(3_000_000_000)
        file.write(b"one\n")
    assert texts(reader) == ["one"]


def test_written_nuls_give_nothing(path: Path, reader: Reader) -> None:
    append(path, b"\0" * (3 * BATCH_MAX_BYTES + 5))
    assert texts(reader) == []
    append(path, b"one\n")
    assert texts(reader) == ["one"]


# --- truncation ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", [b"", b"new\n", b"new one\n", b"new line, much longer than the old one\nand more\n"]
)
def test_a_truncated_file_is_read_from_its_start(
    path: Path, reader: Reader, content: bytes
) -> None:
    append(path, b"old one\n")
    assert texts(reader) == ["old one"]
    path.write_bytes(content)
    assert texts(reader) == content.decode().splitlines()


def test_the_unfinished_line_of_a_truncated_file_is_gone(path: Path, reader: Reader) -> None:
    append(path, b"old\nunfinished")
    assert texts(reader) == ["old"]
    path.write_bytes(b"")
    append(path, b"new\n")
    assert texts(reader) == ["new"]


def test_an_unfinished_line_that_alone_was_truncated_is_gone(path: Path, reader: Reader) -> None:
    append(path, b"old\nunfinished")
    assert texts(reader) == ["old"]
    os.truncate(path, 4)
    append(path, b"a\nlonger than before\nun")
    assert texts(reader) == ["a", "longer than before"]


def test_truncation_shows_though_the_last_bytes_are_the_same(path: Path, reader: Reader) -> None:
    same = b"x" * 100 + b"\n"
    append(path, b"old\n" + same)
    texts(reader)
    path.write_bytes(b"new\n" + same + b"more\n")
    assert texts(reader) == ["new", "x" * 100, "more"]


def test_truncation_shows_though_the_beginning_is_the_same(path: Path, reader: Reader) -> None:
    same = b"#Fields: a b c " + b"x" * 2000 + b"\n"
    append(path, same + b"old\n")
    texts(reader)
    path.write_bytes(same + b"new\nmore\n")
    assert texts(reader)[1:] == ["new", "more"]


def test_truncation_within_a_huge_line_is_followed(path: Path, reader: Reader) -> None:
    append(path, b"x" * (RECORD_MAX_BYTES * 2))
    assert texts(reader) == []
    path.write_bytes(b"y" * (RECORD_MAX_BYTES * 3) + b"\nnew\n")
    got = texts(reader)
    assert [text[:1] for text in got] == ["y", "n"]


def test_a_touched_file_is_not_read_again(path: Path, reader: Reader) -> None:
    append(path, b"one\n")
    texts(reader)
    os.utime(path, (1, 1))
    assert reader.read() is None


# --- where to begin -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "first"),
    [
        (b"", "+"),
        (b"unfinished", "unfinished+"),
        (b"old\n", "+"),
        (b"old\nunfinished", "unfinished+"),
        (b"x" * RECORD_MAX_BYTES, "x" * RECORD_MAX_BYTES),
        (b"old\n" + b"x" * RECORD_MAX_BYTES, "x" * RECORD_MAX_BYTES),
        (b"\n" * 10 + b"x" * (RECORD_MAX_BYTES + 1), "x" * RECORD_MAX_BYTES),
    ],
)
def test_the_end_is_the_start_of_the_unfinished_line(
    path: Path, reader: Reader, content: bytes, first: str
) -> None:
    append(path, content)
    reader.skip_to_end()
    assert reader.read() is None
    append(path, b"+\nnext\n")
    assert texts(reader)[0] == first


def test_the_end_may_have_been_earlier(path: Path, reader: Reader) -> None:
    append(path, b"one\ntwo\nthree\n")
    reader.skip_to_end(6)
    assert texts(reader) == ["two", "three"]


def test_reading_goes_on_at_a_place_of_another_reader(path: Path, reader: Reader) -> None:
    append(path, b"one\ntwo")
    assert texts(reader) == ["one"]
    append(path, b" and three\n")
    other = Reader(OpenedFile(os.open(path, os.O_RDONLY)), None, reader.place)
    assert texts(other) == ["two and three"]
    other.close()


def test_reading_does_not_go_on_in_other_content(path: Path, reader: Reader) -> None:
    append(path, b"one\n")
    texts(reader)
    path.write_bytes(b"two\n")
    other = Reader(OpenedFile(os.open(path, os.O_RDONLY)), None, reader.place)
    assert other.read() is TRUNCATED
    other.close()


# --- the end of a file --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rest", "last"),
    [
        (b"rest", ["rest"]),
        (b"rest\xe2\x82", ["rest\ufffd"]),
        (b"\0\0rest", ["rest"]),
        (b"\0\0", []),
        (b"", []),
        (b"x" * RECORD_MAX_BYTES, ["x" * RECORD_MAX_BYTES]),
        (b"x" * (RECORD_MAX_BYTES + 9), ["x" * RECORD_MAX_BYTES]),
    ],
)
def test_a_finished_file_gives_its_last_line_without_newline(
    path: Path, reader: Reader, rest: bytes, last: list[str]
) -> None:
    append(path, b"one\n" + rest)
    assert texts(reader) == ["one"]
    assert reader.finish() is bool(rest.strip(b"\0") or rest)
    assert texts(reader) == last
    assert not reader.finish()
    assert texts(reader) == []


def test_a_finished_file_that_grows_after_all_is_not_finished(path: Path, reader: Reader) -> None:
    append(path, b"un")
    assert texts(reader) == []
    assert reader.finish()
    append(path, b"fin")
    assert texts(reader) == []
    append(path, b"ished\n")
    assert texts(reader) == ["unfinished"]


def test_a_finished_file_says_how_long_its_cut_line_was(path: Path, reader: Reader) -> None:
    append(path, b"x" * (RECORD_MAX_BYTES + 9))
    assert texts(reader) == []
    reader.finish()
    lines = reader.read()
    assert lines is not None
    assert lines.cut == {0: RECORD_MAX_BYTES + 9}


def test_a_file_whose_beginning_was_seen_is_known_by_it(path: Path, reader: Reader) -> None:
    append(path, b"one\ntwo")
    assert reader.see_head() == b"one\ntwo"
    path.write_bytes(b"three\nfour\n")
    assert reader.read() is TRUNCATED


# --- offsets ------------------------------------------------------------------------------------


def test_each_record_says_where_it_starts(path: Path, reader: Reader) -> None:
    """Rule S4: offsets are in bytes, whatever they are in characters."""
    append(path, b"one\r\ntwo\n\nfour\n")
    block = reader.read()
    assert block is not None
    assert block.offsets == [0, 5, 9, 10]
    append(path, "é\n\0\0x\ny\n".encode())
    assert reader.read() == Block(["é", "x", "y"], [15, 18, 22], {})
    append(path, b"x" * (RECORD_MAX_BYTES + 1) + b"\nz\n")
    assert [block.offsets for block in iter(reader.read, None) if block.texts] == [
        [24],
        [24 + RECORD_MAX_BYTES + 2],
    ]


# --- records of several lines -------------------------------------------------------------------


class Indented:
    """A line that begins with a blank belongs to the record before it."""

    def starts(self, lines: Sequence[str]) -> list[bool]:
        return [not line.startswith(" ") for line in lines]


@pytest.fixture
def grouped(path: Path) -> Iterator[Reader]:
    reader = Reader(OpenedFile(os.open(path, os.O_RDONLY)), Indented())
    yield reader
    reader.close()


def test_lines_of_a_record_come_together(path: Path, grouped: Reader) -> None:
    append(path, b"one\n 1\n 2\ntwo\nthree\n 3\nfour\n")
    assert grouped.read(0.0) == Block(["one\n 1\n 2", "two", "three\n 3"], [0, 10, 14], {})


def test_a_record_that_may_go_on_is_waited_for(path: Path, grouped: Reader) -> None:
    append(path, b"one\n")
    assert grouped.read(0.0) is None
    waited = [grouped.waits_since_s]
    append(path, b" 1\n")
    assert grouped.read(RECORD_WAIT_S - 0.01) is None
    assert grouped.read(RECORD_WAIT_S) is None, "it was written to meanwhile"
    assert grouped.read(2 * RECORD_WAIT_S) == Block(["one\n 1"], [0], {})
    assert [*waited, grouped.waits_since_s] == [0.0, None]
    assert grouped.read(10.0) is None


def test_a_record_waits_though_the_next_line_is_not_whole(path: Path, grouped: Reader) -> None:
    append(path, b"one\n 1")
    assert grouped.read(0.0) is None
    append(path, b"\ntwo\n")
    assert grouped.read(0.1) == Block(["one\n 1"], [0], {})


def test_a_record_has_a_bound_in_bytes(path: Path, grouped: Reader) -> None:
    line = b" " + b"x" * 1022 + b"\n"
    append(path, line * 300)
    blocks = [block for block in iter(lambda: grouped.read(0.0), None) if block.texts]
    lines_each = RECORD_MAX_BYTES // len(line)
    assert [text.count("\n") + 1 for block in blocks for text in block.texts] == [lines_each] * 2
    assert [block.offsets for block in blocks] == [[0], [lines_each * len(line)]]


def test_a_finished_file_waits_for_nothing(path: Path, grouped: Reader) -> None:
    append(path, b"one\n 1\n")
    assert grouped.read(0.0) is None
    grouped.finish()
    assert grouped.read(0.0) == Block(["one\n 1"], [0], {})
