"""One generation between two offsets, piece by piece, from either end: what history reads.

A piece is some whole lines, or one line that is longer than a piece or has no LF. Its records have
exactly the texts that the live reader gives (`reader`), and begin where that lets them
begin: a line of which the grouping says so is a start wherever reading began, so that reading
backwards looks for one. Only where there is none within ``SYNC_MAX_BYTES`` are the lines between
grouped from there.

Nothing here holds more than a piece, and no call takes longer than reading one: where the end of a
long line is looked for, or a compressed file inflated up to the place, a call gives None, and the
caller comes again. Every method may raise OSError. Rules: S4, S9, S11.
"""

from itertools import accumulate, count, pairwise
from operator import add
from typing import Final, NamedTuple

from logstream.model.limits import RECORD_MAX_BYTES
from logstream.tail.base import Grouping
from logstream.tail.opened import OpenedFile
from logstream.tail.records import record_starts
from logstream.tail.splitter import (
    BYTE_ORDER_MARK,
    decode_cut,
    decode_rest,
    leading_nuls,
    split,
)

PIECE_MIN_BYTES: Final = 64 * 1024
GROUPED_PIECE_MIN_BYTES: Final = 2 * RECORD_MAX_BYTES
"""A piece of records of several lines: holds one at least, and where the next one begins."""
SYNC_MAX_BYTES: Final = 1024 * 1024
"""How far back the start of a record is looked for."""
INFLATED_AT_ONCE_BYTES: Final = 512 * 1024
"""How much is inflated in one call, on the way to a place: some 2 ms."""
CHECK_BYTES: Final = 64
"""What a cursor's check is over."""
SHORTER: Final = "the file is shorter than it was: it was truncated"
FAR: Final = 1 << 62
"""Behind the end of any content."""


class Piece(NamedTuple):
    """A part of a generation, from where a record starts to where one ends.

    Attributes:
        start: Where it begins.
        end: Where it ends.
        data: Its bytes, if they are whole lines; of a single line its first bytes.
        single: Whether it is a single line, or bytes that no record has (NULs before a text).
        text_at: Where the text of a single line begins; what is before it belongs to no text.
        records: Known already where records have several lines.
    """

    start: int
    end: int
    data: bytes
    single: bool = False
    text_at: int = 0
    records: "PieceRecords | None" = None

    def before(self, offset: int) -> bytes | None:
        """Give the bytes before an offset that a cursor's check is over, if they are here."""
        have = offset - self.start
        if self.single or (have < CHECK_BYTES and self.start > 0) or have > len(self.data):
            return None
        return self.data[max(0, have - CHECK_BYTES) : have]


class PieceRecords(NamedTuple):
    """The records of a piece."""

    texts: list[str]
    offsets: list[int]
    """Where each starts."""
    cut: dict[int, int]
    """For each that was cut, by index: how many bytes the whole has."""


NO_RECORDS: Final = PieceRecords([], [], {})


