"""Random programs of what happens to log files, against a model that knows every physical line.

Whatever rotates, copies, truncates, deletes or compresses files, and however often the reader is
killed and goes on from a cursor: each physical line lies in exactly one range of records or in a
declared loss, none comes twice, none is altered. Rules: S4, S5, S7, S11.
"""

import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from doubles.rotating_files import COMPRESSORS, LIVE, RotatingFiles, Written
from logstream.model.cursor import parse, with_offset
from logstream.model.limits import SUPERSEDED_QUIET_S
from logstream.tail.base import Lost, Records
from logstream.tail.cursors import GenerationName
from logstream.tail.source_tail import SourceTail

OLD_LINE = "before"
RARELY = st.sampled_from([False, False, False, True])
FILLERS = st.sampled_from(["", "x", "é€😀", "y" * 300, "a\rb", "a\0b"])


class FilesOfASource(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.work = tempfile.TemporaryDirectory()
        self.tail: SourceTail | None = None
        self.now_s = 1000.0
        self.come: set[str] = set()
        self.losses: list[Lost] = []
        self.cursor = ""
        self.last: Records | None = None

    def teardown(self) -> None:
        try:
            if hasattr(self, "files") and sys.exc_info()[0] is None:
                self.settle()
        finally:
            if self.tail is not None:
                self.tail.close()
            if hasattr(self, "files"):
                self.files.close()
            self.work.cleanup()

    # --- before and after -------------------------------------------------------------------------

    @initialize(
        pattern=st.sampled_from([LIVE, "a.log*"]),
        exists=st.booleans(),
        unfinished=st.booleans(),
        style=st.sampled_from(["numbers", "dates", "links"]),
        from_start=st.booleans(),
    )
    def start(
        self, pattern: str, exists: bool, unfinished: bool, style: str, from_start: bool
    ) -> None:
        self.files = RotatingFiles(Path(self.work.name), dated=style == "dates")
        self.links = style == "links"
        exists = exists or pattern.endswith("*")  # else a rotated file is taken for a live one
        self.pattern = str(self.files.directory / pattern)
        if exists and self.links:
            self.files.switch_link()
        elif exists:
            self.files.create()
        if exists:
            written = self.files.names[LIVE]
            if not from_start:
                self.files.write(written, OLD_LINE, "\n")
                written.lines.clear()
            if unfinished:
                self.files.write(written, self.files.new_text(""), "")
        self.open("" if from_start else None)

    def open(self, after: str | None) -> None:
        self.tail = SourceTail([self.pattern])
        self.cursor = self.tail.open(after, now_s=self.now_s)
        assert after is None or self.cursor == after
        self.note_what_is_seen()

    def find_live(self) -> None:
        """Let there be a live file, where a rotated one would be taken for one without it."""
        if self.pattern.endswith("*") and self.files.live is None:
            self.create()

    def settle(self) -> None:
        """Let all become quiet; then everything must have come, or be lost."""
        if self.tail is None:
            self.find_live()
            self.open(self.cursor)
        for _ in range(4):
            self.look_and_read()
            self.now_s += SUPERSEDED_QUIET_S + 1
        for written in self.files.all:
            if written.seen:
                assert written.expected >= written.reachable, "a line is missing"
                if written.known and written.reachable < len(written.lines):
                    assert self.is_told(written), "a loss is not declared"
                whole = not written.torn and written.lost_from is None
                if written.rest and whole and written is not self.files.live:
                    assert written.rest_came
        if not self.files.harmed:
            assert self.losses == []

    def is_told(self, written: Written) -> bool:
        """Tell whether a loss in a generation was declared."""
        for lost in self.losses:
            before = {each.generation: each.offset for each in parse(lost.after)}
            for each in parse(lost.next):
                gone = each.offset is None and before.get(each.generation, 0) is not None
                if gone and GenerationName.parse(each.generation).begins(written.data[:1024]):
                    return True
        return False

    # --- what happens to files --------------------------------------------------------------------

    @precondition(lambda self: self.files.writable())
    @rule(
        which=st.sampled_from([0, 0, 0, 1, 2]),
        filler=FILLERS,
        end=st.sampled_from(["\n", "\n", "\r\n", ""]),
    )
    def write(self, which: int, filler: str, end: str) -> None:
        """Write to one of the newest files, live or not: a line, or a part of one."""
        written = self.files.writable()[: which + 1][-1]
        piece = filler if written.rest else self.files.new_text(filler)
        if written.rest.endswith("\r") or not (piece + end):
            piece += "."
        self.files.write(written, piece, end)
        written.changed_at_s = self.now_s

    @precondition(lambda self: self.files.live is not None)
    @rule(number=st.integers(1, 5))
    def write_lines(self, number: int) -> None:
        for _ in range(number):
            self.write(0, "", "\n")

    @precondition(lambda self: self.files.live is None)
    @rule()
    def create(self) -> None:
        if self.links:
            self.files.switch_link()
        else:
            self.files.create()

    @precondition(lambda self: self.files.live is not None and not self.links)
    @rule(create=st.booleans())
    def rotate_by_renaming(self, create: bool) -> None:
        self.note_change(LIVE)
        self.files.rotate_by_renaming()
        self.note_deleted()
        if create:
            self.files.create()

    @precondition(lambda self: self.files.live is not None and self.files.live.fd is not None)
    @precondition(lambda self: not self.links)
    @rule(window=st.sampled_from([0, 0, 1, 2]), keep=st.booleans())
    def rotate_by_copying(self, window: int, keep: bool) -> None:
        self.note_change(LIVE)
        self.files.rotate_by_copying(window, keep=keep)
        self.note_deleted()

    @precondition(lambda self: self.files.live is not None and self.files.live.fd is not None)
    @rule(grow=st.booleans())
    def truncate(self, grow: bool) -> None:
        """Truncate, and maybe write more than there was."""
        written = self.files.names[LIVE]
        size = len(written.data)
        self.files.truncate()
        while grow and len(self.files.names[LIVE].data) <= size:
            self.files.write(self.files.names[LIVE], self.files.new_text("z" * 50), "\n")

    @precondition(lambda self: self.files.live is not None)
    @rule(create=st.booleans())
    def delete(self, create: bool) -> None:
        self.note_change(LIVE)
        self.files.delete(LIVE)
        self.note_deleted()
        if create or self.links:
            self.create()

    @precondition(lambda self: self.links)
    @rule()
    def switch_link(self) -> None:
        if LIVE in self.files.names:
            self.note_change(LIVE)
        self.files.switch_link()
        self.note_deleted()

    @precondition(lambda self: self.files.rotated())
    @rule(which=st.integers(0, 3), suffix=st.sampled_from(sorted(COMPRESSORS)))
    def compress(self, which: int, suffix: str) -> None:
        names = [name for name in self.files.rotated() if not name.endswith(tuple(COMPRESSORS))]
        if names:
            name = names[: which + 1][-1]
            written = self.files.names[name]
            if (written is not self.files.live and written.fd is None) or not written.rest:
                self.files.compress(name, suffix)
                if self.tail is None:  # a copy looks like a file that was renamed from now on
                    written.known = written.known and not written.torn

    def note_change(self, name: str) -> None:
        self.files.names[name].changed_at_s = self.now_s

    def note_deleted(self) -> None:
        """What has no name any more can be read only by who has it open."""
        for written in self.files.all:
            if written not in self.files.names.values() and not self.is_held(written):
                written.lose_unread(0)

    def is_held(self, written: Written) -> bool:
        return self.tail is not None and written.seen and not written.torn

    # --- the reader -------------------------------------------------------------------------------

    def note_what_is_seen(self) -> None:
        if self.links and self.files.live is None:
            return  # nothing leads to what the link led to
        for written in self.files.names.values():
            written.seen = written.seen or bool(written.data if not written.torn else written.lines)

    def note_what_is_known(self) -> None:
        for written in self.files.names.values():
            if written.seen and not written.torn:
                written.known = True

    @precondition(lambda self: self.tail is not None)
    @rule()
    def kill(self) -> None:
        """End the reader; what it was given is known, and where it was."""
        assert self.tail is not None
        self.tail.close()
        self.tail = None
        self.note_deleted()
        listed = [GenerationName.parse(each.generation) for each in parse(self.cursor)]
        for written in self.files.all:
            if not any(name.begins(written.data[:1024]) for name in listed):
                written.known = False
        for name, written in self.files.names.items():
            if written.torn and name.endswith(tuple(COMPRESSORS)):
                written.known = False  # a copy looks like a file that was renamed from now on

    @precondition(lambda self: self.tail is None)
    @rule()
    def go_on(self) -> None:
        self.find_live()
        self.open(self.cursor)

    @precondition(lambda self: self.tail is None and self.last is not None and self.last.texts)
    @rule(line=st.integers(0, 5))
    def go_on_inside_a_batch(self, line: int) -> None:
        """Begin at a line of the last batch, as a hub does that has sliced it."""
        last = self.last
        assert last is not None
        line = min(line, len(last.texts) - 1)
        if any(text in self.excused() for text in last.texts[line:]):
            return
        for text in last.texts[line:]:
            self.take_back(text)
        self.find_live()
        self.last = None
        self.open(with_offset(last.next, last.gen, last.offsets[line]))

    def excused(self) -> set[str]:
        """Lines that may be gone."""
        return {
            line
            for written in self.files.all
            if written not in self.files.names.values() or written.torn or written.rest_came
            for line in [*written.lines, written.rest]
        }

    def take_back(self, text: str) -> None:
        self.come.discard(text)
        for written in self.files.all:
            if text in written.lines:
                written.expected = min(written.expected, written.lines.index(text))

    @precondition(lambda self: self.tail is not None)
    @rule(later_s=st.sampled_from([0.0, 1.0, 30.0, SUPERSEDED_QUIET_S]))
    def look(self, later_s: float = 0.0) -> None:
        assert self.tail is not None
        self.now_s += later_s
        for written in self.files.all:
            away = written is not self.files.live
            if away and self.now_s - written.changed_at_s >= SUPERSEDED_QUIET_S:
                written.close()
        self.tail.look(self.now_s)
        self.note_what_is_seen()

    @precondition(lambda self: self.tail is not None)
    @rule()
    def look_and_read(self) -> None:
        """Do what a logtailor does at each event."""
        self.look()
        self.read(batches_max=1000)

    @precondition(lambda self: self.tail is not None)
    @rule(batches_max=st.sampled_from([1000, 1, 2]))
    def read(self, batches_max: int) -> None:
        assert self.tail is not None
        for _ in range(batches_max):
            got = self.tail.read(self.now_s)
            if got is None:
                self.note_what_is_known()
                break
            assert got.after == self.cursor, "the chain holds"
            self.cursor = got.next
            assert self.tail.cursor == self.cursor
            if isinstance(got, Lost):
                self.losses.append(got)
                continue
            self.last = got
            assert len(got.offsets) == len(got.texts)
            for text, offset in zip(got.texts, got.offsets, strict=True):
                self.take(text, offset)

    def take(self, text: str, offset: int) -> None:
        assert text not in self.come, "each line comes once"
        self.come.add(text)
        for written in self.files.all:
            if text in written.lines:
                index = written.lines.index(text)
                assert index == written.expected, "lines come in their order"
                written.expected = index + 1
                assert written.data[offset:].lstrip(b"\0").startswith(text.encode())
                return
            if text == written.rest:
                assert written.fd is None, "a partial line waits for its newline"
                assert not (written.torn and written.known), "a torn line is lost"
                written.rest_came = True
                return
            torn = written.torn and not written.known
            if torn and any(line.startswith(text) for line in written.lines[written.reachable :]):
                return  # the rest of a copy of what nobody has seen before
        pytest.fail(f"nobody wrote the line {text!r}")


FilesOfASource.TestCase.settings = settings(stateful_step_count=40)
TestFilesOfASource = FilesOfASource.TestCase
