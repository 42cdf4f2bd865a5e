"""Which physical lines begin a record: what the formats with records of several lines build on.

Whether a line begins a record depends on that line and the one before it, on nothing else, so that
the answer is the same wherever reading began: live, in history, and after a restart. Pure.
Rule: S11.
"""

import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Final, Protocol

from logstream.formats.line_search import LineSearch
from logstream.model.limits import STAMPS_CACHED_MAX


class Grouping(Protocol):
    """Which physical lines begin a record."""

    def starts(self, lines: Sequence[str]) -> list[bool]:
        """Say for each line whether a record begins with it.

        Args:
            lines: In the order of the file. The first one's answer may be a guess, as the line
                before it is not known; a caller that knows it to be a start need not ask.
        """


DATE: Final = (
    r"\[?(?:[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ]"  # ISO 8601, nginx
    r"|[0-9]{1,2}[-/][A-Z][a-z]{2}[-/][0-9]{4}[: ]"  # PHP, common log format
    r"|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ 0-9]?[0-9] [0-9]{2}:)"  # Apache, BSD syslog
)
"""The date that a line begins with, in any of the ways that programs commonly write it."""
DATE_MAX_CHARS: Final = len("[Mon Jul 07 20:")


class PrefixGrouping:
    """Records begin where a line's beginning looks so; all other lines go on with a record.

    Lines of the same moment begin alike, so what a beginning means is remembered: the look-ups run
    in the interpreter's own loops, and take less than a tenth of a microsecond a line.
    """

    def __init__(
        self, pattern: str, *, chars: int, otherwise: Callable[[str], object] | None = None
    ) -> None:
        """Make one.

        Args:
            pattern: Matches the beginnings of first lines, within ``chars`` characters.
            chars: How much of a line is looked at.
            otherwise: Is asked for the whole lines that do not begin so.
        """
        self._prefix = itemgetter(slice(chars))
        self._known = _Beginnings(pattern)
        self._otherwise = otherwise

    def starts(self, lines: Sequence[str]) -> list[bool]:
        """Say which lines begin a record; see ``Grouping.starts``."""
        starts = list(map(self._known.__getitem__, map(self._prefix, lines)))
        otherwise = self._otherwise
        if otherwise is not None and not all(starts):
            return [
                start or bool(otherwise(line)) for start, line in zip(starts, lines, strict=True)
            ]
        return starts


class _Beginnings(dict[str, bool]):
    """Beginnings of lines, and whether a record begins so; bounded as ``StampCache`` is."""

    __slots__ = ("_matches",)

    def __init__(self, pattern: str) -> None:
        super().__init__()
        self._matches = re.compile(pattern).match

    def __missing__(self, beginning: str) -> bool:
        if len(self) >= STAMPS_CACHED_MAX:
            self.clear()
        start = self[beginning] = self._matches(beginning) is not None
        return start


class TraceGrouping:
    r"""Records of programs that nothing is known of: indented lines and traces go on with one.

    A line goes on with the record of the one before it if it is empty or indented, closes a
    bracket (``}``), or belongs to a trace: ``Caused by: …``, ``Traceback (most recent call
    last):`` and the exception at its end, ``java.lang.Error: …`` between a message and its
    ``\tat …``, PHP's ``#0 …``.
    """

    def starts(self, lines: Sequence[str]) -> list[bool]:
        """Say which lines begin a record; see ``Grouping.starts``."""
        firsts = {line[:1] for line in lines}
        if firsts <= _NEVER_CONTINUES and not ("[" in firsts and "[" in lines):
            return [True] * len(lines)
        whole = "".join(lines)
        java = "Exception" in whole or "Error" in whole or "Throwable" in whole
        starts: list[bool] = []
        add = starts.append
        before = _ANY_LINE
        ordinary = True  # the line before is neither indented nor empty, and opens no list
        for line in lines:
            first = line[:1]
            if first in _ALWAYS_CONTINUES:
                add(False)
                ordinary = False
            else:
                asked = not ordinary or first in _TRACES_BEGIN
                if not asked and java:
                    asked = first not in _NEVER_CONTINUES
                add(not (asked and _continues(line, before)))
                ordinary = line != "["
            before = line
        return starts


_ALWAYS_CONTINUES: Final = {"", " ", "\t", "}", "]", ")"}
_NEVER_CONTINUES: Final = {*"0123456789[{<(\"'|-*=:/@%!"} - _ALWAYS_CONTINUES
"""At the start of any record's first line; an element of a list is told by the line before it."""
_TRACES_BEGIN: Final = {*"CSTD#t."}
"""With what ``_continues`` may say yes to after an ordinary line, besides exceptions of Java's."""
_ANY_LINE: Final = "-"
_OPEN_LISTS: Final = {"[", "},", "],"}
"""After them, a bracket opens the next element of a list that is not indented."""

_TRACE: Final = re.compile(
    r"Caused by: |Suppressed: |\.\.\. [0-9]+ (?:more|common)|Stack trace:\Z|#[0-9]+ |thrown in "
    r"|During handling of the above exception, |The above exception was the direct cause "
)
_TRACEBACK: Final = "Traceback (most recent call last)"
# An exception of Java's, with its package; one of Python's, by the way such names end.
_EXCEPTION: Final = re.compile(
    r"(?:[a-z_][\w$]{0,99}(?:\.[\w$]{1,99}){0,20}\.[A-Z][\w$]{0,199}"
    r"|[A-Za-z_][\w$.]{0,299}(?:Error|Exception|Warning|Interrupt|Exit|Iteration|Group))(?::|\Z)"
)
_JAVA_EXCEPTION: Final = re.compile(
    r"[a-z_][\w$]{0,99}(?:\.[\w$]{1,99}){1,20}(?:Exception|Error|Throwable)(?::|\Z)"
)
_CALL: Final = re.compile(r"\s+(?:at |\.\.\. [0-9]+ )")


def _continues(line: str, before: str) -> bool:
    """Tell whether a line that is not indented goes on with the record of the one before it."""
    if line[0] in "[{":
        return before in _OPEN_LISTS
    if _TRACE.match(line):
        return True
    traceback = line.startswith(_TRACEBACK)
    if not before:
        return traceback
    if before[0] in " \t":
        # Python's exception ends its trace; after a call of Java's or Node's, the next one begins.
        return before[0] == " " and not _CALL.match(before) and _EXCEPTION.match(line) is not None
    if _EXCEPTION.match(before):
        return False
    return traceback or _JAVA_EXCEPTION.match(line) is not None


class PatternGrouping:
    """Records begin where an operator's expression is found in a line."""

    def __init__(self, lines: LineSearch) -> None:
        self._lines = lines

    def starts(self, lines: Sequence[str]) -> list[bool]:
        """Say which lines begin a record; see ``Grouping.starts``."""
        return self._lines.found_in(lines)
