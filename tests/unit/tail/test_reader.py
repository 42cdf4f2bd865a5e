import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from logstream.model.limits import BATCH_MAX_BYTES, RECORD_MAX_BYTES
from logstream.tail.identity import START
from logstream.tail.reader import FORMER_HEADS_MAX, RESTARTED, STEPS_MAX, Reader


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    path.touch()
    return path


@pytest.fixture
def reader(path: Path) -> Iterator[Reader]:
    reader = Reader(os.open(path, os.O_RDONLY))
    yield reader
    reader.close()


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def texts(reader: Reader) -> list[str]:
    got: list[str] = []
    while (lines := reader.read()) is not None:
        got += lines.texts
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
    assert reader.former_heads == [b"old one\n"]


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
        (b"\n" * 10 + b"x" * (RECORD_MAX_BYTES + 1), "next"),
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


def test_an_unfinished_line_that_is_too_long_is_given_up_though_it_goes_on(
    path: Path, reader: Reader
) -> None:
    append(path, b"x" * (RECORD_MAX_BYTES + 2))
    reader.skip_to_end()
    for piece in (b"x" * (RECORD_MAX_BYTES + 1), b"x"):
        append(path, piece)
        assert texts(reader) == []
    append(path, b"\none\n")
    assert texts(reader) == ["one"]


def test_the_end_may_have_been_earlier(path: Path, reader: Reader) -> None:
    append(path, b"one\ntwo\nthree\n")
    reader.skip_to_end(6)
    assert texts(reader) == ["two", "three"]


def test_reading_goes_on_at_a_place_of_another_reader(path: Path, reader: Reader) -> None:
    append(path, b"one\ntwo")
    assert texts(reader) == ["one"]
    append(path, b" and three\n")
    other = Reader(os.open(path, os.O_RDONLY))
    assert other.resume(reader.place)
    assert texts(other) == ["two and three"]
    other.close()


def test_reading_does_not_go_on_in_other_content(path: Path, reader: Reader) -> None:
    append(path, b"one\n")
    texts(reader)
    path.write_bytes(b"two\n")
    other = Reader(os.open(path, os.O_RDONLY))
    assert not other.resume(reader.place)
    assert other.place == START
    assert texts(other) == ["two"]
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


def test_a_file_that_begins_otherwise_than_expected_was_truncated(
    path: Path, reader: Reader
) -> None:
    append(path, b"one\ntwo")
    reader.expect(reader.beginning())
    append(path, b"\n")
    assert reader.read() == (["one", "two"], {})
    assert reader.place.head == b"one\ntwo\n"
    other = Reader(os.open(path, os.O_RDONLY))
    other.expect(other.beginning())
    path.write_bytes(b"three\nfour\n")
    assert other.read() is RESTARTED
    assert other.read() == (["three", "four"], {})
    other.close()


def test_a_reader_knows_whether_its_file_still_has_a_name(path: Path, reader: Reader) -> None:
    assert reader.exists
    path.rename(path.with_name("other"))
    assert reader.exists
    path.with_name("other").unlink()
    assert not reader.exists


def test_a_reader_remembers_only_some_former_beginnings(path: Path, reader: Reader) -> None:
    for number in range(FORMER_HEADS_MAX + 2):
        path.write_text(f"{number}\n")
        texts(reader)
    assert reader.former_heads == [b"%d\n" % number for number in range(1, FORMER_HEADS_MAX + 1)]


def test_beginnings_are_what_a_copy_may_begin_with(path: Path, reader: Reader) -> None:
    append(path, b"old\n")
    texts(reader)
    path.write_bytes(b"new\nunfinished")
    texts(reader)
    assert reader.heads == [b"new\n", b"old\n"]
    assert reader.beginning() == b"new\nunfinished"
