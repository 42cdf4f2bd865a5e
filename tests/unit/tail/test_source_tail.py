import gzip
import lzma
import os
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from logstream.errors import BadCursor, ConfigError
from logstream.model.cursor import parse, with_offset
from logstream.model.limits import PASS_BATCHES_MAX, SOURCE_FILES_MAX, SUPERSEDED_QUIET_S
from logstream.tail import opened
from logstream.tail.base import Lost, Records
from logstream.tail.source_tail import SourceTail

Follow = Callable[..., SourceTail]
NOW_S = 1000.0


@pytest.fixture
def follow() -> Iterator[Follow]:
    made: list[SourceTail] = []

    def start(*patterns: Path | str, after: str | None = None) -> SourceTail:
        made.append(SourceTail([str(pattern) for pattern in patterns]))
        made[-1].open(after, now_s=NOW_S)
        return made[-1]

    yield start
    for one in made:
        one.close()


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def read(following: SourceTail, *, now_s: float = 0.0) -> list[str]:
    """Read all that is there, ``now_s`` after the beginning."""
    following.look(NOW_S + now_s)
    got: list[str] = []
    while (records := following.read(NOW_S + now_s)) is not None:
        got += ["LOST " + records.why] if isinstance(records, Lost) else records.texts
    return got


def is_readable(following: SourceTail) -> bool:
    """Ask anew: a type checker takes the property for constant."""
    return following.readable


def reasons(following: SourceTail) -> list[str]:
    return [problem.reason for problem in following.problems.values()]


# --- what is followed ---------------------------------------------------------------------------


def test_a_source_starts_at_the_end_of_its_files(tmp_path: Path, follow: Follow) -> None:
    append(tmp_path / "a.log", "old\nunfini")
    append(tmp_path / "b.log", "old\n")
    following = follow(tmp_path / "*.log")
    assert read(following) == []
    append(tmp_path / "a.log", "shed\n")
    append(tmp_path / "b.log", "new\n")
    assert sorted(read(following)) == ["new", "unfinished"]


def test_without_a_start_files_are_read_from_their_beginning(tmp_path: Path) -> None:
    append(tmp_path / "a.log", "old\n")
    following = SourceTail([str(tmp_path / "a.log")])
    assert read(following) == ["old"]
    following.close()


def test_files_that_come_later_are_read_from_their_beginning(
    tmp_path: Path, follow: Follow
) -> None:
    following = follow(tmp_path / "*.log", tmp_path / "d" / "x.txt")
    append(tmp_path / "a.log", "one\n")
    assert read(following) == ["one"]
    (tmp_path / "d").mkdir()
    append(tmp_path / "d" / "x.txt", "two\n")
    assert read(following) == ["two"]
    assert following.problems == {}


def test_a_file_with_several_names_is_read_once(tmp_path: Path, follow: Follow) -> None:
    append(tmp_path / "a.log", "")
    os.link(tmp_path / "a.log", tmp_path / "b.log")
    (tmp_path / "c.log").symlink_to("a.log")
    following = follow(tmp_path / "*.log", tmp_path / "a.log")
    append(tmp_path / "a.log", "one\n")
    assert read(following) == ["one"]


def test_a_busy_file_does_not_hide_the_others(tmp_path: Path, follow: Follow) -> None:
    following = follow(tmp_path / "*.log")
    append(tmp_path / "a.log", ("x" * 99 + "\n") * 100_000)
    append(tmp_path / "b.log", "here\n")
    following.look(NOW_S)
    for _ in range(2):
        lines = following.read(NOW_S)
        assert isinstance(lines, Records)
        if lines.texts == ["here"]:
            break
    else:
        pytest.fail("the other file must have had its turn")