class Scan:
    """Reads one generation between two offsets.

    Args:
        content: The generation's; not closed here.
        start: Where a record starts.
        end: Where a record ends; None: at the end of the content. A line without LF that ends there
            is a record.
        grouping: Which lines make a record; None: each is one.

    Attributes:
        start: As given.
        end: Where it ends; None while that is not known.
    """

    def __init__(
        self,
        content: OpenedFile,
        start: int,
        end: int | None,
        grouping: Grouping | None = None,
    ) -> None:
        self.start = start
        self.end = end
        self._content = content
        self._grouping = grouping
        self._line_start = -1
        """Where the long line begins whose end is looked for."""
        self._line_end = -1
        """Where the long line ends whose beginning is looked for."""
        self._searched = 0
        self._nuls_until: int | None = None
        """How far the NULs go that a long line begins with, as far as it was searched."""

    def settle(self) -> bool:
        """Find out where it ends; to be called until it says True, and needed to read backwards."""
        if self.end is None:
            self._content.reach(FAR, INFLATED_AT_ONCE_BYTES)
            size = self._content.size_bytes
            if size is None:
                return False
            self.end = max(size, self.start)
        return True

    def forward(self, position: int, size_bytes: int) -> Piece | None:
        """Give the piece that begins at a record's start.

        Args:
            position: Where; the end has been reached if it is not before ``end``.
            size_bytes: How much to read at the most; at least ``PIECE_MIN_BYTES``.
        """
        if not self._reached(position):
            return None
        if self._line_start == position:
            return self._find_line_end(size_bytes)
        if self._grouping is not None:
            size_bytes = max(size_bytes, GROUPED_PIECE_MIN_BYTES)
        data, at_end = self._read(position, size_bytes)
        after = data.rfind(b"\n") + 1
        if after:
            return self._lines(position, data[:after], last_is_whole=at_end)
        return self._lineless(position, data, at_end=at_end) if data else None

    def backward(self, position: int, size_bytes: int) -> Piece | None:
        """Give the piece that ends at a record's end.

        Args:
            position: Where; the start has been reached if it is not behind ``start``.
            size_bytes: How much to read at the most; at least ``PIECE_MIN_BYTES``.
        """
        if self._line_end == position:
            return self._find_line_start(size_bytes)
        if self._grouping is not None:
            size_bytes = max(size_bytes, GROUPED_PIECE_MIN_BYTES)
        low = max(self.start, position - size_bytes)
        if not self._reached(low):
            return None
        data = self._content.pread(low, position - low)
        rest = len(data) - data.rfind(b"\n") - 1
        if len(data) < position - low:
            raise OSError(SHORTER)
        if rest and (rest < len(data) or low == self.start):
            return self._single(position - rest, position)
        first = 0 if low == self.start else data.find(b"\n") + 1
        if first == len(data) or rest:
            self._line_end, self._searched, self._nuls_until = position, position, None
            return self._find_line_start(size_bytes)
        if self._grouping is None:
            return Piece(low + first, position, data[first:])
        return self._grouped_back(low + first, position, data[first:], size_bytes)

    def records(self, piece: Piece) -> PieceRecords:
        """Give the records of a piece of this."""
        if piece.records is not None:
            return piece.records
        if piece.single:
            return self._single_record(piece)
        texts, offsets = lines_at(piece.start, piece.data)
        cut = self._cut_long(texts, offsets)
        offsets.pop()
        return PieceRecords(texts, offsets, cut)

    # --- lines -----------------------------------------------------------------------------------

    def _reached(self, offset: int) -> bool:
        """Inflate a little, if the place is not inflated yet."""
        return self._content.reach(offset, INFLATED_AT_ONCE_BYTES)

    def _read(self, position: int, size_bytes: int) -> tuple[bytes, bool]:
        """Read up to the end at the most; tell whether it was reached."""
        end = self.end
        wanted = size_bytes if end is None else min(size_bytes, end - position)
        data = self._content.pread(position, wanted) if wanted > 0 else b""
        if len(data) < wanted:
            if end is not None:
                raise OSError(SHORTER)
            end = self.end = position + len(data)
        return data, end is not None and position + len(data) >= end

    def _lines(self, position: int, data: bytes, *, last_is_whole: bool) -> Piece:
        if self._grouping is None:
            return Piece(position, position + len(data), data)
        lines, offsets = lines_at(position, data)
        firsts = record_starts(self._grouping.starts(lines), offsets)
        firsts.append(len(lines))
        if not last_is_whole and len(firsts) > 2:  # noqa: PLR2004 - one alone is as long as it gets
            firsts.pop()
        return self._grouped(lines, offsets, firsts, position, data)

    def _grouped_back(self, start: int, end: int, data: bytes, size_bytes: int) -> Piece | None:
        """Group from the first sure start on, and look further back if there is none."""
        assert self._grouping is not None  # noqa: S101 - the caller has asked
        lines, offsets = lines_at(start, data)
        starts = self._grouping.starts(lines)
        sure = 0
        if start > self.start:
            try:
                sure = starts.index(True, 1)
            except ValueError:
                if size_bytes < SYNC_MAX_BYTES:
                    return self.backward(end, SYNC_MAX_BYTES)
        lines, offsets = lines[sure:], offsets[sure:]
        firsts = record_starts(starts[sure:], offsets)
        firsts.append(len(lines))
        return self._grouped(lines, offsets, firsts, offsets[0], data[offsets[0] - start :])

    def _grouped(
        self, lines: list[str], offsets: list[int], firsts: list[int], start: int, data: bytes
    ) -> Piece:
        after = firsts[-1]
        cut = self._cut_long(lines, offsets)
        texts = [
            lines[first] if next_ == first + 1 else "\n".join(lines[first:next_])
            for first, next_ in pairwise(firsts)
        ]
        cut = (
            {record: cut[first] for record, first in enumerate(firsts[:-1]) if first in cut}
            if cut
            else {}
        )
        end = offsets[after]
        records = PieceRecords(texts, [offsets[first] for first in firsts[:-1]], cut)
        return Piece(start, end, data[: end - start], records=records)

    def _cut_long(self, texts: list[str], offsets: list[int]) -> dict[int, int]:
        """Cut the texts that are too long; give how many bytes each had."""
        cut: dict[int, int] = {}
        if offsets[-1] - offsets[0] > RECORD_MAX_BYTES:
            for index, (start, after) in enumerate(pairwise(offsets)):
                if after - start > RECORD_MAX_BYTES:
                    record = self._single_record(self._single(start, after))
                    texts[index : index + 1] = record.texts
                    if record.cut:
                        cut[index] = record.cut[0]
        return cut

    # --- single lines ----------------------------------------------------------------------------

    def _textless(self, position: int, data: bytes) -> int:
        """Count the bytes at the beginning of a line that are no part of its text."""
        if position == 0 and data.startswith(BYTE_ORDER_MARK):
            return len(BYTE_ORDER_MARK)
        return leading_nuls(data)

    def _lineless(self, position: int, data: bytes, *, at_end: bool) -> Piece | None:
        """Deal with bytes that hold no LF."""
        skipped = self._textless(position, data)
        if skipped:
            return Piece(position, position + skipped, b"", single=True)
        if not at_end:
            self._line_start, self._searched = position, position + len(data)
            return None
        return self._single(position, position + len(data))

    def _single(self, start: int, end: int, text_at: int | None = None) -> Piece:
        position = start if text_at is None else text_at
        data = self._content.pread(position, min(end - position, RECORD_MAX_BYTES + 2))
        textless = self._textless(position, data)
        while textless and position < end:
            position += textless
            data = self._content.pread(position, min(end - position, RECORD_MAX_BYTES + 2))
            textless = self._textless(position, data)
        return Piece(start, end, data, single=True, text_at=position)

    def _single_record(self, piece: Piece) -> PieceRecords:
        _, end, data, _, text_at, _ = piece
        if not data:
            return NO_RECORDS
        ending = self._content.pread(max(text_at, end - 2), min(2, end - text_at))
        whole_bytes = end - text_at
        has_lf = ending.endswith(b"\n")
        if has_lf:
            whole_bytes -= 2 if ending == b"\r\n" else 1
        if whole_bytes > RECORD_MAX_BYTES:
            return PieceRecords([decode_cut(data[:RECORD_MAX_BYTES])], [text_at], {0: whole_bytes})
        return PieceRecords([decode_rest(data[:whole_bytes])], [text_at], {})

    def _find_line_end(self, size_bytes: int) -> Piece | None:
        start = self._line_start
        data, at_end = self._read(self._searched, size_bytes)
        lf = data.find(b"\n")
        if lf < 0 and not at_end:
            self._searched += len(data)
            return None
        end = self._searched + (len(data) if lf < 0 else lf + 1)
        self._line_start = -1
        return self._single(start, end)

    def _find_line_start(self, size_bytes: int) -> Piece | None:
        """Look for the LF before a long line; a hole may lie before its text."""
        end, high = self._line_end, self._searched
        low = max(self.start, high - size_bytes)
        if not self._reached(low):
            return None
        data = self._content.pread(low, high - low)
        lf = data.rfind(b"\n", 0, len(data) - (high == end))
        start = low + lf + 1
        beginning = data[lf + 1 :]
        if beginning.strip(b"\0"):
            self._nuls_until = None
        elif beginning and self._nuls_until is None:
            self._nuls_until = high
        if lf < 0 and low > self.start:
            self._searched = low
            return None
        self._line_end = -1
        return self._single(start, end, self._nuls_until)


def lines_at(position: int, whole: bytes) -> tuple[list[str], list[int]]:
    """Split whole lines at a position.

    Returns:
        Their texts, and their offsets; and one more, where they end.
    """
    if position == 0 and whole.startswith(BYTE_ORDER_MARK):
        texts, plain = split(whole[len(BYTE_ORDER_MARK) :]), False
    else:
        texts = split(whole)
        plain = whole.isascii() and b"\r" not in whole and b"\0" not in whole
    lengths = map(len, texts if plain else whole.split(b"\n")[:-1])
    # Each line is one byte longer than what is before its LF.
    return texts, list(map(add, accumulate(lengths, initial=position), count()))
