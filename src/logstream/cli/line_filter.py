"""Which lines pass a `LineFilter`."""

from collections.abc import Callable, Collection, Sequence
from re import Pattern

import msgspec

from logstream.cli.rows import TEXT, getter, shown
from logstream.cli.tail_config import LineFilter
from logstream.protocol.messages import Message

Passes = Callable[[Message], bool]


def columns_of(line_filter: LineFilter) -> set[str]:
    """Name the columns that the filter looks at."""
    columns = {*line_filter.show, *line_filter.hide}
    if line_filter.include or line_filter.exclude:
        columns.add(TEXT)
    if line_filter.statuses:
        columns.add("http_status")
    if line_filter.request_id:
        columns.add("request_id")
    return columns


def line_test(line_filter: LineFilter) -> Passes | None:
    """Make the test that a row must pass; None where all do."""
    tests: list[Passes] = [
        *(_shows(column, patterns) for column, patterns in line_filter.show.items()),
        *(_hides(column, patterns) for column, patterns in line_filter.hide.items()),
    ]
    if line_filter.request_id:
        tests.append(_has("request_id", {line_filter.request_id}))
    if line_filter.statuses:
        tests.append(_fits("http_status", line_filter.statuses))
    if line_filter.include:
        tests.append(_shows(TEXT, line_filter.include))
    if line_filter.exclude:
        tests.append(_hides(TEXT, line_filter.exclude))
    if len(tests) <= 1:
        return tests[0] if tests else None
    return lambda row: all(test(row) for test in tests)


def _shows(column: str, patterns: Sequence[Pattern[str]]) -> Passes:
    get, found = getter(column), _search(patterns)

    def test(row: Message) -> bool:
        value = get(row)
        return value is msgspec.UNSET or bool(found(shown(value)))

    return test


def _hides(column: str, patterns: Sequence[Pattern[str]]) -> Passes:
    get, found = getter(column), _search(patterns)

    def test(row: Message) -> bool:
        value = get(row)
        return value is msgspec.UNSET or not found(shown(value))

    return test


def _search(patterns: Sequence[Pattern[str]]) -> Callable[[str], object]:
    """Make what looks for any of some patterns; for one, as is usual, it is its own method."""
    if len(patterns) == 1:
        return patterns[0].search
    return lambda text: any(pattern.search(text) for pattern in patterns)


def _has(column: str, values: Collection[str]) -> Passes:
    get = getter(column)
    return lambda row: shown(get(row)) in values


def _fits(column: str, patterns: Sequence[Pattern[str]]) -> Passes:
    get = getter(column)
    return lambda row: any(p.fullmatch(shown(get(row))) for p in patterns)
