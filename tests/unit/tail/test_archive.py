import gzip
import os
from pathlib import Path

import pytest

from logstream.errors import BadCursor, InvertedRange
from logstream.tail.archive import Archive
from logstream.tail.base import Records
from logstream.tail.source_tail import SourceTail


def archive(directory: Path) -> Archive:
    return Archive([str(directory / "*.log")])


def texts(directory: Path, after: str | None, before: str | None) -> list[str]:
    """Give the bytes of each stretch, or why it is lost."""
    found = []
    for stretch in archive(directory).stretches(after, before):
        if stretch.lost is not None:
            found.append(f"LOST {stretch.lost.why}")
            continue
        content = stretch.open()
        end = 10**6 if stretch.end is None else stretch.end
        found.append(content.pread(stretch.start, end - stretch.start).decode())
        content.close()
    return found


def tail_to_end(directory: Path, after: str | None = "") -> str:
    """Read on from a cursor; give the cursor behind the last record."""
    tail = SourceTail([str(directory / "*.log")])
    tail.open(after, now_s=0.0)
    while tail.read(0.0) is not None:
        pass
    tail.close()
    return tail.cursor


def test_everything_is_there_the_oldest_first(tmp_path: Path) -> None:
    (tmp_path / "a.log.2.gz").write_bytes(gzip.compress(b"one\n"))
    (tmp_path / "a.log.1").write_bytes(b"two\n")
    (tmp_path / "a.log").write_bytes(b"three\nunfinished")
    assert texts(tmp_path, None, None) == ["one\n", "two\n", "three\n"]


def test_a_range_between_two_cursors_of_the_live_stream(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"one\n")
    first = tail_to_end(tmp_path)
    with (tmp_path / "a.log").open("ab") as file:
        file.write(b"two\n")
    (tmp_path / "a.log").rename(tmp_path / "a.log.1")
    (tmp_path / "a.log").write_bytes(b"three\n")
    second = tail_to_end(tmp_path, first)
    with (tmp_path / "a.log").open("ab") as file:
        file.write(b"four\n")
    assert texts(tmp_path, first, second) == ["two\n", "three\n"]
    assert texts(tmp_path, "", first) == ["one\n"]
    assert texts(tmp_path, second, None) == ["four\n"]
    assert texts(tmp_path, second, second) == []
    with pytest.raises(InvertedRange):
        texts(tmp_path, second, first)


def test_pages_meet_the_live_stream_while_files_are_rotated(tmp_path: Path) -> None:
    """Walked through in the protocol: history while the file rotates. Rule S9."""
    (tmp_path / "a.log").write_bytes(b"one\ntwo\nthree\n")
    live = tail_to_end(tmp_path)
    (stretch,) = archive(tmp_path).stretches(None, live)
    before = stretch.cursor_at(8)
    (tmp_path / "a.log").rename(tmp_path / "a.log.1")
    assert texts(tmp_path, None, before) == ["one\ntwo\n"]
    (tmp_path / "a.log.1.gz").write_bytes(gzip.compress((tmp_path / "a.log.1").read_bytes()))
    (tmp_path / "a.log.1").unlink()
    assert texts(tmp_path, None, before) == ["one\ntwo\n"]
    assert texts(tmp_path, before, live) == ["three\n"]


def test_each_cursor_inside_divides_all_there_is(tmp_path: Path) -> None:
    (tmp_path / "a.log.2").write_bytes(b"1\n2\n")
    (tmp_path / "a.log.1").write_bytes(b"3\n4\n")
    (tmp_path / "a.log").write_bytes(b"5\n6\n")
    (tmp_path / "b.log").write_bytes(b"7\n8\n")
    for age, name in enumerate(("b.log", "a.log", "a.log.1", "a.log.2")):
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    whole = "".join(texts(tmp_path, None, None))
    seen = 0
    for stretch in archive(tmp_path).stretches(None, None):
        for offset in (0, 2):
            cursor = stretch.cursor_at(offset)
            assert "".join(texts(tmp_path, None, cursor)) == whole[: seen + offset]
            assert "".join(texts(tmp_path, cursor, None)) == whole[seen + offset :]
            tail = SourceTail([str(tmp_path / "*.log")])
            tail.open(cursor, now_s=0.0)
            rest: list[str] = []
            while (got := tail.read(0.0)) is not None:
                assert isinstance(got, Records)
                rest += got.texts
            tail.close()
            assert sorted(rest) == sorted(whole[seen + offset :].split())
        seen += 4


def test_a_generation_that_is_gone_is_lost(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"one\n")
    after = tail_to_end(tmp_path)
    (tmp_path / "a.log").unlink()
    (tmp_path / "a.log").write_bytes(b"two\n")
    assert texts(tmp_path, after, None) == ["LOST removed", "two\n"]
    (stretch, _) = archive(tmp_path).stretches(after, None)
    assert stretch.lost is not None
    assert stretch.lost.after == after
    assert stretch.lost.next.endswith(":$")


def test_what_was_truncated_after_it_was_copied_ends_with_a_loss(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"one\n")
    after = tail_to_end(tmp_path)
    (tmp_path / "a.log.1").write_bytes(b"one\ntwo\n")
    (tmp_path / "a.log").write_bytes(b"three\n")
    assert texts(tmp_path, after, None) == ["two\n", "LOST truncated", "three\n"]


def test_garbage_and_foreign_cursors_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"one\n")
    for cursor in ("garbage", "a.b.c.d:7", tail_to_end(tmp_path).replace(":", "x:", 1)[1:]):
        with pytest.raises(BadCursor):
            archive(tmp_path).stretches(cursor, None)


def test_a_file_that_was_replaced_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"one\n")
    (stretch,) = archive(tmp_path).stretches(None, None)
    (tmp_path / "a.log").rename(tmp_path / "other")
    (tmp_path / "a.log").write_bytes(b"two\n")
    with pytest.raises(FileNotFoundError):
        stretch.open()
