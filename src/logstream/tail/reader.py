"""One open file: how far it has been read, and whether it is still the same content.

The position is always at the start of a line; the bytes of a line without its LF are not kept but
read again when there are more, so that a reader holds no text. Only in a line longer than
``RECORD_MAX_BYTES`` does it remember how far it has looked for the LF.

Each read checks that the content before the position is still there. A file that was truncated (it
is smaller, or has grown past the position again with other bytes) is read from its start.

Files are read with pread: mmap kills the process when a file is truncated under it. Nothing here
waits or reads a clock. Every method may raise OSError.
"""

import os
from typing import Final

from logstream.model.limits import BATCH_MAX_BYTES, RECORD_MAX_BYTES
from logstream.tail.base import Lines
from logstream.tail.identity import HEAD_MAX_BYTES, START, TAIL_MAX_BYTES, FileKey, Place, place_at
from logstream.tail.splitter import (
    BYTE_ORDER_MARK,
    decode_cut,
    decode_rest,
    leading_nuls,
    split,
)

STEPS_MAX: Final = 64
"""Steps without a line in one read: 64 of ``BATCH_MAX_BYTES`` take a millisecond or two."""

LINE_END_MAX_BYTES: Final = 2
"""CR LF."""

FORMER_HEADS_MAX: Final = 4
"""Truncations between two looks at the names, at which copies are recognised."""

PROGRESS: Final = Lines([], {})
"""Bytes were passed over, and gave no line: a long line, or a hole."""

RESTARTED: Final = Lines([], {})
"""The file was truncated; what is in it now has not been read."""


