import gzip
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from logstream.model.limits import RECORD_MAX_BYTES
from logstream.tail.opened import OpenedFile
from logstream.tail.scan import PIECE_MIN_BYTES, SYNC_MAX_BYTES, Piece, Scan, lines_at


class Indented:
    def starts(self, lines: Sequence[str]) -> list[bool]:
        return [not line.startswith(" ") for line in lines]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log"


def opened(path: Path, data: bytes) -> OpenedFile:
    path.write_bytes(data)
    return OpenedFile.at(str(path), plain=False)


def onward(scan: Scan, position: int = 0) -> Iterator[Piece]:
    while scan.end is None or position < scan.end:
        piece = scan.forward(position, PIECE_MIN_BYTES)
        if piece is not None:
            position = piece.end
            yield piece


def backward(scan: Scan) -> Iterator[Piece]:
    while not scan.settle():
        pass
    position = scan.end or 0
    while position > scan.start:
        piece = scan.backward(position, PIECE_MIN_BYTES)
        if piece is not None:
            position = piece.start
            yield piece


def texts(scan: Scan, pieces: Iterator[Piece]) -> list[str]:
    return [text for piece in pieces for text in scan.records(piece).texts]


def test_a_range_ends_where_it_is_told_to(path: Path) -> None:
    """S9: lines that start in [after, before)."""
    file = opened(path, b"one\ntwo\nthree\nfour")
    scan = Scan(file, 4, 14)
    assert texts(scan, onward(scan, 4)) == ["two", "three"]
    assert texts(scan, backward(Scan(file, 4, 14))) == ["two", "three"]
    file.close()


def test_a_rest_without_lf_is_a_record_of_its_own(path: Path) -> None:
    """S11: the tail of a generation that is superseded."""
    file = opened(path, b"one\n  and more\n  rest")
    for way in (onward, backward):
        scan = Scan(file, 0, None, Indented())
        given = [scan.records(piece).texts for piece in way(scan)]
        assert sorted(given) == [["  rest"], ["one\n  and more"]]
    file.close()


def test_a_long_line_is_cut_and_says_how_long_it_was(path: Path) -> None:
    """S11."""
    long = b"x" * (3 * RECORD_MAX_BYTES)
    file = opened(path, b"one\n" + long + b"\r\ntwo\n")
    scan = Scan(file, 0, None)
    records = [scan.records(piece) for piece in onward(scan)]
    assert [text[:3] for each in records for text in each.texts] == ["one", "xxx", "two"]
    assert [each.cut for each in records if each.cut] == [{0: len(long)}]
    assert len(records[1].texts[0]) == RECORD_MAX_BYTES
    file.close()


@pytest.mark.parametrize("way", [onward, backward], ids=["onward", "backward"])
def test_a_hole_before_a_line_belongs_to_no_text(path: Path, way: object) -> None:
    """S11: a writer without O_APPEND leaves it on truncation."""
    file = opened(path, b"one\n" + b"\0" * 400_000 + b"two\nthree\n")
    scan = Scan(file, 0, None)
    pieces = list(onward(scan) if way is onward else backward(scan))
    assert {text for piece in pieces for text in scan.records(piece).texts} == {
        "one",
        "two",
        "three",
    }
    file.close()


def test_reading_backward_finds_the_start_of_a_record(path: Path) -> None:
    records = [b"record %d\n" % number + b" more\n" * (number % 50) for number in range(3000)]
    file = opened(path, b"".join(records))
    scan = Scan(file, 0, None, Indented())
    pieces = list(backward(scan))
    assert len(pieces) > 1
    given = [text for piece in reversed(pieces) for text in scan.records(piece).texts]
    assert given == [record.decode()[:-1] for record in records]
    file.close()


def test_where_no_record_starts_far_back_lines_are_grouped_all_the_same(path: Path) -> None:
    lines = b"start\n" + b" more\n" * (SYNC_MAX_BYTES // 3)
    file = opened(path, lines)
    scan = Scan(file, 0, None, Indented())
    pieces = list(backward(scan))
    assert sum(piece.end - piece.start for piece in pieces) == len(lines)
    joined = "\n".join(text for piece in reversed(pieces) for text in scan.records(piece).texts)
    assert joined.encode() + b"\n" == lines
    file.close()


def test_a_compressed_file_is_read_from_either_end(tmp_path: Path) -> None:
    lines = [b"line %d" % number for number in range(200_000)]
    file = opened(tmp_path / "log.1.gz", gzip.compress(b"\n".join(lines)))
    scan = Scan(file, 0, None)
    assert scan.settle() is False
    expected = [line.decode() for line in lines]
    assert texts(scan, onward(scan)) == expected
    given = [text for piece in reversed(list(backward(scan))) for text in scan.records(piece).texts]
    assert given == expected
    file.close()


def test_a_file_that_is_shorter_than_it_was_is_told(path: Path) -> None:
    file = opened(path, b"one\ntwo\n")
    scan = Scan(file, 0, 8)
    os.truncate(path, 3)
    with pytest.raises(OSError, match="shorter"):
        scan.backward(8, PIECE_MIN_BYTES)
    with pytest.raises(OSError, match="shorter"):
        scan.forward(0, PIECE_MIN_BYTES)
    file.close()


def test_a_piece_gives_what_a_check_is_over(path: Path) -> None:
    """S4."""
    data = b"".join(b"line %d of many\n" % number for number in range(100))
    file = opened(path, data)
    scan = Scan(file, 0, None)
    (piece,) = onward(scan)
    assert piece.before(32) == data[:32]
    assert piece.before(len(data)) == data[-64:]
    (later,) = onward(scan, 160)
    assert later.before(160 + 16) is None
    assert later.before(160 + 64) == data[160 : 160 + 64]
    file.close()


def test_offsets_count_what_is_taken_off() -> None:
    assert lines_at(0, b"\xef\xbb\xbfone\r\n\0two\n") == (["one", "two"], [0, 8, 13])
    assert lines_at(10, "ö\nx\n".encode()) == (["ö", "x"], [10, 13, 15])
