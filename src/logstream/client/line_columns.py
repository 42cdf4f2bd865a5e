"""Lines of one source as columns, as they travel: what a fast reader takes instead of objects.

A frame's columns are decoded at once by compiled code; a line's object, time as text and cursor are
made only where someone asks for them. Rules: S3, S4.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import accumulate
from typing import Final

from logstream.client.line import Line
from logstream.errors import BadMessage
from logstream.model import cursor as cursors
from logstream.model.source import Source
from logstream.protocol.base_lines import cut_mark
from logstream.protocol.frame import Packed, decode_body, unpack
from logstream.protocol.messages import LinesHeader

#: 9999-12-31 23:59:59 UTC: later times have no text.
_TIME_MAX_S: Final = 253_402_300_799
#: The largest offset that a cursor can hold: eighteen digits.
_OFFSET_MAX_BYTES: Final = 10**18 - 1


class LineColumns:
    """Some lines of one source, in the order of its file; each column is as long as ``text``.

    Attributes:
        source: Theirs.
        text: The records, without mark where they were cut: see ``cut``.
        unix_time: When each was written, Unix seconds; None where it does not say.
        http_status: Of each, or None where the log type has none.
        request_id: Of each, or None where the log type has none.
        cut: The bytes of the whole of each line that was cut, by index.
        filtered: Whether the source evaluated the filter; False: whoever wants one has to.
        late: Whether they come out of their order in time: see `client/reorder.py`.
    """

    __slots__ = (
        "_at",
        "_gen",
        "_next",
        "_offsets",
        "_start",
        "cut",
        "filtered",
        "http_status",
        "late",
        "request_id",
        "source",
        "text",
        "unix_time",
    )

    def __init__(
        self,
        source: Source,
        *,
        text: Sequence[str],
        unix_time: Sequence[float | None],
        http_status: Sequence[int | None] | None = None,
        request_id: Sequence[str | None] | None = None,
        cut: dict[int, int] | None = None,
        at: Sequence[int] = (),
        next_cursor: str = "",
        gen: int | None = None,
        filtered: bool = True,
    ) -> None:
        self.source = source
        self.text = text
        self.unix_time = unix_time
        self.http_status = http_status
        self.request_id = request_id
        self.cut = cut or {}
        self.filtered = filtered
        self.late = False
        self._at = at
        self._offsets: list[int] | None = None
        self._start = 0
        self._next = next_cursor
        self._gen = gen

    def __len__(self) -> int:
        return len(self.text)

    @property
    def begin(self) -> str:
        """The cursor before the first of them; they must have cursors."""
        return self.cursor(-1)

    @property
    def end(self) -> str:
        """The cursor after the last of them."""
        return self.cursor(len(self.text) - 1) if self.text else self._next

    def cursor(self, index: int) -> str:
        """Give the cursor after a line: that before the one that follows it."""
        following = self._start + index + 1
        if following >= len(self._at) or self._gen is None:
            return self._next
        if self._offsets is None:
            self._offsets = list(accumulate(self._at))
        return cursors.with_offset(self._next, self._gen, self._offsets[following])

    def part(self, start: int, stop: int) -> "LineColumns":
        """Give those from ``start`` up to ``stop``; costs nothing where these are all."""
        if start <= 0 and stop >= len(self.text):
            return self
        made = LineColumns(
            self.source,
            text=self.text[start:stop],
            unix_time=self.unix_time[start:stop],
            http_status=None if self.http_status is None else self.http_status[start:stop],
            request_id=None if self.request_id is None else self.request_id[start:stop],
            cut={index - start: size for index, size in self.cut.items() if start <= index < stop},
            at=self._at,
            next_cursor=self._next,
            gen=self._gen,
            filtered=self.filtered,
        )
        made._offsets = self._offsets
        made._start = self._start + start
        made.late = self.late
        return made

    def line(self, index: int) -> Line:
        """Make the object of one line, as the base protocol would show it, and with its cursor."""
        time_s = self.unix_time[index]
        second = None if time_s is None or not 0 <= time_s <= _TIME_MAX_S else math.floor(time_s)
        text = self.text[index]
        if index in self.cut:
            text += cut_mark(self.cut[index])
        return Line(
            log_type=self.source.log_type,
            server=self.source.server,
            text=text,
            unix_time=second,
            disp_time="" if second is None else disp_time(second),
            http_status=None if self.http_status is None else self.http_status[index],
            request_id=None if self.request_id is None else self.request_id[index],
            cursor=self.cursor(index),
        )

    def lines(self) -> list[Line]:
        """Make the objects of all."""
        return [self.line(index) for index in range(len(self.text))]


def read_columns(
    source: Source, header: LinesHeader, body: Packed, *, filtered: bool
) -> LineColumns:
    """Read a frame of lines.

    Raises:
        BadMessage: Its body is none, or not as its header says.
    """
    columns = decode_body(unpack(body))
    count = len(columns.text)
    if count != header.n:
        raise BadMessage(f"unreadable lines: {count} of {header.n}")
    if header.gen is None or not 0 <= header.gen <= header.next.count(","):
        raise BadMessage("unreadable lines: no component of its cursor moved")
    at = columns.at
    # A place out of this world would spoil the position that somebody keeps.
    if count and (min(at) < 0 or sum(at) > _OFFSET_MAX_BYTES):
        raise BadMessage("unreadable lines: they lie outside of any file")
    cut = columns.cut or {}
    if any(not 0 <= index < count for index in cut):
        raise BadMessage("unreadable lines: a line that is not there was cut")
    return LineColumns(
        source,
        text=columns.text,
        unix_time=columns.unix_time,
        http_status=columns.http_status,
        request_id=columns.request_id,
        cut=cut,
        at=at,
        next_cursor=header.next,
        gen=header.gen,
        filtered=filtered,
    )


@lru_cache(maxsize=256)  # live lines share a few seconds
def disp_time(second: int) -> str:
    """Give a time as ``YYYY-MM-DD HH:MM:SS``, UTC."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")
