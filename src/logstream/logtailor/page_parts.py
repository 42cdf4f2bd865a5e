"""What a page of history is sent as: batches of its records, each chained to the one before.

Rules: S7 (chain), S8 (at most ``BATCH_MAX_BYTES`` of text or one record).
"""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from logstream.formats.base import Columns
from logstream.logtailor.columns import Read
from logstream.logtailor.sieve import Sifted
from logstream.model.cursor import distance_bytes
from logstream.model.limits import BATCH_MAX_BYTES
from logstream.tail.archive import Stretch
from logstream.tail.base import Lost
from logstream.tail.scan import Piece


class PageLines(NamedTuple):
    """Some records of a page; or none, which tells how far it is."""

    read: Read | None
    after: str
    next: str
    gen: int | None
    """Which component of ``next`` they moved; None where there are none."""


class Chain:
    """The parts of one page so far.

    Attributes:
        at: The cursor of what was told.
        parts: What is to be sent.
    """

    def __init__(self, at: str) -> None:
        self.at = at
        self.parts: list[PageLines | Lost] = []

    def records(self, stretch: Stretch, piece: Piece, sifted: Sifted) -> None:
        """Tell what was found in a piece; not how far that was searched."""
        for first, after in _batches(sifted):
            end = sifted.ends[after - 1]
            cursor = stretch.cursor_at(end, piece.before(end) or b"")
            read = _part(sifted.read, first, after)
            self.parts.append(PageLines(read, self.at, cursor, stretch.component))
            self.at = cursor

    def progress(self, cursor: str) -> None:
        """Tell that everything up to here was searched, unless that was told."""
        if distance_bytes(self.at, cursor) != 0:
            self.parts.append(PageLines(None, self.at, cursor, None))
            self.at = cursor

    def lost(self, lost: Lost) -> None:
        """Tell what is gone."""
        self.parts.append(lost._replace(after=self.at))
        self.at = lost.next

    def take(self) -> list[PageLines | Lost]:
        """Give the parts that were not given yet."""
        parts, self.parts = self.parts, []
        return parts


def trimmed(sifted: Sifted, text_max_bytes: int, *, at_least: int, newest: bool) -> Sifted:
    """Keep no more records than fit.

    Args:
        sifted: The records.
        text_max_bytes: What they may have together.
        at_least: How many are kept in any case.
        newest: Whether to keep the last ones.
    """
    offsets, ends = sifted.read.offsets, sifted.ends
    count = len(ends)
    if text_bytes(sifted) <= text_max_bytes:
        return sifted
    kept = used = 0
    for index in range(count - 1, -1, -1) if newest else range(count):
        used += ends[index] - offsets[index]
        if kept >= at_least and used > text_max_bytes:
            break
        kept += 1
    if kept == count:
        return sifted
    if newest:
        first = count - kept
        read = _part(sifted.read, first, count)
        return Sifted(read, ends[first:], ends[first - 1], sifted.end)
    return Sifted(_part(sifted.read, 0, kept), ends[:kept], sifted.start, offsets[kept])


def text_bytes(sifted: Sifted) -> int:
    """Give how much the records have together, in the file."""
    return sum(sifted.ends) - sum(sifted.read.offsets)


def _batches(sifted: Sifted) -> Iterator[tuple[int, int]]:
    """Say which records go together."""
    first = used = 0
    for index, (offset, end) in enumerate(zip(sifted.read.offsets, sifted.ends, strict=True)):
        used += end - offset
        if used > BATCH_MAX_BYTES and index > first:
            yield first, index
            first, used = index, end - offset
    if sifted.ends:
        yield first, len(sifted.ends)


def _part(read: Read, first: int, after: int) -> Read:
    texts, offsets, cut, columns = read
    if (first, after) == (0, len(texts)):
        return read
    statuses, request_ids = columns.http_status, columns.request_id
    return Read(
        list(islice(texts, first, after)),
        list(islice(offsets, first, after)),
        {index - first: size for index, size in cut.items() if first <= index < after},
        Columns(
            columns.unix_time[first:after],
            None if statuses is None else statuses[first:after],
            None if request_ids is None else request_ids[first:after],
        ),
    )
