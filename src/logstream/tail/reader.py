"""One open content: how far it has been read, and whether it is still the same.

The position is always at the start of a record; the bytes of a line without its LF, or of a record
that may go on, are not kept but read again when there are more, so that a reader holds no text.
Only in a line longer than ``RECORD_MAX_BYTES`` does it remember how far it has looked for the LF.

Each read checks that the content before the position is still there: a file may be truncated, and
may have grown past the position again with other bytes.

Nothing here waits or reads a clock. Every method may raise OSError.
"""

from itertools import accumulate, count, pairwise
from operator import add
from typing import Final, NamedTuple

from logstream.model.limits import BATCH_MAX_BYTES, RECORD_MAX_BYTES, RECORD_WAIT_S
from logstream.tail.base import Grouping
from logstream.tail.cursors import HEAD_MAX_BYTES, TAIL_MAX_BYTES
from logstream.tail.opened import OpenedFile
from logstream.tail.place import Place, last_line_end, place_at
from logstream.tail.records import record_starts
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

REACH_BYTES: Final = 2 * 1024 * 1024
"""How much of a compressed file is inflated in one step on the way to a position."""


class Block(NamedTuple):
    """Some records, and where each starts."""

    texts: list[str]
    offsets: list[int]
    cut: dict[int, int]


PROGRESS: Final = Block([], [], {})
"""Bytes were passed over, and gave no record: a long line, or a hole."""

TRUNCATED: Final = Block([], [], {})
"""The content is gone; another one is in its place."""


