"""Random programs of what happens to log files, against a model that knows every line.

Whatever rotates, truncates, copies, deletes or replaces a file between two looks: each line comes
once, whole, in its file's order. Only what was truncated before it was read, or was never there for
a look under a name that is followed, may be missing.
"""

import os
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)

from logstream.model.limits import SUPERSEDED_QUIET_S
from logstream.tail import follower as follower_module
from logstream.tail.follower import Follower, open_for_reading
from logstream.tail.reader import FORMER_HEADS_MAX

LIVE = "a.log"
OLD_LINE = "before"
ROTATIONS_KEPT = 3
RARELY = st.sampled_from([False, False, False, True])
FILLERS = st.sampled_from(["", "x", "é€😀", "y" * 300, "a\rb", "a\0b"])


class Content:
    """What one writer has written into one file, since it was created or truncated."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        self.unfinished = ""
        self.unread: list[str] = []
        """Whole lines that have not come yet, in their order."""
        self.excused: set[str] = set()
        """Lines that were truncated, or written before anyone looked: they may come, or not."""
        self.seen = False
        self.locked_at_start = False
        self.lost_track = False
        """Whether it was truncated unseen, after its size at the start was noted."""
        self.changed_at_s = 0.0
        self.given_up = False
        """Whether nobody writes to it any more: it has been away for long."""

    def excuse_unread(self) -> None:
        self.excused.update(self.unread, {self.unfinished} - {""})
        self.unread.clear()
        self.unfinished = ""

    def close(self) -> None:
        if not self.given_up:
            os.close(self.fd)
            self.given_up = True


class FilesOfASource(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(follower_module, "open_for_reading", self.open)
        self.work = tempfile.TemporaryDirectory()
        self.directory = Path(self.work.name)
        self.names: dict[str, Content | None] = {}
        """What is there by name; None: a copy."""
        self.contents: list[Content] = []
        self.now_s = 0.0
        self.numbers = 0
        self.writes = 0
        self.truncations_unseen = 0
        self.locked = False
        self.is_directory = False
        self.come: set[str] = set()

    def open(self, path: str) -> int:
        if self.locked:
            raise PermissionError(13, "Permission denied", path)
        return open_for_reading(path)

    def teardown(self) -> None:
        try:
            if hasattr(self, "follower"):
                self.settle()
                self.follower.close()
        finally:
            for content in self.contents:
                content.close()
            self.patch.undo()
            self.work.cleanup()

    # --- before and after -------------------------------------------------------------------------

    @initialize(
        pattern=st.sampled_from([LIVE, "a.log*"]),
        exists=st.booleans(),
        unfinished=st.booleans(),
        locked=RARELY,
    )
    def start(self, pattern: str, exists: bool, unfinished: bool, locked: bool) -> None:
        self.pattern = re.compile(re.escape(pattern).replace(r"\*", ".*"))
        self.locked = self.locked_at_start = locked and exists
        if exists:
            content = self.make(LIVE)
            self.append(content, f"{OLD_LINE}\n" * 3)
            if unfinished:
                content.unfinished = self.new_text("")
                self.append(content, content.unfinished)
            content.locked_at_start = self.locked
        self.follower = Follower([str(self.directory / pattern)])
        self.follower.start()
        self.note_what_is_seen()

    def settle(self) -> None:
        """Let all become quiet; then everything must have come."""
        self.locked = False
        for _ in range(3):
            self.look_and_read()
            self.now_s += SUPERSEDED_QUIET_S
        for content in self.contents:
            if content.seen and not content.lost_track:
                assert content.unread == []
                if content.unfinished and not self.is_followed(content):
                    assert content.unfinished in self.come
        assert self.follower.readable or self.is_directory

    # --- what writers do --------------------------------------------------------------------------

    def make(self, name: str) -> Content:
        content = Content(self.directory / name)
        content.changed_at_s = self.now_s
        self.contents.append(content)
        self.names[name] = content
        return content

    def new_text(self, filler: str) -> str:
        self.numbers += 1
        return f"{self.numbers}|{filler}"

    def append(self, content: Content, text: str) -> None:
        os.write(content.fd, text.encode())
        self.touch(content)

    def touch(self, content: Content) -> None:
        """Let each change have a time of its own, as on a recent kernel."""
        self.writes += 1
        os.utime(content.fd, ns=(self.writes, self.writes))
        content.changed_at_s = self.now_s

    def writable(self) -> list[Content]:
        return [content for content in self.contents if not content.given_up]

    @precondition(lambda self: self.writable())
    @rule(
        which=st.integers(0, 3),
        filler=FILLERS,
        whole=st.booleans(),
        end=st.sampled_from(["\n", "\r\n"]),
    )
    def write(self, which: int, filler: str, whole: bool, end: str) -> None:
        """Write to one of the newest files, live or not: a line, or a part of one."""
        content = self.writable()[::-1][: which + 1][-1]
        piece = filler if content.unfinished else self.new_text(filler)
        if whole:
            content.unread.append(content.unfinished + piece)
            content.unfinished = ""
            self.append(content, piece + end)
        else:
            content.unfinished += piece
            self.append(content, piece)

    @precondition(lambda self: self.live is not None)
    @rule(number=st.integers(1, 5))
    def write_lines(self, number: int) -> None:
        for _ in range(number):
            self.write(which=0, filler="", whole=True, end="\n")

    @property
    def live(self) -> Content | None:
        return self.names.get(LIVE)

    @precondition(lambda self: not self.is_directory and LIVE not in self.names)
    @rule()
    def create(self) -> None:
        self.make(LIVE)

    # --- what happens to files --------------------------------------------------------------------

    def shift(self) -> None:
        for number in range(ROTATIONS_KEPT, 0, -1):
            name = f"{LIVE}.{number}"
            if name in self.names:
                content = self.names.pop(name)
                if number == ROTATIONS_KEPT:
                    (self.directory / name).unlink()
                    if self.pattern.fullmatch(name):
                        self.note_change(content)
                else:
                    (self.directory / name).rename(self.directory / f"{LIVE}.{number + 1}")
                    self.names[f"{LIVE}.{number + 1}"] = content

    def note_change(self, content: Content | None) -> None:
        if content is not None:
            content.changed_at_s = self.now_s

    @precondition(lambda self: self.live is not None)
    @rule(create=st.booleans())
    def rotate_by_renaming(self, create: bool) -> None:
        self.shift()
        content = self.names.pop(LIVE)
        (self.directory / LIVE).rename(self.directory / f"{LIVE}.1")
        self.names[f"{LIVE}.1"] = content
        self.note_change(content)
        if create:
            self.make(LIVE)

    @precondition(lambda self: self.live and not self.locked)
    @precondition(lambda self: self.truncations_unseen < FORMER_HEADS_MAX)
    @rule(hole=st.booleans())
    def rotate_by_copying(self, hole: bool) -> None:
        self.shift()
        copy = self.directory / f"{LIVE}.1"
        copy.write_bytes((self.directory / LIVE).read_bytes())
        self.names[copy.name] = None
        self.truncate(hole)

    @precondition(lambda self: self.live and self.truncations_unseen < FORMER_HEADS_MAX)
    @rule(hole=st.booleans())
    def truncate(self, hole: bool) -> None:
        """Truncate the live file; ``hole``: its writer then goes on where it was."""
        content = self.names[LIVE]
        assert content is not None
        self.truncations_unseen += 1
        content.excuse_unread()
        content.lost_track = content.locked_at_start and not content.seen
        size = os.fstat(content.fd).st_size
        os.ftruncate(content.fd, 0)
        if hole:
            os.ftruncate(content.fd, size)
        self.touch(content)

    @precondition(lambda self: LIVE in self.names)
    @rule(create=st.booleans())
    def delete(self, create: bool) -> None:
        self.note_change(self.names.pop(LIVE))
        (self.directory / LIVE).unlink()
        if create:
            self.make(LIVE)

    @precondition(lambda self: LIVE in self.names)
    @rule()
    def replace_by_a_directory(self) -> None:
        self.delete(create=False)
        (self.directory / LIVE).mkdir()
        self.is_directory = True

    @precondition(lambda self: self.is_directory)
    @rule()
    def remove_the_directory(self) -> None:
        (self.directory / LIVE).rmdir()
        self.is_directory = False

    @precondition(lambda self: not self.is_directory)
    @rule()
    def switch_a_link(self) -> None:
        """Let the name be a link to a new file; the one before it stays where it is."""
        self.numbers += 1
        target, link = f"data-{self.numbers}", self.directory / "link"
        self.note_change(self.names.get(LIVE))
        self.names[LIVE] = self.make(target)
        del self.names[target]
        link.symlink_to(target)
        link.rename(self.directory / LIVE)

    @precondition(lambda self: self.live and self.live.seen and not self.locked)
    @rule()
    def rewrite_as_an_editor(self) -> None:
        """Put a file with the same content and another line in the place of the live one."""
        path, content = self.directory / LIVE, self.names[LIVE]
        assert content is not None
        if path.is_symlink() or content.unfinished:
            return
        new = self.directory / "new"
        new.write_bytes(path.read_bytes())
        new.rename(path)
        os.close(content.fd)
        content.fd = os.open(path, os.O_RDWR | os.O_APPEND)
        self.write(self.writable()[::-1].index(content), "", whole=True, end="\n")
        self.look()

    @rule(locked=RARELY)
    def lock_or_unlock(self, locked: bool) -> None:
        """From now on no file can be opened, or all can; copies are seen before."""
        self.look()
        self.locked = locked

    # --- what the follower does -------------------------------------------------------------------

    def is_followed(self, content: Content) -> bool:
        return any(
            other is content and self.pattern.fullmatch(name) for name, other in self.names.items()
        )

    def is_seen(self, content: Content) -> bool:
        """Tell whether it is followed; an empty file named like a copy may yet become one."""
        return self.is_followed(content) and (
            self.live is content or os.fstat(content.fd).st_size > 0
        )

    def note_what_is_seen(self) -> None:
        if not self.locked:
            for content in self.contents:
                content.seen = content.seen or self.is_seen(content)
        self.truncations_unseen = 0

    @rule(later_s=st.sampled_from([0.0, 1.0, 30.0, SUPERSEDED_QUIET_S]))
    def look(self, later_s: float = 0.0) -> None:
        self.now_s += later_s
        for content in self.contents:
            away = not self.is_followed(content)
            if away and self.now_s - content.changed_at_s >= SUPERSEDED_QUIET_S:
                content.close()
        self.follower.look(self.now_s)
        self.note_what_is_seen()

    @rule()
    def look_and_read(self) -> None:
        """Do what a logtailor does at each event."""
        self.look()
        self.read(batches_max=1000)

    @rule(batches_max=st.sampled_from([1000, 1, 2]))
    def read(self, batches_max: int) -> None:
        for _ in range(batches_max):
            lines = self.follower.read()
            if lines is None:
                break
            for text in lines.texts:
                self.take(text)

    def take(self, text: str) -> None:
        if text == OLD_LINE and self.locked_at_start:
            return  # a copy of a file that could not be opened, so nobody knew it
        assert text not in self.come, "each line comes once"
        self.come.add(text)
        for content in self.contents:
            if text in content.unread:
                while content.lost_track and text != content.unread[0]:
                    content.unread.pop(0)
                assert text == content.unread.pop(0), "lines come in their order"
                return
            if text in content.excused:
                content.excused.remove(text)
                return
            if text == content.unfinished:
                assert content.given_up, "a partial line waits for its newline"
                return
        pytest.fail(f"nobody wrote the line {text!r}")


FilesOfASource.TestCase.settings = settings(stateful_step_count=40)
TestFilesOfASource = FilesOfASource.TestCase