def test_a_file_that_comes_during_a_long_read_has_its_turn(tmp_path: Path, follow: Follow) -> None:
    append(tmp_path / "b.log", "")
    following = follow(tmp_path / "*.log")
    append(tmp_path / "a.log", ("x" * 99 + "\n") * 100_000)
    following.look(NOW_S)
    for _ in range(10):
        following.read(NOW_S)
    append(tmp_path / "b.log", "here\n")
    got: list[list[str]] = []
    for _ in range(PASS_BATCHES_MAX + 2):
        lines = following.read(NOW_S)
        assert isinstance(lines, Records)
        got.append(lines.texts)
    assert ["here"] in got


def test_a_source_follows_only_so_many_files(tmp_path: Path, follow: Follow) -> None:
    for number in range(SOURCE_FILES_MAX + 2):
        path = tmp_path / f"{number:03}.log"
        append(path, "old\n")
        os.utime(path, (number, number))
    following = follow(tmp_path / "*.log")
    assert reasons(following) == [
        f"not followed, nor are 1 more: one source follows {SOURCE_FILES_MAX} files"
    ]
    append(tmp_path / "000.log", "of a file that is not followed\n")
    append(tmp_path / "002.log", "new\n")
    assert read(following) == ["new"]
    for number in (5, 6):
        (tmp_path / f"{number:03}.log").unlink()
    assert read(following) == []
    assert following.problems == {}
    append(tmp_path / "000.log", "newer\n")
    assert read(following) == ["newer"]


def test_a_senseless_pattern_is_refused() -> None:
    with pytest.raises(ConfigError):
        SourceTail(["%Q"])


# --- rotation -----------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", ["a.log", "a.log*"])
def test_a_renamed_file_is_read_to_its_end_before_its_successor(
    tmp_path: Path, follow: Follow, pattern: str
) -> None:
    path = tmp_path / "a.log"
    append(path, "old\n")
    following = follow(tmp_path / pattern)
    append(path, "one\ntw")
    assert read(following) == ["one"]
    path.rename(tmp_path / "a.log.1")
    append(path, "three\n")
    append(tmp_path / "a.log.1", "o\n")
    assert sorted(read(following)) == ["three", "two"]
    append(tmp_path / "a.log.1", "late\n")
    append(path, "four\n")
    assert sorted(read(following)) == ["four", "late"]


def test_lines_of_a_superseded_file_come_first(tmp_path: Path, follow: Follow) -> None:
    path = tmp_path / "a.log"
    append(path, "")
    following = follow(path)
    append(path, ("x" * 99 + "\n") * 5_000)
    path.rename(tmp_path / "a.log.1")
    append(path, "new\n")
    got = read(following)
    assert len(got) == 5_001
    assert got[-1] == "new"


def test_rotated_names_may_be_shifted(tmp_path: Path, follow: Follow) -> None:
    path = tmp_path / "a.log"
    append(path, "")
    following = follow(tmp_path / "a.log*")
    written = []
    for number in range(5):
        for older in range(number, 0, -1):
            (tmp_path / f"a.log.{older}").rename(tmp_path / f"a.log.{older + 1}")
        path.rename(tmp_path / "a.log.1")
        append(tmp_path / "a.log.1", f"late {number}\n")
        append(path, f"line {number}\n")
        written += [f"late {number}", f"line {number}"]
        assert sorted(read(following)) == sorted(written[-2:])


def test_the_last_line_of_a_rotated_file_comes_when_it_was_quiet(
    tmp_path: Path, follow: Follow
) -> None:
    path = tmp_path / "a.log"
    append(path, "")
    following = follow(path)
    append(path, "unfinished")
    path.rename(tmp_path / "a.log.1")
    append(path, "new, unfinished")
    assert read(following, now_s=100) == []
    assert read(following, now_s=100 + SUPERSEDED_QUIET_S - 1) == []
    assert read(following, now_s=100 + SUPERSEDED_QUIET_S) == ["unfinished"]
    assert read(following, now_s=1000) == []


def test_a_write_begins_the_quiet_anew(tmp_path: Path, follow: Follow) -> None:
    path = tmp_path / "a.log"
    append(path, "")
    following = follow(path)
    append(path, "un")
    path.rename(tmp_path / "a.log.1")
    assert read(following, now_s=0) == []
    append(tmp_path / "a.log.1", "finish")
    assert read(following, now_s=59) == []
    assert read(following, now_s=61) == []
    append(tmp_path / "a.log.1", "ed\n")
    assert read(following, now_s=100) == ["unfinished"]


