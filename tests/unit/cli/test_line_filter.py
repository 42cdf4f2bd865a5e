import re
from re import Pattern
from typing import Any

import msgspec
import pytest

from logstream.cli.columns import RowColumns, SourceColumns
from logstream.cli.line_filter import column_tests, columns_of, passing
from logstream.cli.rows import row_type
from logstream.cli.tail_config import LineFilter
from logstream.client.line_columns import LineColumns
from logstream.client.lines import LineReader
from logstream.model.source import Source


def patterns(*expressions: str) -> list[Pattern[str]]:
    return [re.compile(each, re.MULTILINE) for each in expressions]


def passes(line_filter: LineFilter, **line: Any) -> bool:
    reader = LineReader(row_type(columns_of(line_filter)))
    rows = reader.read_all([msgspec.json.encode({"cmd": "line", **line})])
    assert rows is not None
    return len(passing(column_tests(line_filter), RowColumns(rows))) == 1


def test_without_a_filter_nothing_is_tested() -> None:
    assert column_tests(LineFilter()) == []
    assert columns_of(LineFilter()) == set()


def test_show_needs_a_match_in_the_column() -> None:
    shows = LineFilter(show={"text": patterns("err")})
    assert passes(shows, text="an error")
    assert not passes(shows, text="fine")


def test_show_lets_lines_without_the_column_pass() -> None:
    shows = LineFilter(show={"http_status": patterns("^5")})
    assert passes(shows, text="no status")
    assert not passes(shows, http_status=404)
    assert passes(shows, http_status=503)


def test_show_takes_null_for_empty_text() -> None:
    shows = LineFilter(show={"request_id": patterns("^$")})
    assert passes(shows, request_id=None)
    assert not passes(shows, request_id="v-1")


def test_one_of_several_patterns_of_a_column_is_enough() -> None:
    shows = LineFilter(show={"server": patterns("srv-6", "srv-7")})
    assert passes(shows, server="srv-7")
    assert not passes(shows, server="bal-4")


def test_all_columns_must_match() -> None:
    shows = LineFilter(show={"server": patterns("srv"), "text": patterns("x")})
    assert passes(shows, server="srv-1", text="x")
    assert not passes(shows, server="srv-1", text="y")


def test_hide_drops_what_matches() -> None:
    hides = LineFilter(hide={"text": patterns("health", "ping"), "cmd": patterns("nothing")})
    assert passes(hides, text="GET /")
    assert passes(hides, server="srv-6")
    assert not passes(hides, text="GET /ping")


def test_anchors_are_at_line_ends() -> None:
    assert passes(LineFilter(show={"text": patterns("^second$")}), text="first\nsecond\nthird")


def test_include_and_exclude_look_at_the_text() -> None:
    both = LineFilter(include=patterns("a", "b"), exclude=patterns("bad"))
    assert passes(both, text="b")
    assert not passes(both, text="c")
    assert not passes(both, text="bad")


@pytest.mark.parametrize(
    ("status", "fits"), [(404, True), (500, True), (599, True), (403, False), ("404", True)]
)
def test_statuses_fit_wholly(status: object, fits: bool) -> None:
    statuses = LineFilter(statuses=patterns("404", "5[0-9][0-9]"))
    assert passes(statuses, http_status=status) is fits


def test_lines_without_a_status_do_not_fit_one() -> None:
    assert not passes(LineFilter(statuses=patterns("5[0-9][0-9]")), text="500")


def test_a_request_is_followed_by_its_id() -> None:
    follows = LineFilter(request_id="v-1")
    assert passes(follows, request_id="v-1")
    assert not passes(follows, request_id="v-12")
    assert not passes(follows, text="v-1")


def test_the_own_requests_are_those_whose_id_starts_so() -> None:
    mine = LineFilter(mine="logstream-1a-")
    assert passes(mine, request_id="logstream-1a-7")
    assert not passes(mine, request_id="logstream-2b-7")


def test_lines_that_came_as_columns_are_picked_by_the_same_tests() -> None:
    lines = LineColumns(
        Source("srv-6", "x"),
        text=["a", "b", "c", "d"],
        unix_time=[1, 2, 3, 4],
        http_status=[200, 500, None, 503],
        at=[0, 2, 2, 2],
        next_cursor="G:8",
        gen=0,
    )
    tests = column_tests(LineFilter(statuses=patterns("5[0-9][0-9]"), hide={"text": patterns("d")}))
    picked = passing(tests, SourceColumns(lines))
    assert picked.column("text") == ["b"]
    assert picked.column("cursor") == ["G:4"]
    assert len(passing(tests, picked.pick([]))) == 0
