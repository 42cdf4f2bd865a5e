import os
from pathlib import Path

import pytest

from logstream.tail.identity import HEAD_MAX_BYTES, START, FileKey, copied_heads, place_at


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


FULL = b"x" * HEAD_MAX_BYTES
HOLE = b"\0" * HEAD_MAX_BYTES


@pytest.mark.parametrize(
    ("beginning", "heads", "copied"),
    [
        (b"abc", [b"ab", b"b"], [b"ab"]),
        (b"ab", [b"abc", b"abd"], [b"abc", b"abd"]),
        (b"abc", [b"abd", b""], []),
        (b"header a", [b"header ", b"header b"], []),
        (b"", [b"b", b"a", b"ab"], [b"ab", b"b"]),
        (b"\0\0", [b"a", b"\0"], [b"a"]),
        (b"\0\0a", [b"\0\0", b"\0\0b"], []),
        (FULL, [FULL, FULL], [FULL]),
        (HOLE, [HOLE, b"a"], [HOLE]),
        (b"a", [], []),
    ],
)
def test_a_copy_begins_like_what_it_may_be_a_copy_of(
    beginning: bytes, heads: list[bytes], copied: list[bytes]
) -> None:
    assert copied_heads(beginning, heads) == copied