def test_the_newest_superseded_file_is_kept_until_the_next_rotation(
    tmp_path: Path, follow: Follow
) -> None:
    path, first, second = tmp_path / "a.log", tmp_path / "a.log.1", tmp_path / "a.log.2"
    append(path, "")
    following = follow(path)
    path.rename(first)
    append(path, "")
    assert read(following, now_s=0) == []
    assert read(following, now_s=1000) == []
    append(first, "very late\n")
    assert read(following, now_s=2000) == ["very late"]
    first.rename(second)
    path.rename(first)
    append(path, "")
    assert read(following, now_s=3000) == []
    assert read(following, now_s=3000 + SUPERSEDED_QUIET_S) == []
    append(second, "too late\n")
    append(first, "late\n")
    assert read(following, now_s=4000) == ["late"]


def open_files(following: SourceTail) -> int:
    """Count the files of the source that are open."""
    return sum(
        generation.reader is not None
        for series in following._series.values()
        for generation in series.generations
    )


def test_a_deleted_file_is_let_go_when_it_was_quiet(tmp_path: Path, follow: Follow) -> None:
    path = tmp_path / "a.log"
    append(path, "")
    following = follow(path)
    with path.open("a") as old_worker:
        path.unlink()
        append(path, "new\n")
        old_worker.write("late\n")
        old_worker.flush()
        assert read(following, now_s=0) == ["late", "new"]
        assert open_files(following) == 2
        assert read(following, now_s=SUPERSEDED_QUIET_S) == []
        assert open_files(following) == 1


def test_unread_lines_keep_a_superseded_file(tmp_path: Path, follow: Follow) -> None:
    path = tmp_path / "a.log"
    append(path, "")
    following = follow(path)
    append(path, "one\n")
    path.unlink()
    for now_s in (0, 100, 200):
        following.look(NOW_S + now_s)
    assert read(following, now_s=300) == ["one"]


def test_many_rotations_do_not_hold_files_without_bound(tmp_path: Path, follow: Follow) -> None:
    path = tmp_path / "a.log"
    append(path, "")
    following = follow(path)
    for number in range(SOURCE_FILES_MAX + 10):
        append(path, f"{number}\n")
        path.rename(tmp_path / f"old-{number}")
        append(path, "")
        assert read(following) == [f"{number}"]
    assert open_files(following) <= SOURCE_FILES_MAX + 1


def test_a_file_that_comes_back_under_its_name_goes_on(tmp_path: Path, follow: Follow) -> None:
    path, away = tmp_path / "a.log", tmp_path / "away"
    append(path, "")
    following = follow(path)
    append(path, "one\n")
    assert read(following, now_s=0) == ["one"]
    path.rename(away)
    append(path, "x\n")
    assert read(following, now_s=1) == ["x"]
    path.unlink()
    away.rename(path)
    append(path, "two\n")
    assert read(following, now_s=2) == ["two"]


def test_a_file_that_was_let_go_and_comes_back_is_not_read_again(
    tmp_path: Path, follow: Follow
) -> None:
    path = tmp_path / "a.log"
    append(path, "")
    following = follow(path)
    append(path, "one\n")
    os.link(path, tmp_path / "kept")
    for number in range(3):
        assert read(following, now_s=number * 200) == (["one"] if number == 0 else [])
        assert read(following, now_s=number * 200 + 100) == []
        path.unlink()
        append(path, "")
    path.unlink()
    append(tmp_path / "kept", "two\n")
    (tmp_path / "kept").rename(path)
    assert read(following, now_s=1000) == ["two"]


