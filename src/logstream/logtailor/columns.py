"""Records of a file to the columns that travel: the hot path of a logtailor.

What can be done for a whole batch by the interpreter's own loops is. Rules: S3, S4, S10.
"""

from collections.abc import Callable, Sequence
from itertools import compress
from operator import sub
from typing import NamedTuple, Protocol, TypeVar

from logstream.formats.base import Columns, Format
from logstream.protocol.messages import LinesBody

Value = TypeVar("Value")


class Passes(Protocol):
    """Says which records pass a filter."""

    def __call__(
        self,
        texts: Sequence[str],
        *,
        unix_time: Sequence[float | None],
        http_status: Sequence[int | None] | None,
        request_id: Sequence[str | None] | None,
        now_s: float,
    ) -> Sequence[bool]:
        """Say it for each."""


class Read(NamedTuple):
    """Records with what their format read of them; each list is as long as ``texts``."""

    texts: Sequence[str]
    offsets: Sequence[int]
    cut: dict[int, int]
    columns: Columns


class ColumnMaker:
    """Reads the records of one source under one filter.

    Args:
        format_: How they are written.
        passes: The filter; None: all pass.
        unix_time: Gives Unix time: for dates without a year.
    """

    def __init__(
        self, format_: Format, passes: Passes | None, unix_time: Callable[[], float]
    ) -> None:
        self._format = format_
        self._passes = passes
        self._unix_time = unix_time

    def read(self, texts: Sequence[str], offsets: Sequence[int], cut: dict[int, int]) -> Read:
        """Give the records that pass, with their columns."""
        now_s = self._unix_time()
        columns = self._format.columns(texts, now_s=now_s)
        if self._passes is None:
            return Read(texts, offsets, cut, columns)
        passing = self._passes(
            texts,
            unix_time=columns.unix_time,
            http_status=columns.http_status,
            request_id=columns.request_id,
            now_s=now_s,
        )
        return select(Read(texts, offsets, cut, columns), passing)


def select(read: Read, passing: Sequence[bool]) -> Read:
    """Keep some of the records."""
    texts, offsets, cut, columns = read
    if cut:
        kept = list(compress(range(len(texts)), passing))
        cut = {place: cut[index] for place, index in enumerate(kept) if index in cut}
    return Read(
        list(compress(texts, passing)),
        list(compress(offsets, passing)),
        cut,
        Columns(
            list(compress(columns.unix_time, passing)),
            _selected(columns.http_status, passing),
            _selected(columns.request_id, passing),
        ),
    )


def body_of(read: Read) -> LinesBody:
    """Give the columns as they travel: of the offsets the first, then the differences."""
    offsets = read.offsets
    return LinesBody(
        at=[*offsets[:1], *map(sub, offsets[1:], offsets)],
        unix_time=read.columns.unix_time,
        text=list(read.texts),
        http_status=read.columns.http_status,
        request_id=read.columns.request_id,
        cut=read.cut or None,
    )


def _selected(column: list[Value] | None, passing: Sequence[bool]) -> list[Value] | None:
    return None if column is None else list(compress(column, passing))
