"""Which records of a piece of history are wanted: by time, and by filter, as fast as that goes.

Where a filter shows some texts only, a whole piece is searched at once, and only the lines that are
found are made into records. Everything else goes record by record; both give the same. Pure but for
what the scan reads. Rules: S9 (a record without a time has the time of the one before), S10.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from logstream.formats.base import Columns, Format
from logstream.formats.filtering import Matcher
from logstream.logtailor.columns import Read, select
from logstream.tail.scan import Piece, PieceRecords, Scan, lines_at

UNKNOWN_S: Final = float("-inf")
"""The time of records before which no record has one: they are older than anything."""

_NOTHING: Final = Read([], [], {}, Columns([], None, None))

_NEAR_BYTES: Final = 8 * 1024
"""At the end of a piece: the lines that tell which time it has come to."""

TimeBefore = Callable[[int], float]
"""Gives the time of the last record before an offset that has one."""


class Sifted(NamedTuple):
    """The records of a piece that are wanted, in order.

    Attributes:
        read: The records.
        ends: Where each ends.
        start: Where the piece was searched from,
        end: and to; less than the whole where more records are wanted than are asked for.
    """

    read: Read
    ends: list[int]
    start: int
    end: int


class Sieve:
    """What is wanted.

    Args:
        format_: How the records are written.
        matcher: The filter; None: all pass.
        since: No record earlier than this; None: all.
        until: No record at this time or later; None: all.
        now_s: Unix time.
    """

    def __init__(
        self,
        format_: Format,
        matcher: Matcher | None,
        *,
        since: float | None,
        until: float | None,
        now_s: float,
    ) -> None:
        self._format = format_
        self._matcher = matcher
        self._since = UNKNOWN_S if since is None else since
        self._until = float("inf") if until is None else until
        self.timed = since is not None or until is not None
        self._now_s = now_s
        self.searches_blocks = (
            format_.grouping is None and matcher is not None and matcher.scans_blocks
        )

    def first_time(self, data: bytes) -> tuple[int, float] | None:
        """Find the first record with a time in bytes from anywhere; see ``locate.FirstTime``."""
        begin = data.find(b"\n") + 1
        end = data.rfind(b"\n") + 1
        if begin >= end:
            return None
        texts, offsets = lines_at(begin or 1, data[begin:end])
        starts = self._record_starts(texts)
        columns = self._format.columns(texts, now_s=self._now_s)
        for offset, start, time_s in zip(offsets, starts, columns.unix_time, strict=False):
            if start and time_s is not None:
                return offset, time_s
        return None

    def time_at_end(self, piece: Piece, *, newest: bool) -> float | None:
        """Give the last time at the end of a piece, or the first one at its beginning."""
        data = piece.data
        if piece.single:
            texts = [data[:_NEAR_BYTES].decode(errors="replace")]
        elif newest:
            near = data[-_NEAR_BYTES:]
            begin = near.find(b"\n") + 1 if len(near) < len(data) else 0
            texts, _ = lines_at(piece.start or 1, near[begin:] or near)
        else:
            near = data[:_NEAR_BYTES]
            texts, _ = lines_at(piece.start, near[: near.rfind(b"\n") + 1])
        times = self._format.columns(texts, now_s=self._now_s).unix_time
        known = [time_s for time_s in times if time_s is not None]
        return None if not known else known[-1] if newest else known[0]

    def sift(
        self, scan: Scan, piece: Piece, *, need: int, newest: bool, time_before: TimeBefore
    ) -> Sifted:
        """Give the records of a piece that are wanted.

        Args:
            scan: The piece's.
            piece: A part of a generation.
            need: No more are wanted than this,
            newest: of the newest ones, else of the oldest.
            time_before: Is asked where a record without a time comes first.
        """
        if self.searches_blocks and not piece.single:
            sifted = self._search(piece, need, newest=newest)
            if sifted is not None:
                return sifted
        records = scan.records(piece)
        read = self._read(records)
        passing = self._passing(read, lambda: time_before(piece.start))
        ends = [*records.offsets[1:], piece.end]
        kept = [index for index, passes in enumerate(passing) if passes]
        start, end = piece.start, piece.end
        if len(kept) > need:
            kept = kept[-need:] if newest else kept[:need]
            if newest:
                start = records.offsets[kept[0]]
            else:
                end = ends[kept[-1]]
            wanted = set(kept)
            passing = [index in wanted for index in range(len(passing))]
        if len(kept) < len(passing):
            read = select(read, passing)
        return Sifted(read, [ends[index] for index in kept], start, end)

    def _record_starts(self, texts: Sequence[str]) -> Sequence[bool]:
        grouping = self._format.grouping
        if grouping is None or not texts:
            return [True] * len(texts)
        return [False, *grouping.starts(texts)[1:]]  # of the first, nobody can tell

    def _read(self, records: PieceRecords) -> Read:
        texts, offsets, cut = records
        return Read(texts, offsets, cut, self._format.columns(texts, now_s=self._now_s))

    def _passing(self, read: Read, time_before: Callable[[], float]) -> list[bool]:
        columns = read.columns
        passing = [True] * len(read.texts)
        if self.timed:
            since, until = self._since, self._until
            times = _filled(columns.unix_time, time_before)
            passing = [since <= time_s < until for time_s in times]
        if self._matcher is not None and any(passing):
            matches = self._matcher.passes(
                read.texts,
                unix_time=columns.unix_time,
                http_status=columns.http_status,
                request_id=columns.request_id,
                now_s=self._now_s,
            )
            passing = [one and other for one, other in zip(passing, matches, strict=True)]
        return passing

    def _search(self, piece: Piece, need: int, *, newest: bool) -> Sifted | None:
        """Search a piece as a whole; None: it must be looked at record by record."""
        matcher = self._matcher
        data = piece.data
        if matcher is None or not matcher.scannable(data):
            return None
        found: list[tuple[int, int]] = []
        position = 0
        # Of the oldest, no more than are needed are looked for: some may not pass, then this is
        # asked again from there.
        wanted = len(data) if newest else need
        candidate = matcher.candidate
        while len(found) < wanted and position < len(data):
            at = candidate(data, position)
            if at < 0:
                position = len(data)
                break
            start = data.rfind(b"\n", position, at) + 1 or position
            position = data.index(b"\n", at) + 1
            found.append((start, position))
        searched = Sifted(_NOTHING, [], piece.start, piece.start + position)
        if not found:
            return searched
        base = piece.start
        texts = [data[start : after - 1].decode() for start, after in found]
        read = self._read(PieceRecords(texts, [base + start for start, _ in found], {}))
        if self.timed and None in read.columns.unix_time:
            return None  # the time of a record that was not made is needed
        passing = self._passing(read, lambda: UNKNOWN_S)
        ends = [base + after for _, after in found]
        kept = [index for index, passes in enumerate(passing) if passes]
        start = piece.start
        if len(kept) > need:
            kept = kept[-need:]
            start = base + found[kept[0]][0]
        if len(kept) < len(texts):
            wanted_ones = set(kept)
            read = select(read, [index in wanted_ones for index in range(len(texts))])
        return Sifted(read, [ends[index] for index in kept], start, base + position)


def _filled(times: Sequence[float | None], time_before: Callable[[], float]) -> list[float]:
    """Give records without a time that of the one before."""
    if None not in times:
        return [time_s for time_s in times if time_s is not None]
    filled = []
    last: float | None = None
    for time_s in times:
        if time_s is not None:
            last = time_s
        elif last is None:
            last = time_before()
        filled.append(last)
    return filled
