import os
from pathlib import Path

import pytest

from logstream.tail.identity import START, FileKey, begin_alike, place_at


def test_a_file_keeps_its_key_under_another_name(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"")
    key = FileKey.of(old.stat())
    old.rename(new)
    old.write_bytes(b"")
    assert FileKey.of(new.stat()) == key
    assert FileKey.of(old.stat()) != key


@pytest.mark.parametrize(
    ("content", "still"),
    [
        (b"one\ntwo\nthree\n", True),
        (b"one\ntwo\n", True),
        (b"one\ntw", False),
        (b"", False),
        (b"One\ntwo\nthree\n", False),
        (b"one\ntwO\nthree\n", False),
    ],
)
def test_a_place_is_found_only_in_its_own_content(
    tmp_path: Path, content: bytes, still: bool
) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\ntwo\n")
    fd = os.open(path, os.O_RDONLY)
    try:
        place = place_at(fd, 8)
        path.write_bytes(content)
        assert place.lies_in(fd) is still
        assert START.lies_in(fd)
    finally:
        os.close(fd)


def test_far_into_a_file_both_its_beginning_and_its_last_bytes_count(tmp_path: Path) -> None:
    path = tmp_path / "log"
    content = bytes(range(256)) * 40
    path.write_bytes(content)
    fd = os.open(path, os.O_RDONLY)
    try:
        place = place_at(fd, len(content))
        path.write_bytes(content[:5000] + b"?" + content[5001:])
        assert place.lies_in(fd)
        path.write_bytes(content[:-1] + b"?")
        assert not place.lies_in(fd)
        path.write_bytes(b"?" + content[1:])
        assert not place.lies_in(fd)
    finally:
        os.close(fd)


def test_beginnings_are_compared_as_far_as_both_go() -> None:
    assert begin_alike(b"abc", b"ab")
    assert begin_alike(b"ab", b"abc")
    assert not begin_alike(b"abc", b"abd")
    assert not begin_alike(b"", b"abc")
