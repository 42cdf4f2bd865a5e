import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from logstream.model.limits import SUPERSEDED_QUIET_S
from logstream.tail.identity import FileKey
from logstream.tail.series_tail import SeriesTail
from logstream.tail.survey import Series


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "a.log"


@pytest.fixture
def tail(log: Path) -> Iterator[SeriesTail]:
    tail = SeriesTail(Series("series", [str(log)], str(log)), None)
    yield tail
    tail.close()


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def read(tail: SeriesTail, log: Path, now_s: float = 0.0) -> list[str]:
    key = FileKey.of(log.stat()) if log.exists() else None
    tail.look(tail.series, key, now_s)
    got: list[str] = []
    while (read_ := tail.read(now_s)) is not None:
        generation, block = read_
        if isinstance(block, str):
            got.append(f"LOST {block}")
            generation.lose(now_s)
        else:
            got += block.texts
        tail.list_as_read(generation)
    return got


def test_a_copy_is_read_before_what_follows_the_truncation(log: Path, tail: SeriesTail) -> None:
    """Walked through in the protocol: copytruncate. Rule S7."""
    append(log, b"one\n")
    tail.begin_at([], 0.0)
    assert read(tail, log) == ["one"]
    append(log, b"two\ntorn")
    Path(f"{log}.1").write_bytes(log.read_bytes())
    log.write_bytes(b"three\n")
    assert read(tail, log) == ["two", "LOST truncated", "three"]
    assert [each.text.rpartition(":")[2][:2] for each in tail.generations] == ["$", "6~"]


def test_a_superseded_generation_is_listed_until_it_was_quiet(log: Path, tail: SeriesTail) -> None:
    append(log, b"one\n")
    tail.begin_at([], 0.0)
    for number in range(3):
        read(tail, log)
        for older in (2, 1):
            if Path(f"{log}.{older}").exists():
                Path(f"{log}.{older}").rename(f"{log}.{older + 1}")
        log.rename(f"{log}.1")
        append(log, b"%d\n" % number)
    assert read(tail, log) == ["2"]
    assert len([each for each in tail.generations if each.text]) == 4
    append(log, b"more\n")
    assert read(tail, log, SUPERSEDED_QUIET_S) == ["more"]
    append(log, b"and more\n")
    assert read(tail, log, 2 * SUPERSEDED_QUIET_S) == ["and more"]
    assert len([each for each in tail.generations if each.text]) == 2, (
        "the newest one, and the live"
    )


def test_a_file_that_stays_unreadable_is_lost_when_it_is_superseded(
    log: Path, tail: SeriesTail, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(log, b"one\n")
    tail.begin_at([], 0.0)
    assert read(tail, log) == ["one"]
    log.rename(f"{log}.1")
    append(Path(f"{log}.1"), b"two\n")
    append(log, b"three\n")
    real = os.pread

    def fail(fd: int, size: int, offset: int) -> bytes:
        if os.fstat(fd).st_ino == Path(f"{log}.1").stat().st_ino:
            raise OSError(5, "Input/output error")
        return real(fd, size, offset)

    monkeypatch.setattr(os, "pread", fail)
    assert read(tail, log) == ["three"]
    assert len(tail.failures) == 1
    assert read(tail, log, SUPERSEDED_QUIET_S - 1) == []
    assert read(tail, log, SUPERSEDED_QUIET_S) == ["LOST unreadable"]


def test_a_record_that_may_go_on_is_waited_for(log: Path) -> None:
    class Indented:
        def starts(self, lines: list[str]) -> list[bool]:
            return [not line.startswith(" ") for line in lines]

    tail = SeriesTail(Series("series", [str(log)], str(log)), Indented())  # type: ignore[arg-type]
    append(log, b"one\n 1\n")
    tail.begin_at([], 5.0)
    assert read(tail, log, 5.0) == []
    assert tail.waits_since_s() == 5.0
    assert read(tail, log, 6.0) == ["one\n 1"]
    assert tail.waits_since_s() is None
    tail.close()


def test_a_cursor_that_would_be_too_long_lists_what_is_read_no_more(
    log: Path, tail: SeriesTail
) -> None:
    append(log, b"one\n")
    tail.begin_at([], 0.0)
    for number in range(5):
        read(tail, log)
        log.rename(f"{log}-{20260101 + number}")
        append(log, b"%d\n" % number)
    read(tail, log)
    assert len(tail.generations) == 6
    tail.shorten()
    assert len(tail.generations) == 2