class Reader:
    """Reads the records of one open file.

    Args:
        file: Closed with the reader.
        grouping: Which lines make a record; None: each is one.
        place: Where to begin; None: at the start.

    Attributes:
        file: The file.
        position: Where the next record starts.
        torn: Whether an unfinished line at the end is none: the rest of it was lost.
    """

    __slots__ = (
        "_caught_up_at",
        "_finished_bytes",
        "_grouping",
        "_head",
        "_pending",
        "_scanned",
        "_scanned_tail",
        "_tail",
        "file",
        "position",
        "torn",
    )

    def __init__(
        self, file: OpenedFile, grouping: Grouping | None = None, place: Place | None = None
    ) -> None:
        self.file = file
        self._grouping = grouping
        self.torn = False
        self._begin(Place(0, b"", b"") if place is None else place)

    def _begin(self, place: Place) -> None:
        """Read from ``place`` on, with nothing else remembered."""
        self.position, self._head, self._tail = place
        self._scanned = self.position
        """How far a long line was searched for its LF."""
        self._scanned_tail = b""
        self._caught_up_at: tuple[int, int] | None = None
        """The file's state when everything was read."""
        self._finished_bytes = -1
        """The size at which the rest is a line without its LF."""
        self._pending: tuple[tuple[int, int], float] | None = None
        """The file's state when a record that may go on was first seen so, and when that was."""

    @property
    def place(self) -> Place:
        """The position after the last record that was given."""
        return Place(self.position, self._head, self._tail)

    @property
    def head(self) -> bytes:
        """The content's first bytes, as far as they were seen."""
        return self._head

    @property
    def tail(self) -> bytes:
        """The bytes before the position."""
        return self._tail

    @property
    def caught_up(self) -> bool:
        """Whether everything that the file has now was read."""
        return self._caught_up_at == self.file.state

    @property
    def waits_since_s(self) -> float | None:
        """Since when a record that may go on is waited for."""
        return None if self._pending is None else self._pending[1]

    @property
    def is_same(self) -> bool:
        """Whether the content that was read is still there, as far as the file can be read."""
        try:
            return self.file.compressed or self.place.lies_in(self.file)
        except OSError:
            return True

    def see_head(self) -> bytes:
        """Look at the first bytes, if not enough of them are known yet."""
        if not self._head:
            self._head = self.file.pread(0, HEAD_MAX_BYTES)
        return self._head

    def skip_to_end(self, size_bytes: int | None = None) -> None:
        """Position at the end, or at the start of its unfinished line.

        Args:
            size_bytes: Take this for the end; None: the file's size.
        """
        end = self.file.status.st_size
        if size_bytes is not None:
            end = min(end, size_bytes)
        self._begin(place_at(self.file, last_line_end(self.file, end)))

    def read(self, now_s: float = 0.0) -> Block | None:
        """Read the next records.

        Returns:
            At most ``BATCH_MAX_BYTES`` of the file, or one longer record; no text at all if much
            was passed over without a line's end, or if it is ``TRUNCATED``; None if there is
            nothing more just now.
        """
        for _ in range(STEPS_MAX):
            block = self._step(now_s)
            if block is None or block.texts or block is TRUNCATED:
                return block
        return PROGRESS

    def finish(self) -> bool:
        """Let the rest be a line without an LF, unless more is written.

        Returns:
            Whether there is such a rest.
        """
        size = self.file.status.st_size
        self._finished_bytes = size
        self._pending = None
        if self.position < size:
            self._caught_up_at = None
            return True
        return False

    def close(self) -> None:
        """Close the file; the reader is of no use any more."""
        self.file.close()

    def _step(self, now_s: float) -> Block | None:
        """Read one block; None: nothing more just now."""
        file = self.file
        state = file.state
        if state == self._caught_up_at:
            return None
        if self._pending is not None and self._pending[0] == state:
            if now_s < self._pending[1] + RECORD_WAIT_S:
                return None
        else:
            self._pending = None
        if not file.reach(self._scanned, REACH_BYTES):
            return PROGRESS
        if self._scanned > self.position:
            return self._scan(state)
        return self._read_block(BATCH_MAX_BYTES, state, now_s)

    def _read_block(self, size_bytes: int, state: tuple[int, int], now_s: float) -> Block | None:
        tail = self._tail
        tail_bytes = len(tail)
        block = self.file.pread(self.position - tail_bytes, tail_bytes + size_bytes)
        if not self._same(block, tail):
            return TRUNCATED
        end = block.rfind(b"\n") + 1
        if end <= tail_bytes:
            rest = block[tail_bytes:]
            if size_bytes > BATCH_MAX_BYTES:
                return self._long_line(state)
            if self._grouping is None or len(rest) < size_bytes or self._needless_bytes(rest):
                return self._unfinished(rest, state)
            # More lines may belong to this one, as long as they all fit.
            return self._read_block(RECORD_MAX_BYTES, state, now_s)
        if self._grouping is not None:
            return self._group(block, end, size_bytes, state, now_s)
        whole = block[tail_bytes:end]
        texts, offsets = self._split(whole)
        offsets.pop()
        self._advance(whole)
        return Block(texts, offsets, {})

    def _split(self, whole: bytes) -> tuple[list[str], list[int]]:
        """Split whole lines at the position; one offset more than lines, where they end."""
        if self.position == 0 and whole.startswith(BYTE_ORDER_MARK):
            texts = split(whole[len(BYTE_ORDER_MARK) :])
            plain = False
        else:
            texts = split(whole)
            plain = whole.isascii() and b"\r" not in whole and b"\0" not in whole
        if plain:
            lengths = map(len, texts)
        else:
            pieces = whole.split(b"\n")
            pieces.pop()
            lengths = map(len, pieces)
        # Each line is one byte longer than its text.
        return texts, list(map(add, accumulate(lengths, initial=self.position), count()))

    def _group(
        self, block: bytes, end: int, size_bytes: int, state: tuple[int, int], now_s: float
    ) -> Block | None:
        """Give the records of a block of so many bytes, if it is not the end of the file."""
        assert self._grouping is not None  # noqa: S101 - the caller has asked
        full = len(block) == len(self._tail) + size_bytes
        last_is_whole = not full and self._waited(state, now_s)
        grouped = self._grouped(self._grouping, block, end, last_is_whole=last_is_whole)
        if grouped is not None or not full:
            return grouped
        if size_bytes > BATCH_MAX_BYTES:  # one more line would be too much
            return self._grouped(self._grouping, block, end, last_is_whole=True)
        return self._read_block(RECORD_MAX_BYTES, state, now_s)

    def _grouped(
        self, grouping: Grouping, block: bytes, end: int, *, last_is_whole: bool
    ) -> Block | None:
        """Give the records of a block; the last one only if it is whole."""
        tail_bytes = len(self._tail)
        lines, offsets = self._split(block[tail_bytes:end])
        firsts = record_starts(grouping.starts(lines), offsets, bytes_max=RECORD_MAX_BYTES)
        if last_is_whole:
            firsts.append(len(lines))
        if len(firsts) == 1:
            return None
        self._pending = None
        after = firsts[-1]
        if after == len(firsts) - 1:  # each line is a record
            texts = lines[:after]
        else:
            texts = [
                lines[first] if next_ == first + 1 else "\n".join(lines[first:next_])
                for first, next_ in pairwise(firsts)
            ]
        starts = [offsets[first] for first in firsts[:-1]]
        self._advance(block[tail_bytes : tail_bytes + offsets[after] - self.position])
        return Block(texts, starts, {})

    def _waited(self, state: tuple[int, int], now_s: float) -> bool:
        """Tell whether a record that may go on at the end of the file has been waited for."""
        if self.file.compressed or self._finished_bytes == state[0]:
            return True
        if self._pending is None:
            self._pending = (state, now_s)
        return now_s >= self._pending[1] + RECORD_WAIT_S

    def _same(self, block: bytes, tail: bytes) -> bool:
        """Tell whether the content that was read is still there.

        The bytes before the position come with the same read as those after it, the beginning is
        looked at later: of bytes that are taken for the next ones, none can be another content's.
        """
        if self.file.compressed:  # nobody truncates it, and to go back to its start is dear
            return block.startswith(tail)
        head = self._head
        return block.startswith(tail) and self.file.pread(0, len(head)) == head

    def _unfinished(self, rest: bytes, state: tuple[int, int]) -> Block | None:
        """Deal with a block that holds no LF."""
        needless_bytes = self._needless_bytes(rest)
        if needless_bytes:
            return self._pass_over(needless_bytes)
        if len(rest) == BATCH_MAX_BYTES:
            return self._long_line(state)
        if rest and self._is_finished(state):
            offset = self.position
            self._pass_over(len(rest))
            text = decode_rest(rest)
            return Block([text], [offset], {}) if text else PROGRESS
        self._caught_up_at = state
        return None

    def _needless_bytes(self, rest: bytes) -> int:
        """Count the bytes at the position that will not be part of a text."""
        if self.position == 0 and rest.startswith(BYTE_ORDER_MARK):
            return len(BYTE_ORDER_MARK)
        nuls = leading_nuls(rest)
        if nuls == BATCH_MAX_BYTES:
            return max(BATCH_MAX_BYTES, self.file.hole_bytes(self.position))
        return nuls if nuls < len(rest) else 0

    def _is_finished(self, state: tuple[int, int]) -> bool:
        """Tell whether the rest of the file is a line, though it has no LF."""
        finished = self.file.compressed or self._finished_bytes == state[0]
        return finished and not self.torn

    def _long_line(self, state: tuple[int, int]) -> Block | None:
        """Read a line that is longer than a block."""
        longest = RECORD_MAX_BYTES + LINE_END_MAX_BYTES
        record = self.file.pread(self.position, longest)
        lf = record.find(b"\n")
        if lf >= 0:
            return self._record(lf, self.position + lf + 1)
        if len(record) < longest:
            if self._is_finished(state):
                return self._record(len(record), self.position + len(record))
            self._caught_up_at = state
            return None
        self._scanned = self.position + len(record)
        self._scanned_tail = record[-TAIL_MAX_BYTES:]
        return PROGRESS

    def _scan(self, state: tuple[int, int]) -> Block | None:
        """Look for the end of a line that is too long to be given whole."""
        tail = self._scanned_tail
        tail_bytes = len(tail)
        block = self.file.pread(self._scanned - tail_bytes, tail_bytes + BATCH_MAX_BYTES)
        if not self._same(block, tail):  # begin the line anew, if that is still there
            self._scanned = self.position
            return PROGRESS
        lf = block.find(b"\n", tail_bytes)
        if lf >= 0:
            end = self._scanned - tail_bytes + lf
            return self._record(end - self.position, end + 1)
        if len(block) > tail_bytes:
            self._scanned += len(block) - tail_bytes
            self._scanned_tail = block[-TAIL_MAX_BYTES:]
            return PROGRESS
        if self._is_finished(state):
            return self._record(self._scanned - self.position, self._scanned)
        self._caught_up_at = state
        return None

    def _record(self, whole_bytes: int, end: int) -> Block:
        """Give one long line, cut if it must be; go on at ``end``."""
        start = self.position
        head = self.file.pread(start, min(whole_bytes, RECORD_MAX_BYTES + 1))
        last = start + whole_bytes - 1
        if end > last + 1 and self.file.pread(last, 1) == b"\r":
            whole_bytes -= 1
        self._begin(place_at(self.file, end))
        if whole_bytes <= RECORD_MAX_BYTES:
            return Block([decode_rest(head[:whole_bytes])], [start], {})
        return Block([decode_cut(head[:RECORD_MAX_BYTES])], [start], {0: whole_bytes})

    def _advance(self, whole: bytes) -> None:
        """Go on behind some lines at the position.

        The beginning is taken from what was read, as the file may have been truncated since.
        """
        if len(self._head) < HEAD_MAX_BYTES:
            new = max(0, len(self._head) - self.position)
            self._head = (self._head + whole[new:])[:HEAD_MAX_BYTES]
        self.position += len(whole)
        self._scanned = self.position
        self._tail = (self._tail + whole[-TAIL_MAX_BYTES:])[-TAIL_MAX_BYTES:]

    def _pass_over(self, skipped_bytes: int) -> Block:
        place = place_at(self.file, self.position + skipped_bytes)
        self.position, self._head, self._tail = place
        self._scanned = self.position
        return PROGRESS
