import gzip
import os
from pathlib import Path

import pytest

from logstream.tail.compressed import Incomplete
from logstream.tail.opened import OpenedFile


def test_a_plain_file_tells_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"one\n")
    opened = OpenedFile.at(str(path), plain=True)
    assert (opened.pread(1, 9), opened.size_bytes, opened.compressed) == (b"ne\n", 4, False)
    assert opened.reach(10**9, 1)
    before = opened.state
    path.write_bytes(b"one\ntwo\n")
    assert opened.state != before
    names = [opened.exists]
    path.unlink()
    assert [*names, opened.exists] == [True, False]
    opened.close()


def test_a_live_file_is_plain_whatever_it_begins_with(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(gzip.compress(b"one\n"))
    for plain in (True, False):
        opened = OpenedFile.at(str(path), plain=plain)
        assert opened.compressed is not plain
        opened.close()


def test_what_cannot_be_opened_leaves_nothing_open(tmp_path: Path) -> None:
    path = tmp_path / "a.log.gz"
    path.write_bytes(b"\x1f\x8b")
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(Incomplete):
        OpenedFile.at(str(path), plain=False)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_hole_is_known_to_the_file_system(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    with path.open("wb") as file:
        file.truncate(1024 * 1024)
        file.seek(1024 * 1024)
        file.write(b"one\n")
    opened = OpenedFile.at(str(path), plain=True)
    assert opened.hole_bytes(0) in {0, 1024 * 1024}
    assert opened.hole_bytes(2 * 1024 * 1024) == 0
    opened.close()


def test_a_write_that_keeps_the_size_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"one\n")
    opened = OpenedFile.at(str(path), plain=True)
    before = opened.state
    os.utime(path, ns=(1, 1))
    assert opened.state != before
    opened.close()
