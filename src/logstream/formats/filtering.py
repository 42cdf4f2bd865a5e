r"""Which records a filter lets pass: model/filter.py's expressions, evaluated with RE2.

A record passes if each ``show`` column that it has matches one of its expressions, and no ``hide``
expression matches. Columns are as the base protocol's ``line`` shows them: ``unix_time`` a whole
number, ``disp_time`` in UTC; ``text`` is what is sent. An expression is looked for anywhere in a
column; ``^`` and ``$`` are at the ends of physical lines, ``.`` is any character but LF. To hide
``^$`` of a column hides the records that do not have it. Pure. Rule: S10.
"""

import codecs
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from logstream.errors import BadFilter
from logstream.formats.line_search import LineSearch
from logstream.model.filter import LACKING, Filter
from logstream.model.limits import (
    FILTER_MEMORY_MAX_BYTES,
    FILTER_PROGRAM_STEPS_MAX,
    RECORD_MAX_BYTES,
)
from logstream.protocol.base_lines import disp_time, whole_second

_TEXT: Final = "text"
_WINDOW_BYTES: Final = RECORD_MAX_BYTES // 2
"""Where each of these has an LF, no line is longer than ``RECORD_MAX_BYTES``."""

Values = Sequence[str | None]


class _Condition(NamedTuple):
    """What one column must be like."""

    column: str
    search: LineSearch
    wanted: bool
    without: bool
    """Whether records without the column pass."""


class Matcher:
    """One filter, ready to be asked; make it once, ask it often."""

    def __init__(self, filter_: Filter) -> None:
        """Compile a filter, which ``make_filter`` has made.

        Raises:
            BadFilter: RE2 does not know the syntax of an expression, or it is too large.
        """
        conditions = [
            _Condition(column, _search(patterns), wanted, wanted or LACKING not in patterns)
            for part, wanted in ((filter_.show, True), (filter_.hide, False))
            for column, patterns in part
        ]
        if sum(each.search.steps for each in conditions) > FILTER_PROGRAM_STEPS_MAX:
            raise BadFilter("these expressions are too large: use fewer and smaller repetitions")
        # Columns of few different values first: what they sort out is not searched.
        self._conditions = sorted(conditions, key=lambda each: each.column == _TEXT)
        self._scanned: LineSearch | None = next(
            (
                each.search
                for each in conditions
                if each.column == _TEXT and each.wanted and each.search.takes_blocks
            ),
            None,
        )

    def passes(
        self,
        texts: Sequence[str],
        *,
        unix_time: Sequence[float | None],
        http_status: Sequence[int | None] | None,
        request_id: Sequence[str | None] | None,
        now_s: float,
    ) -> list[bool]:
        """Tell which records pass.

        Args:
            texts: The records, exactly as they are sent.
            unix_time: When each was written; None stands for ``now_s``.
            http_status: Of each, or None where the log type has none.
            request_id: Of each, or None where the log type has none.
            now_s: When the records were read.
        """
        statuses, request_ids = http_status or (), request_id or ()
        shown: dict[str, Callable[[int], str | None]] = {
            "text": texts.__getitem__,
            "http_status": lambda i: _or_none(statuses[i]) if statuses else None,
            "request_id": lambda i: request_ids[i] or None if request_ids else None,
            "unix_time": lambda i: str(whole_second(unix_time[i], now_s)),
            "disp_time": lambda i: disp_time(whole_second(unix_time[i], now_s)),
        }
        left = list(range(len(texts)))
        for column, search, wanted, without in self._conditions:
            values = list(map(shown[column], left))
            found = _found(search, values, distinct=column != _TEXT)
            left = [
                i
                for i, value, matches in zip(left, values, found, strict=True)
                if (without if value is None else matches is wanted)
            ]
        passing = [False] * len(texts)
        for i in left:
            passing[i] = True
        return passing

    # --- whole blocks ----------------------------------------------------------------------------

    @property
    def scans_blocks(self) -> bool:
        r"""Whether ``candidate`` can be asked, for log types whose records are lines.

        That is: it shows only some texts, by expressions that mean the same in a block as in a
        line (without ``\A``, ``\z``, ``\C`` and flags other than ``i``). Other columns and ``hide``
        may be in it as well: ``passes`` decides.
        """
        return self._scanned is not None

    @staticmethod
    def scannable(block: bytes) -> bool:
        """Tell whether the lines of a block are exactly their texts, so that it can be scanned.

        False where there is anything that is taken off, replaced or cut before a text is sent: CR,
        NUL, U+FEFF, bytes that are not UTF-8, a line of ``RECORD_MAX_BYTES`` or more.
        """
        if b"\r" in block or b"\0" in block:
            return False
        if not block.isascii():
            if codecs.BOM_UTF8 in block:
                return False
            try:
                block.decode()
            except UnicodeDecodeError:
                return False
        windows = range(0, len(block) - _WINDOW_BYTES + 1, _WINDOW_BYTES)
        return all(block.find(b"\n", start, start + _WINDOW_BYTES) >= 0 for start in windows)

    def candidate(self, block: bytes, start: int) -> int:
        """Find the next line that may pass; all before it do not.

        Ask only if ``scans_blocks`` and ``scannable(block)``. Make texts and columns of the line
        that it gives (or of it and some more) and let ``passes`` decide; then ask again from the
        end of *that line*, not from the position.

        Args:
            block: Whole lines, each ending with LF; not much more than ``BATCH_MAX_BYTES`` of them,
                as an expression that is made to be slow takes a second for that.
            start: Where a line begins.

        Returns:
            A position in the line, anywhere from its first byte to its LF; -1: none up to the end.
        """
        assert self._scanned is not None  # noqa: S101 - the caller has asked scans_blocks
        return self._scanned.position(block, start)


def _search(patterns: Sequence[str]) -> LineSearch:
    return LineSearch(patterns, memory_bytes=FILTER_MEMORY_MAX_BYTES, refused=BadFilter)


def _or_none(value: int | None) -> str | None:
    return None if value is None else str(value)


def _found(search: LineSearch, values: Values, *, distinct: bool) -> Sequence[bool | None]:
    """Tell which values match; None for those that are None."""
    if not distinct:
        return search.found_in([value or "" for value in values])
    known = [value for value in dict.fromkeys(values) if value is not None]
    found = dict(zip(known, search.found_in(known), strict=True))
    return [None if value is None else found[value] for value in values]
