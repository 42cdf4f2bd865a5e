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
    get = getter(column)

    def test(row: Message) -> bool:
        value = get(row)
        return value is msgspec.UNSET or any(p.search(shown(value)) for p in patterns)

    return test


def _hides(column: str, patterns: Sequence[Pattern[str]]) -> Passes:
    get = getter(column)

    def test(row: Message) -> bool:
        value = get(row)
        return value is msgspec.UNSET or not any(p.search(shown(value)) for p in patterns)

    return test


def _has(column: str, values: Collection[str]) -> Passes:
    get = getter(column)
    return lambda row: shown(get(row)) in values


def _fits(column: str, patterns: Sequence[Pattern[str]]) -> Passes:
    get = getter(column)
    return lambda row: any(p.fullmatch(shown(get(row))) for p in patterns)
