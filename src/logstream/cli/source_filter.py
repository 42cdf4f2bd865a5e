"""What of a `LineFilter` the servers with the files evaluate, and what is left to do here.

Expressions travel as they were typed: there they are RE2's, here Python's; the two agree on all
that people use. Several options on one column must all hold, while the protocol's ``show`` needs
one of a column's expressions: so of two such options only the first travels. Rule: S10.
"""

import re
from collections.abc import Iterable
from re import Pattern
from typing import NamedTuple

from logstream.cli.line_filter import ColumnTest, column_tests
from logstream.cli.rows import TEXT
from logstream.cli.tail_config import LineFilter
from logstream.errors import BadFilter
from logstream.model.filter import COLUMNS, LACKING, NO_FILTER, Filter, make_filter


class Division(NamedTuple):
    """Who filters what.

    Attributes:
        at_source: What the servers filter by.
        rest: What is left here of lines that they have filtered.
        whole: What is left of others.
        refused: Why nothing travels, where there is too much of it; empty else.
    """

    at_source: Filter
    rest: list[ColumnTest]
    whole: list[ColumnTest]
    refused: str = ""


def divide(line_filter: LineFilter) -> Division:
    """Divide a filter between the servers and here."""
    whole = column_tests(line_filter)
    show: dict[str, list[str]] = {}
    for column, patterns in _shows(line_filter):
        if column in COLUMNS:
            show.setdefault(column, patterns)
    hide: dict[str, list[str]] = {}
    for column, patterns in _hides(line_filter):
        if column in COLUMNS:
            hide.setdefault(column, []).extend(patterns)
    try:
        at_source = make_filter(show, hide)
    except BadFilter as failure:
        return Division(NO_FILTER, whole, whole, str(failure))
    return Division(at_source, column_tests(_rest(line_filter)), whole)


def _rest(line_filter: LineFilter) -> LineFilter:
    """Give what the protocol's filter does not say."""
    shown = line_filter.show
    return LineFilter(
        show={column: of for column, of in shown.items() if column not in COLUMNS},
        hide={column: of for column, of in line_filter.hide.items() if column not in COLUMNS},
        include=line_filter.include if TEXT in shown else (),
        statuses=line_filter.statuses if "http_status" in shown else (),
        request_id=line_filter.request_id if "request_id" in shown else "",
        mine=line_filter.mine if "request_id" in shown or line_filter.request_id else "",
    )


def _shows(line_filter: LineFilter) -> Iterable[tuple[str, list[str]]]:
    """Give each option that wants something of a column, as expressions of which one must match.

    A request's id is looked for in the text, too: there whole blocks are searched at once.
    """
    for column, patterns in line_filter.show.items():
        yield column, _texts(patterns)
    if line_filter.include:
        yield TEXT, _texts(line_filter.include)
    if line_filter.statuses:
        yield "http_status", [f"^(?:{each.pattern})$" for each in line_filter.statuses]
    for wanted, end in ((line_filter.request_id, "$"), (line_filter.mine, "")):
        if wanted:
            yield "request_id", [f"^{re.escape(wanted)}{end}"]
            yield TEXT, [re.escape(wanted)]


def _hides(line_filter: LineFilter) -> Iterable[tuple[str, list[str]]]:
    """Give each option that bars something of a column; a status that is wanted must be there."""
    for column, patterns in line_filter.hide.items():
        yield column, _texts(patterns)
    yield TEXT, _texts(line_filter.exclude)
    if line_filter.statuses:
        yield "http_status", [LACKING]
    if line_filter.request_id or line_filter.mine:
        yield "request_id", [LACKING]


def _texts(patterns: Iterable[Pattern[str]]) -> list[str]:
    return [each.pattern for each in patterns]