def test_an_inode_used_again_is_another_file(tmp_path: Path, follow: Follow) -> None:
    path = tmp_path / "a.log"
    append(path, "")
    following = follow(path)
    append(path, "one\n")
    assert read(following, now_s=0) == ["one"]
    inode = path.stat().st_ino
    path.unlink()
    assert read(following, now_s=1) == []
    assert read(following, now_s=1 + SUPERSEDED_QUIET_S) == []
    for _ in range(100):
        append(path, "two\nthree\n")
        if path.stat().st_ino == inode:
            break
        path.rename(tmp_path / f"other-{path.stat().st_ino}")
    else:  # something else on this machine has taken the number
        append(path, "two\nthree\n")
    assert read(following, now_s=100) == ["two", "three"]


def test_a_truncated_file_is_followed(tmp_path: Path, follow: Follow) -> None:
    path = tmp_path / "a.log"
    append(path, "old\n")
    following = follow(path)
    path.write_text("n\n")
    assert read(following) == ["LOST truncated", "n"]


@pytest.mark.parametrize("pattern", ["a.log", "a.log*"])
def test_a_copy_made_by_rotation_is_not_read_again(
    tmp_path: Path, follow: Follow, pattern: str
) -> None:
    path, copy, older = tmp_path / "a.log", tmp_path / "a.log.1", tmp_path / "a.log.2"
    append(path, "zero\n")
    following = follow(tmp_path / pattern)
    append(path, "one\n")
    assert read(following) == ["one"]
    copy.touch()
    assert read(following) == []
    append(copy, "zero\n")
    assert read(following) == []
    append(copy, "one\n")
    path.write_text("two\n")
    assert read(following) == ["LOST truncated", "two"]
    copy.rename(older)
    append(path, "unread\n")
    copy.write_bytes(path.read_bytes())
    path.write_text("three\n")
    assert read(following) == ["unread", "LOST truncated", "three"]
    path.write_text("four\n")
    assert read(following) == ["LOST truncated", "four"]


def test_a_copy_that_is_written_anew_is_not_read_again(tmp_path: Path, follow: Follow) -> None:
    path, copy = tmp_path / "a.log", tmp_path / "a.log.1"
    append(path, "zero\n")
    append(copy, "former\n")
    following = follow(tmp_path / "a.log*")
    for number in range(5):
        append(path, f"one {number}\n")
        assert read(following) == [f"one {number}"]
        copy.write_bytes(path.read_bytes())
        path.write_text(f"two {number}\n")
        got = read(following)
        assert [text for text in got if text != "LOST truncated"] == [f"two {number}"]


def test_a_copy_is_known_after_its_original_was_let_go(tmp_path: Path, follow: Follow) -> None:
    path, copy = tmp_path / "a.log", tmp_path / "a.log.1"
    append(path, "old\n")
    following = follow(path)
    copy.write_bytes(path.read_bytes())
    path.write_text("")
    path.unlink()
    assert read(following) == ["LOST truncated"]
    assert read(following, now_s=SUPERSEDED_QUIET_S) == []
    assert open_files(following) == 0
    append(path, "new\n")
    assert read(following, now_s=100) == ["new"]