class Reader:
    """Reads the lines of one open file.

    Attributes:
        key: Where the file lies.
        former_heads: The beginnings of the contents before the last truncations, at most
            ``FORMER_HEADS_MAX``.
    """

    __slots__ = (
        "_caught_up_at",
        "_discarding",
        "_fd",
        "_finished_bytes",
        "_head",
        "_position",
        "_scanned",
        "_scanned_tail",
        "_tail",
        "former_heads",
        "key",
    )

    def __init__(self, fd: int) -> None:
        """Read from the start; ``fd`` is the reader's from now on."""
        self._fd = fd
        self._begin(START)
        self.key = FileKey.of(os.fstat(fd))
        self.former_heads: list[bytes] = []

    def _begin(self, place: Place) -> None:
        """Read from ``place`` on, with nothing else remembered."""
        self._position, self._head, self._tail = place
        self._scanned = self._position
        """How far a long line was searched for its LF."""
        self._scanned_tail = b""
        self._discarding = False
        """Whether the line at the position began too far back to be given."""
        self._caught_up_at: tuple[int, int] | None = None
        """The file's state when everything was read."""
        self._finished_bytes = -1
        """The size at which the rest is a line without its LF."""

    @property
    def place(self) -> Place:
        """The position after the last line that was given."""
        return Place(self._position, self._head, self._tail)

    @property
    def caught_up(self) -> bool:
        """Whether everything that the file has now was read."""
        return self._caught_up_at == self.state

    @property
    def state(self) -> tuple[int, int]:
        """The file's size, and its time of change in nanoseconds; other ones mean a write."""
        status = os.fstat(self._fd)
        return status.st_size, status.st_mtime_ns

    @property
    def exists(self) -> bool:
        """Whether the file still has a name somewhere."""
        return os.fstat(self._fd).st_nlink > 0

    def beginning(self) -> bytes:
        """Give the first bytes of the file as they are now, read or not."""
        return os.pread(self._fd, HEAD_MAX_BYTES, 0)

    @property
    def heads(self) -> list[bytes]:
        """The first bytes of the contents that were read: this one, and the truncated ones."""
        return [self._head, *self.former_heads]

    def expect(self, beginning: bytes) -> None:
        """Take a file that begins otherwise for truncated, though nothing has been read of it."""
        self._head = beginning

    @property
    def end(self) -> Place:
        """The end of the file as it is now."""
        return place_at(self._fd, os.fstat(self._fd).st_size)

    def holds(self, place: Place) -> bool:
        """Tell whether ``place`` lies in this content."""
        return place.lies_in(self._fd)

    def resume(self, place: Place) -> bool:
        """Go on at a place in this content.

        Returns:
            Whether the place lies in it; if not, nothing has changed.
        """
        if not self.holds(place):
            return False
        self._begin(place)
        return True

    def skip_to_end(self, size_bytes: int | None = None) -> None:
        """Position at the end, or at the start of its unfinished line.

        If the unfinished line is longer than ``RECORD_MAX_BYTES`` already, it is given up: the
        first line that is read is the one after it.

        Args:
            size_bytes: Take this for the end; None: the file's size.
        """
        size = os.fstat(self._fd).st_size
        end = size if size_bytes is None else min(size, size_bytes)
        base = max(0, end - RECORD_MAX_BYTES - 1)
        last_lf = os.pread(self._fd, end - base, base).rfind(b"\n")
        discarding = last_lf < 0 and base > 0
        self._begin(place_at(self._fd, end if discarding else base + last_lf + 1))
        self._discarding = discarding

    def read(self) -> Lines | None:
        """Read the next lines.

        Returns:
            At most ``BATCH_MAX_BYTES`` of the file, or one longer line; no text at all if much was
            passed over without a line's end, or if it is ``RESTARTED`` (read on); None if there is
            nothing more just now.
        """
        for _ in range(STEPS_MAX):
            lines = self._step()
            if lines is None or lines.texts or lines is RESTARTED:
                return lines
        return PROGRESS

    def finish(self) -> bool:
        """Let the rest be a line without an LF, unless more is written.

        Returns:
            Whether there is such a rest.
        """
        size = os.fstat(self._fd).st_size
        self._finished_bytes = size
        if self._position < size:
            self._caught_up_at = None
            return True
        return False

    def close(self) -> None:
        """Close the file; the reader is of no use any more."""
        os.close(self._fd)

    def _step(self) -> Lines | None:
        """Read one block; None: nothing more just now."""
        fd = self._fd
        status = os.fstat(fd)
        state = (status.st_size, status.st_mtime_ns)
        if state == self._caught_up_at:
            return None
        if self._scanned > self._position:
            return self._scan(state)
        tail = self._tail
        tail_bytes = len(tail)
        block = os.pread(fd, tail_bytes + BATCH_MAX_BYTES, self._position - tail_bytes)
        if not self._same(block, tail):
            return self._restart()
        end = block.rfind(b"\n") + 1
        if end <= tail_bytes:
            return self._unfinished(block[tail_bytes:], state)
        start = tail_bytes
        if self._discarding:
            start = block.index(b"\n", start) + 1
            self._discarding = False
        elif self._position == 0 and block.startswith(BYTE_ORDER_MARK):
            start = len(BYTE_ORDER_MARK)
        self._advance(block, tail_bytes, end)
        return Lines(split(block[start:end]), {})

    def _same(self, block: bytes, tail: bytes) -> bool:
        """Tell whether the content that was read is still there.

        The bytes before the position come with the same read as those after it, the beginning is
        looked at later: of bytes that are taken for the next ones, none can be another content's.
        """
        head = self._head
        return block.startswith(tail) and os.pread(self._fd, len(head), 0) == head

    def _unfinished(self, rest: bytes, state: tuple[int, int]) -> Lines | None:
        """Deal with a block that holds no LF."""
        needless_bytes = self._needless_bytes(rest)
        if needless_bytes:
            return self._pass_over(needless_bytes)
        if len(rest) == BATCH_MAX_BYTES:
            return self._long_line(state)
        if rest and self._finished_bytes == state[0]:
            self._pass_over(len(rest))
            text = decode_rest(rest)
            return Lines([text], {}) if text else PROGRESS
        self._caught_up_at = state
        return None

    def _needless_bytes(self, rest: bytes) -> int:
        """Count the bytes at the position that will not be part of a text."""
        if self._discarding:
            return len(rest)
        if self._position == 0 and rest.startswith(BYTE_ORDER_MARK):
            return len(BYTE_ORDER_MARK)
        nuls = leading_nuls(rest)
        if nuls == BATCH_MAX_BYTES:
            return self._hole_bytes()
        return nuls if nuls < len(rest) else 0

    def _hole_bytes(self) -> int:
        """Give the length of the hole at the position: known to the file system, or just read."""
        try:
            data = os.lseek(self._fd, self._position, os.SEEK_DATA)
        except OSError:  # no data up to the end, or a file system that cannot tell
            return BATCH_MAX_BYTES
        return max(BATCH_MAX_BYTES, data - self._position)

    def _long_line(self, state: tuple[int, int]) -> Lines | None:
        """Read a line that is longer than a block."""
        longest = RECORD_MAX_BYTES + LINE_END_MAX_BYTES
        record = os.pread(self._fd, longest, self._position)
        lf = record.find(b"\n")
        if lf >= 0:
            return self._record(lf, self._position + lf + 1)
        if len(record) < longest:
            if self._finished_bytes == state[0]:
                return self._record(len(record), self._position + len(record))
            self._caught_up_at = state
            return None
        self._scanned = self._position + len(record)
        self._scanned_tail = record[-TAIL_MAX_BYTES:]
        return PROGRESS

    def _scan(self, state: tuple[int, int]) -> Lines | None:
        """Look for the end of a line that is too long to be given whole."""
        tail = self._scanned_tail
        tail_bytes = len(tail)
        block = os.pread(self._fd, tail_bytes + BATCH_MAX_BYTES, self._scanned - tail_bytes)
        if not self._same(block, tail):
            return self._restart()
        lf = block.find(b"\n", tail_bytes)
        if lf >= 0:
            end = self._scanned - tail_bytes + lf
            return self._record(end - self._position, end + 1)
        if len(block) > tail_bytes:
            self._scanned += len(block) - tail_bytes
            self._scanned_tail = block[-TAIL_MAX_BYTES:]
            return PROGRESS
        if self._finished_bytes == state[0]:
            return self._record(self._scanned - self._position, self._scanned)
        self._caught_up_at = state
        return None

    def _record(self, whole_bytes: int, end: int) -> Lines:
        """Give one long line, cut if it must be; go on at ``end``."""
        head = os.pread(self._fd, min(whole_bytes, RECORD_MAX_BYTES + 1), self._position)
        last = self._position + whole_bytes - 1
        if end > last + 1 and os.pread(self._fd, 1, last) == b"\r":
            whole_bytes -= 1
        self._begin(place_at(self._fd, end))
        if whole_bytes <= RECORD_MAX_BYTES:
            return Lines([decode_rest(head[:whole_bytes])], {})
        return Lines([decode_cut(head[:RECORD_MAX_BYTES])], {0: whole_bytes})

    def _advance(self, block: bytes, start: int, end: int) -> None:
        """Go on behind the lines from ``start`` to ``end``.

        The beginning is taken from what was read, as the file may have been truncated since.
        """
        if len(self._head) < HEAD_MAX_BYTES:
            new = max(0, len(self._head) - self._position)
            self._head = (self._head + block[start + new : end])[:HEAD_MAX_BYTES]
        self._position += end - start
        self._scanned = self._position
        self._tail = block[max(0, end - TAIL_MAX_BYTES) : end]

    def _pass_over(self, skipped_bytes: int) -> Lines:
        place = place_at(self._fd, self._position + skipped_bytes)
        self._position, self._head, self._tail = place
        self._scanned = self._position
        return PROGRESS

    def _restart(self) -> Lines:
        """Begin again at the start: the file was truncated."""
        self.former_heads = [*self.former_heads, self._head][-FORMER_HEADS_MAX:]
        self._begin(START)
        return RESTARTED
