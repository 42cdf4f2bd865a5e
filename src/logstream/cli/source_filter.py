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
from logstream.model.filter import COLUMNS, NO_FILTER, Filter, make_filter


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
    hide = {column: _texts(of) for column, of in line_filter.hide.items() if column in COLUMNS}
    hide[TEXT] = [*hide.get(TEXT, ()), *_texts(line_filter.exclude)]
    try:
        at_source = make_filter(show, hide)
    except BadFilter as failure:
        return Division(NO_FILTER, whole, whole, str(failure))
    return Division(at_source, column_tests(_rest(line_filter)), whole)


def _rest(line_filter: LineFilter) -> LineFilter:
    """Give what the protocol's filter does not say.

    A status or a request id that was asked for must be there, while ``show`` lets lines pass that
    have none; so these are always looked at here, too.
    """
    show = line_filter.show
    return line_filter._replace(
        show={column: of for column, of in show.items() if column not in COLUMNS},
        hide={column: of for column, of in line_filter.hide.items() if column not in COLUMNS},
        include=line_filter.include if TEXT in show else (),
        exclude=(),
    )


def _shows(line_filter: LineFilter) -> Iterable[tuple[str, list[str]]]:
    """Give each option that wants something of a column, as expressions of which one must match."""
    for column, patterns in line_filter.show.items():
        yield column, _texts(patterns)
    if line_filter.include:
        yield TEXT, _texts(line_filter.include)
    if line_filter.statuses:
        yield "http_status", [f"^(?:{each.pattern})$" for each in line_filter.statuses]
    if line_filter.request_id:
        yield "request_id", [f"^{re.escape(line_filter.request_id)}$"]
    if line_filter.mine:
        yield "request_id", [f"^{re.escape(line_filter.mine)}"]


def _texts(patterns: Iterable[Pattern[str]]) -> list[str]:
    return [each.pattern for each in patterns]