def test_a_look_survives_a_file_that_cannot_be_read(
    tmp_path: Path, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(tmp_path / "a.log", "old\n")
    following = follow(tmp_path / "*.log")
    append(tmp_path / "b.log", "new\n")
    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", fail)
        following.look(NOW_S)
        assert set(reasons(following)) == {"input/output error"}
    assert read(following) == ["new"]


def test_a_file_rewritten_by_an_editor_goes_on(tmp_path: Path, follow: Follow) -> None:
    path, new = tmp_path / "a.log", tmp_path / "a.log.new"
    append(path, "zero\n")
    following = follow(path)
    append(path, "one\n")
    assert read(following) == ["one"]
    append(path, "two\n")
    for line in ("three", "four"):
        new.write_text(path.read_text() + f"{line}\n")
        new.rename(path)
        assert read(following) == (["two", "three"] if line == "three" else ["four"])


def test_dated_files_follow_one_another(tmp_path: Path, follow: Follow) -> None:
    monday, tuesday = tmp_path / "a-20240101.log", tmp_path / "a-20240102.log"
    append(tmp_path / "a-20231231.log", "sunday\n")
    append(monday, "old\n")
    following = follow(tmp_path / "a-%Y%m%d.log")
    append(monday, "one\n")
    append(tuesday, "two\n")
    append(tmp_path / "a-20231231.log", "late on sunday\n")
    assert read(following) == ["one", "two", "late on sunday"]
    append(monday, "late\n")
    assert read(following) == ["late"]
    tuesday.unlink()
    assert read(following) == []


def test_a_switched_link_is_followed(tmp_path: Path, follow: Follow) -> None:
    link = tmp_path / "a.log"
    append(tmp_path / "x", "old\n")
    link.symlink_to("x")
    following = follow(link)
    append(tmp_path / "x", "one\n")
    append(tmp_path / "y", "two\n")
    (tmp_path / "new").symlink_to("y")
    (tmp_path / "new").rename(link)
    append(tmp_path / "x", "late\n")
    assert read(following) == ["one", "late", "two"]
    assert following.directories[str(tmp_path)].fullmatch("y")


# --- trouble ------------------------------------------------------------------------------------


def test_a_file_that_becomes_a_directory_and_back_is_followed(
    tmp_path: Path, follow: Follow
) -> None:
    path = tmp_path / "a.log"
    append(path, "old\n")
    append(tmp_path / "b.log", "")
    following = follow(tmp_path / "?.log")
    append(path, "one\n")
    path.unlink()
    path.mkdir()
    assert read(following) == ["one"]
    assert following.problems == {str(path): (str(path), "is a directory")}
    append(tmp_path / "b.log", "two\n")
    assert read(following) == ["two"]
    path.rmdir()
    append(path, "three\n")
    assert read(following) == ["three"]
    assert following.problems == {}


def test_a_source_is_readable_unless_all_that_exists_is_refused(
    tmp_path: Path, follow: Follow
) -> None:
    following = follow(tmp_path / "a.log", tmp_path / "b.log")
    assert is_readable(following), "nothing exists yet"
    (tmp_path / "a.log").mkdir()
    read(following)
    assert not is_readable(following)
    append(tmp_path / "b.log", "")
    read(following)
    assert following.readable


class Locks:
    """Stands for permissions, which do not hold for root, who may run the tests."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.locked: set[Path] = set()
        self._open = opened.open_for_reading
        monkeypatch.setattr(opened, "open_for_reading", self.open)

    def open(self, path: str) -> int:
        if Path(path) in self.locked:
            raise PermissionError(13, "Permission denied", path)
        return self._open(path)


def test_an_unreadable_file_is_retried_and_stops_nobody(
    tmp_path: Path, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.log"
    locks = Locks(monkeypatch)
    locks.locked.add(path)
    append(path, "old\nunfini")
    following = follow(tmp_path / "*.log")
    assert reasons(following) == ["permission denied"]
    assert not is_readable(following)
    append(path, "shed\nnew\n")
    append(tmp_path / "b.log", "other\n")
    assert read(following) == ["other"]
    assert following.readable
    locks.locked.clear()
    assert read(following) == ["unfinished", "new"]
    assert following.problems == {}


def test_an_unreadable_file_that_came_later_is_read_from_its_beginning(
    tmp_path: Path, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.log"
    append(path, "")
    locks = Locks(monkeypatch)
    following = follow(path)
    append(path, "one\n")
    path.rename(tmp_path / "a.log.1")
    append(path, "two\n")
    locks.locked.add(path)
    assert read(following) == ["one"]
    append(tmp_path / "a.log.1", "late\n")
    assert read(following) == ["late"]
    assert not following.readable
    locks.locked.clear()
    assert read(following) == ["two"]


def test_a_file_that_cannot_be_read_any_more_is_tried_again(
    tmp_path: Path, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.log"
    append(path, "old\n")
    following = follow(path)
    append(path, "one\n")
    assert read(following) == ["one"]
    append(path, "two\n")
    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", fail)
        following.look(NOW_S)
        assert following.read(NOW_S) is None
        assert reasons(following) == ["input/output error"]
    assert read(following) == ["two"]
    assert following.problems == {}


def fail(*_: object) -> bytes:
    raise OSError(5, "Input/output error")


def test_a_directory_that_was_closed_holds_old_files(
    tmp_path: Path, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "d").mkdir()
    append(tmp_path / "d" / "a.log", "old\n")
    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", fail)
        following = follow(tmp_path / "d" / "*.log")
        assert not following.readable
    assert read(following) == []
    append(tmp_path / "d" / "a.log", "new\n")
    append(tmp_path / "d" / "b.log", "other\n")
    assert sorted(read(following)) == ["new", "other"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become someone else: run as root")
def test_permissions_of_the_system_are_honoured() -> None:
    program = textwrap.dedent("""
        import os, sys
        from logstream.tail.source_tail import SourceTail
        directory = sys.argv[1]
        os.chdir("/")
        path = os.path.join(directory, "a.log")
        open(path, "w").write("old\\n")
        os.chmod(path, 0o000)
        os.seteuid(65534)
        following = SourceTail([path])
        following.open(None, now_s=0.0)
        assert not following.readable
        assert [problem.reason for problem in following.problems.values()] == ["permission denied"]
        os.seteuid(0)
        open(path, "a").write("new\\n")
        os.chmod(path, 0o644)
        os.seteuid(65534)
        following.look(1.0)
        assert following.readable and not following.problems
        print(following.read(1.0).texts)
    """)
    # Somewhere that everyone may enter, which pytest's own directories are not.
    with tempfile.TemporaryDirectory() as work:
        Path(work).chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-c", program, work], capture_output=True, text=True, check=False
        )
    assert (done.stdout, done.stderr) == ("['new']\n", "")


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_closed_follower_holds_no_files(tmp_path: Path) -> None:
    append(tmp_path / "a.log", "")
    before = open_descriptors()
    following = SourceTail([str(tmp_path / "a.log")])
    following.open(None, now_s=NOW_S)
    assert open_descriptors() == before + 1
    following.close()
    assert open_descriptors() == before


def test_a_file_where_a_directory_was_at_the_start_is_new(tmp_path: Path, follow: Follow) -> None:
    log = tmp_path / "a.log"
    log.mkdir()
    following = follow(log)
    log.rmdir()
    append(log, "new\n")
    assert read(following) == ["new"]


def rotate(log: Path) -> None:
    """Rename as logrotate does, every generation by one."""
    for number in range(9, 0, -1):
        if Path(f"{log}.{number}").exists():
            Path(f"{log}.{number}").rename(f"{log}.{number + 1}")
    log.rename(f"{log}.1")


def test_generations_that_came_and_went_between_two_looks_are_read(
    tmp_path: Path, follow: Follow
) -> None:
    log = tmp_path / "a.log"
    append(Path(f"{log}.1"), "long ago\n")
    append(log, "old\n")
    following = follow(log)
    append(log, "1\n")
    rotate(log)
    append(log, "2\n")
    rotate(log)
    append(log, "3\n")
    rotate(log)
    append(log, "4\n")
    assert read(following) == ["1", "2", "3", "4"]
    rotate(log)
    append(log, "5\n")
    assert read(following) == ["5"]


def test_rotated_files_from_before_the_start_are_not_read(tmp_path: Path, follow: Follow) -> None:
    log = tmp_path / "a.log"
    append(Path(f"{log}.1"), "long ago\n")
    following = follow(log)
    append(log, "new\n")
    assert read(following) == ["new"]


# --- going on from a cursor -----------------------------------------------------------------------


def go_on(following: SourceTail, *patterns: Path) -> tuple[list[str], SourceTail]:
    """Kill the reader, and let another one read on."""
    after = following.cursor
    following.close()
    other = SourceTail([str(pattern) for pattern in patterns])
    assert other.open(after, now_s=NOW_S) == after
    return read(other), other


def test_late_lines_to_a_renamed_file_come_after_a_restart(tmp_path: Path, follow: Follow) -> None:
    """Walked through in the protocol: rename overlap."""
    log = tmp_path / "a.log"
    append(log, "one\n")
    following = follow(log, after="")
    assert read(following) == ["one"]
    rotate(log)
    append(log, "two\n")
    assert read(following) == ["two"]
    append(Path(f"{log}.1"), "late\n")
    got, other = go_on(following, log)
    assert got == ["late"]
    records = parse(other.cursor)
    assert [component.offset for component in records] == [9, 4]
    other.close()


def test_several_rotations_in_between_are_read_the_oldest_first(
    tmp_path: Path, follow: Follow
) -> None:
    log = tmp_path / "a.log"
    append(log, "one\n")
    following = follow(log)
    for number in range(4):
        append(log, f"{number}\n")
        rotate(log)
        append(log, "")
    Path(f"{log}.3.gz").write_bytes(gzip.compress(Path(f"{log}.3").read_bytes()))
    Path(f"{log}.3").unlink()
    got, other = go_on(following, log)
    assert got == ["0", "1", "2", "3"]
    other.close()


def test_a_series_of_dates_goes_on_after_a_restart(tmp_path: Path, follow: Follow) -> None:
    pattern = tmp_path / "a-%Y%m%d.log"
    append(tmp_path / "a-20240101.log", "old\n")
    following = follow(pattern)
    append(tmp_path / "a-20240101.log", "one\n")
    append(tmp_path / "a-20240102.log", "two\n")
    monday = tmp_path / "a-20240101.log"
    Path(f"{monday}.xz").write_bytes(lzma.compress(monday.read_bytes()))
    monday.unlink()
    append(tmp_path / "a-20240103.log", "three\n")
    got, other = go_on(following, pattern)
    assert got == ["one", "two", "three"]
    other.close()


def test_a_generation_that_is_gone_is_told_and_the_rest_comes(
    tmp_path: Path, follow: Follow
) -> None:
    log = tmp_path / "a.log"
    append(log, "one\n")
    following = follow(log)
    log.unlink()
    append(log, "two\n")
    got, other = go_on(following, log)
    assert got == ["LOST removed", "two"]
    other.close()


def test_where_too_much_lies_between_it_begins_at_the_end(tmp_path: Path, follow: Follow) -> None:
    """Rule S5: ``within``."""
    log = tmp_path / "a.log"
    append(log, "one\n")
    after = follow(log).cursor
    append(log, "two\nthree\n")
    for within_bytes, expected in ((10, ["two", "three"]), (9, [])):
        following = SourceTail([str(log)])
        begins = following.open(after, within_bytes=within_bytes, now_s=NOW_S)
        assert (begins == after) is bool(expected)
        assert read(following) == expected
        following.close()


def test_garbage_and_another_source_s_cursor_are_refused(tmp_path: Path, follow: Follow) -> None:
    append(tmp_path / "a.log", "one\n")
    append(tmp_path / "b.log", "one\n")
    foreign = follow(tmp_path / "b.log").cursor
    for after in ("garbage", "a.b:7", foreign, f"{foreign},x"):
        with pytest.raises(BadCursor):
            follow(tmp_path / "a.log", after=after)


def test_each_read_is_chained_to_the_one_before(tmp_path: Path, follow: Follow) -> None:
    """Rule S7."""
    append(tmp_path / "a.log", "1\n2\n")
    append(tmp_path / "b.log", "3\n4\n")
    following = follow(tmp_path / "*.log", after="")
    cursor = ""
    count = 0
    while (records := following.read(NOW_S)) is not None:
        assert isinstance(records, Records)
        assert records.after == cursor
        cursor = records.next
        for offset, text in zip(records.offsets, records.texts, strict=True):
            other = follow(tmp_path / "*.log", after=with_offset(cursor, records.gen, offset))
            assert text in read(other)
            assert len(read(other)) == 0
            count += 1
    assert count == 4
    assert following.cursor == cursor
