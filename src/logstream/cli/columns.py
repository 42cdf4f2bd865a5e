"""Lines as columns, whichever wire they came on: what filters look at and renderers show.

A column is any key of the base protocol's ``line``, and ``time`` (as RFC 3339 has it); lines that
came as columns also have ``cursor`` (the place after them), ``cut`` and ``late``. A value is as it
came; ``msgspec.UNSET`` stands for none.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, Protocol, Self

import msgspec

from logstream.cli.rows import getter
from logstream.client.line_columns import LineColumns, disp_time
from logstream.protocol.base_lines import cut_mark
from logstream.protocol.messages import Message

#: 9999-12-31 23:59:59 UTC: later times have no text.
_TIME_MAX_S: Final = 253_402_300_799
_MS: Final = 1000
_UNSET: Final = msgspec.UNSET
_NOT_IN_A_LINE: Final = frozenset(("cursor", "cut", "late"))


class Columns(Protocol):
    """Some lines."""

    def __len__(self) -> int:
        """How many."""

    def column(self, name: str) -> Sequence[Any]:
        """Give the values of a column, one for each line."""

    def pick(self, indexes: Sequence[int]) -> Self:
        """Give some of the lines."""

    def marked(self) -> Self:
        """Give the lines with a mark in the text of those that were cut."""


class RowColumns:
    """Lines that came one by one.

    Args:
        rows: Made by `rows.row_type`.
    """

    def __init__(self, rows: Sequence[Message]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def column(self, name: str) -> Sequence[Any]:
        """Give the values of a column."""
        if name == "time":
            return [*map(_rfc3339, map(getter("unix_time"), self._rows))]
        if name in _NOT_IN_A_LINE:
            return [_UNSET] * len(self)
        return [*map(getter(name), self._rows)]

    def pick(self, indexes: Sequence[int]) -> Self:
        """Give some of the lines."""
        return type(self)([self._rows[index] for index in indexes])

    def marked(self) -> Self:
        """Give the lines as they are: the service has marked them."""
        return self


class SourceColumns:
    """Lines of one source that came as columns.

    Args:
        lines: All that came together.
        indexes: Which of them; None: all.
        words: Gives the positions after lines, of their cursors.
        text: What to show as the text of all that came together; None: as it came.
    """

    def __init__(
        self,
        lines: LineColumns,
        indexes: Sequence[int] | None = None,
        *,
        words: Callable[[Sequence[str]], Sequence[str]] | None = None,
        text: Sequence[str] | None = None,
    ) -> None:
        self._lines = lines
        self._indexes = indexes
        self._words = words
        self._text = lines.text if text is None else text

    def __len__(self) -> int:
        return len(self._lines) if self._indexes is None else len(self._indexes)

    @property
    def last_index(self) -> int:
        """The index of the last of them, which must be there, in what came together."""
        return self._all_indexes()[-1]

    def column(self, name: str) -> Sequence[Any]:
        """Give the values of a column."""
        make = _OF_SOURCE.get(name)
        return [_UNSET] * len(self) if make is None else make(self)

    def _column_of_text(self) -> Sequence[Any]:
        return self._picked(self._text)

    def _column_of_server(self) -> Sequence[Any]:
        return [self._lines.source.server] * len(self)

    def _column_of_type(self) -> Sequence[Any]:
        return [self._lines.source.log_type] * len(self)

    def _column_of_http_status(self) -> Sequence[Any]:
        return self._known(self._lines.http_status)

    def _column_of_request_id(self) -> Sequence[Any]:
        return self._known(self._lines.request_id)

    def _column_of_unix_time(self) -> Sequence[Any]:
        return self._known(self._lines.unix_time)

    def _column_of_disp_time(self) -> Sequence[Any]:
        return [*map(_disp_time, self._picked(self._lines.unix_time))]

    def _column_of_time(self) -> Sequence[Any]:
        return [*map(_rfc3339, self._picked(self._lines.unix_time))]

    def _column_of_cut(self) -> Sequence[Any]:
        return [self._lines.cut.get(index, _UNSET) for index in self._all_indexes()]

    def _column_of_late(self) -> Sequence[Any]:
        return [True if self._lines.late else _UNSET] * len(self)

    def _column_of_cursor(self) -> Sequence[Any]:
        cursors = [self._lines.cursor(index) for index in self._all_indexes()]
        return cursors if self._words is None else self._words(cursors)

    def _column_of_cmd(self) -> Sequence[Any]:
        return ["line"] * len(self)

    def pick(self, indexes: Sequence[int]) -> Self:
        """Give some of the lines."""
        all_indexes = self._all_indexes()
        picked = [all_indexes[index] for index in indexes]
        return type(self)(self._lines, picked, words=self._words, text=self._text)

    def marked(self) -> Self:
        """Give the lines with the base protocol's mark in those that were cut."""
        cut = self._lines.cut
        if not cut:
            return self
        marked = [
            text + cut_mark(cut[index]) if index in cut else text
            for index, text in enumerate(self._lines.text)
        ]
        return type(self)(self._lines, self._indexes, words=self._words, text=marked)

    def _all_indexes(self) -> Sequence[int]:
        return range(len(self._lines)) if self._indexes is None else self._indexes

    def _known(self, values: Sequence[Any] | None) -> Sequence[Any]:
        """Give a column as a base ``line`` has it, which leaves out what it does not know."""
        if values is None:
            return [_UNSET] * len(self)
        picked = self._picked(values)
        return [_UNSET if one is None else one for one in picked] if None in picked else picked

    def _picked(self, values: Sequence[Any]) -> Sequence[Any]:
        return values if self._indexes is None else [values[index] for index in self._indexes]


_OF_SOURCE: Final[dict[str, Callable[[SourceColumns], Sequence[Any]]]] = {
    name.removeprefix("_column_of_"): make
    for name, make in vars(SourceColumns).items()
    if name.startswith("_column_of_")
}
_OF_SOURCE["log_type"] = _OF_SOURCE["type"]


def keys_of(columns: set[str]) -> set[str]:
    """Name the keys of a ``line`` that these columns are made of."""
    derived = {"unix_time"} if "time" in columns else set[str]()
    return columns - _NOT_IN_A_LINE - {"time"} | derived


def _disp_time(time_s: float | None) -> Any:
    if time_s is None or not 0 <= time_s <= _TIME_MAX_S:
        return _UNSET
    return disp_time(int(time_s))


@lru_cache(maxsize=1024)
def _rfc3339(time_s: Any) -> str | None:
    """Give a time as ``2026-01-02T15:04:05.250Z``, with as many decimals as it has (at most 3)."""
    if not isinstance(time_s, int | float) or not 0 <= time_s <= _TIME_MAX_S:
        return None
    second, ms = divmod(round(time_s * _MS), _MS)
    fraction = f".{ms:03d}" if ms else ""
    return f"{disp_time(second).replace(' ', 'T')}{fraction}Z"
