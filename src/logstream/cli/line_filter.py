"""Which lines pass a `LineFilter`."""

from collections.abc import Callable, Sequence
from re import Pattern
from typing import Any, NamedTuple, TypeVar

import msgspec

from logstream.cli.columns import Columns
from logstream.cli.rows import TEXT, shown
from logstream.cli.tail_config import LineFilter

AnyColumns = TypeVar("AnyColumns", bound=Columns)


class ColumnTest(NamedTuple):
    """What the value of one column must be."""

    column: str
    passes: Callable[[Any], bool]


def columns_of(line_filter: LineFilter) -> set[str]:
    """Name the columns that the filter looks at."""
    return {test.column for test in column_tests(line_filter)}


def column_tests(line_filter: LineFilter) -> list[ColumnTest]:
    """Make the tests that a line must pass, all of them."""
    tests = [
        *(ColumnTest(column, _shows(patterns)) for column, patterns in line_filter.show.items()),
        *(ColumnTest(column, _hides(patterns)) for column, patterns in line_filter.hide.items()),
    ]
    if line_filter.request_id:
        wanted = line_filter.request_id
        tests.append(ColumnTest("request_id", lambda value: shown(value) == wanted))
    if line_filter.mine:
        start = line_filter.mine
        tests.append(ColumnTest("request_id", lambda value: shown(value).startswith(start)))
    if line_filter.statuses:
        tests.append(ColumnTest("http_status", _fits(line_filter.statuses)))
    if line_filter.include:
        tests.append(ColumnTest(TEXT, _shows(line_filter.include)))
    if line_filter.exclude:
        tests.append(ColumnTest(TEXT, _hides(line_filter.exclude)))
    return tests


def passing(tests: Sequence[ColumnTest], lines: AnyColumns) -> AnyColumns:
    """Give the lines that pass all tests."""
    for column, passes in tests:
        if not len(lines):
            break
        values = lines.column(column)
        indexes = [index for index, value in enumerate(values) if passes(value)]
        if len(indexes) < len(values):
            lines = lines.pick(indexes)
    return lines


def _shows(patterns: Sequence[Pattern[str]]) -> Callable[[Any], bool]:
    found = _search(patterns)
    return lambda value: value is msgspec.UNSET or bool(found(shown(value)))


def _hides(patterns: Sequence[Pattern[str]]) -> Callable[[Any], bool]:
    found = _search(patterns)
    return lambda value: value is msgspec.UNSET or not found(shown(value))


def _search(patterns: Sequence[Pattern[str]]) -> Callable[[str], object]:
    """Make what looks for any of some patterns; for one, as is usual, it is its own method."""
    if len(patterns) == 1:
        return patterns[0].search
    return lambda text: any(pattern.search(text) for pattern in patterns)


def _fits(patterns: Sequence[Pattern[str]]) -> Callable[[Any], bool]:
    return lambda value: any(pattern.fullmatch(shown(value)) for pattern in patterns)
