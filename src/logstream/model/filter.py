"""Which lines of a source pass: expressions on columns, evaluated where the files are.

A line passes if each ``show`` column that it has matches one of its expressions, and no ``hide``
expression matches (`LACKING` says more). The expressions are RE2's; what they mean is
`formats/filtering.py`'s to say. Rule: S10.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from logstream.errors import BadFilter
from logstream.model.limits import FILTER_PATTERN_MAX_BYTES, FILTER_PATTERNS_MAX

COLUMNS: Final = ("text", "http_status", "request_id", "unix_time", "disp_time")
"""What expressions can be on; as the base protocol's ``line`` shows them."""

LACKING: Final = "^$"
"""To hide this of ``http_status`` or ``request_id``, which are never empty, hides lines without."""

Expressions = tuple[tuple[str, tuple[str, ...]], ...]
"""Columns with their expressions, in order: equal filters are equal values."""


class Filter(NamedTuple):
    """One filter, in its canonical form; ``Filter()`` lets everything pass."""

    show: Expressions = ()
    hide: Expressions = ()

    @property
    def stream(self) -> str:
        """Name its streams: by the filter alone, so that frames can be shared (S5)."""
        if self == NO_FILTER:
            return ""
        canonical = json.dumps([self.show, self.hide], separators=(",", ":"))
        return "f" + hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def keys(self) -> tuple[dict[str, list[str]] | None, dict[str, list[str]] | None]:
        """Give it as the protocol's ``show`` and ``hide``."""
        show, hide = (
            {column: list(patterns) for column, patterns in expressions} or None
            for expressions in self
        )
        return show, hide


NO_FILTER: Final = Filter()


def make_filter(
    show: Mapping[str, Sequence[str]] | None, hide: Mapping[str, Sequence[str]] | None
) -> Filter:
    """Make a filter of the protocol's ``show`` and ``hide``.

    Raises:
        BadFilter: A column is unknown, or there is too much of it. Syntax is not looked at.
    """
    made = Filter(_expressions(show), _expressions(hide))
    patterns = [pattern for part in made for _, of in part for pattern in of]
    if len(patterns) > FILTER_PATTERNS_MAX:
        raise BadFilter(f"a filter has at most {FILTER_PATTERNS_MAX} expressions")
    for pattern in patterns:
        if len(pattern.encode("utf-8", "surrogatepass")) > FILTER_PATTERN_MAX_BYTES:
            raise BadFilter(
                f"an expression has at most {FILTER_PATTERN_MAX_BYTES} bytes: {pattern[:64]!r}…"
            )
    return made


def _expressions(of: Mapping[str, Sequence[str]] | None) -> Expressions:
    for column in of or ():
        if column not in COLUMNS:
            raise BadFilter(f"no column {column[:64]!r}; there are {', '.join(COLUMNS)}")
    return tuple(
        (column, tuple(sorted(set(patterns))))
        for column, patterns in sorted((of or {}).items())
        if patterns
    )
