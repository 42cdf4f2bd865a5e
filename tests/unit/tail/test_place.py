import os
from pathlib import Path

import pytest

from logstream.model.limits import RECORD_MAX_BYTES
from logstream.tail.content import PlainContent
from logstream.tail.place import last_line_end, place_at


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
    opened = PlainContent(os.open(path, os.O_RDONLY))
    try:
        place = place_at(opened, 8)
        path.write_bytes(content)
        assert place.lies_in(opened) is still
    finally:
        opened.close()


def test_far_into_a_file_both_its_beginning_and_its_last_bytes_count(tmp_path: Path) -> None:
    path = tmp_path / "log"
    content = bytes(range(256)) * 40
    path.write_bytes(content)
    opened = PlainContent(os.open(path, os.O_RDONLY))
    try:
        place = place_at(opened, len(content))
        path.write_bytes(content[:5000] + b"?" + content[5001:])
        assert place.lies_in(opened)
        path.write_bytes(content[:-1] + b"?")
        assert not place.lies_in(opened)
        path.write_bytes(b"?" + content[1:])
        assert not place.lies_in(opened)
    finally:
        opened.close()


@pytest.mark.parametrize(
    ("content", "end"),
    [
        (b"", 0),
        (b"unfinished", 0),
        (b"one\n", 4),
        (b"one\ntw", 4),
        (b"one\n" + b"x" * (2 * RECORD_MAX_BYTES), 4),
    ],
    ids=["empty", "unfinished", "whole", "whole and unfinished", "whole and huge"],
)
def test_the_last_whole_line_is_found(tmp_path: Path, content: bytes, end: int) -> None:
    path = tmp_path / "log"
    path.write_bytes(content)
    opened = PlainContent(os.open(path, os.O_RDONLY))
    try:
        assert last_line_end(opened, len(content)) == end
    finally:
        opened.close()
