"""A follower beside a writer that rotates at full speed: what interleaves, interleaves for real."""

import threading
from collections.abc import Callable
from pathlib import Path

from logstream.tail.base import Records
from logstream.tail.source_tail import SourceTail

LINES = 12_000
LINES_PER_FILE = 400


def line(number: int) -> str:
    return f"{number:06} " + "é" * (number % 60)


def write_and_rename(path: Path) -> None:
    for begin in range(0, LINES, LINES_PER_FILE):
        with path.open("a", buffering=1) as file:
            for number in range(begin, begin + LINES_PER_FILE):
                file.write(line(number) + "\n")
            if begin + LINES_PER_FILE < LINES:
                path.rename(f"{path}.{begin}")


def write_and_truncate(path: Path) -> None:
    with path.open("a", buffering=1) as file:
        for number in range(LINES):
            file.write(line(number) + "\n")
            if number % LINES_PER_FILE == LINES_PER_FILE - 1:
                Path(f"{path}.1").write_bytes(path.read_bytes())
                file.truncate(0)


def follow_beside(write: Callable[[Path], None], path: Path, pattern: str) -> list[str]:
    path.touch()
    follower = SourceTail([f"{path}{pattern}"])
    follower.open(None, now_s=0.0)
    writer = threading.Thread(target=write, args=[path])
    writer.start()
    got: list[str] = []
    writing = True
    while writing:
        writing = writer.is_alive()
        follower.look(0.0)
        while (lines := follower.read(0.0)) is not None:
            got += lines.texts if isinstance(lines, Records) else []
    writer.join()
    follower.close()
    return got


def test_no_line_is_lost_or_repeated_while_files_are_renamed(tmp_path: Path) -> None:
    got = follow_beside(write_and_rename, tmp_path / "a.log", "*")
    assert sorted(got) == [line(number) for number in range(LINES)]


def test_no_line_is_torn_or_repeated_while_a_file_is_truncated(tmp_path: Path) -> None:
    got = follow_beside(write_and_truncate, tmp_path / "a.log", "")
    assert len(got) > 0
    assert len(set(got)) == len(got)
    assert set(got) <= {line(number) for number in range(LINES)}
