from pathlib import Path

import pytest

from logstream.cli.cursor_file import CursorFile, check_writable, read_position
from logstream.client.position import Position
from logstream.errors import LogstreamError, UsageError
from logstream.model.source import Source

WORD = "1+srv-6/php-error=G:5"


def test_what_is_written_is_read_by_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "cursor"
    assert read_position(path) is None
    check_writable(path)
    CursorFile(path).write(WORD)
    check_writable(path)
    assert read_position(path) == Position({Source("srv-6", "php-error"): "G:5"})
    assert [each.name for each in tmp_path.iterdir()] == ["cursor"]


def test_the_file_is_replaced_and_only_where_something_moved(tmp_path: Path) -> None:
    path = tmp_path / "cursor"
    file = CursorFile(path)
    file.write(WORD)
    first = path.stat().st_ino
    file.write(WORD)
    assert path.stat().st_ino == first
    with path.open() as reader:
        file.write("1")
        assert reader.read() == f"{WORD}\n"
    assert path.read_text() == "1\n"


def test_a_file_of_another_kind_is_refused_before_anything_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_text("my notes\n")
    with pytest.raises(UsageError, match=r"--cursor-file .*notes: 'my notes'… is no cursor"):
        read_position(path)
    path.write_bytes(b"\xff")
    with pytest.raises(UsageError, match="cannot be read: it is no text"):
        read_position(path)
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        read_position(tmp_path)


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_shown(
    tmp_path: Path,
) -> None:
    with pytest.raises(UsageError, match=r"cannot be written in .*nowhere: No such file"):
        check_writable(tmp_path / "nowhere" / "cursor")
    with pytest.raises(UsageError, match="is no regular file"):
        check_writable(tmp_path)


def test_a_place_that_can_be_written_no_more_is_an_error(tmp_path: Path) -> None:
    directory = tmp_path / "there"
    directory.mkdir()
    file = CursorFile(directory / "cursor")
    directory.rmdir()
    with pytest.raises(LogstreamError, match="cannot be written: No such file"):
        file.write(WORD)
