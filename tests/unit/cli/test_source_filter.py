import re

import pytest

from logstream.cli.source_filter import divide
from logstream.cli.tail_config import LineFilter
from logstream.model.filter import NO_FILTER


def pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.MULTILINE)


def columns(line_filter: LineFilter) -> tuple[list[str], list[str]]:
    divided = divide(line_filter)
    return [test.column for test in divided.rest], [test.column for test in divided.whole]


def test_without_a_filter_nothing_is_done_anywhere() -> None:
    assert divide(LineFilter()) == (NO_FILTER, [], [], "")


def test_expressions_on_the_protocols_columns_travel_as_they_were_typed() -> None:
    line_filter = LineFilter(
        show={"disp_time": [pattern("^2026")], "text": [pattern("a"), pattern("b")]},
        hide={"text": [pattern("health")]},
        exclude=[pattern("ping$")],
    )
    assert divide(line_filter).at_source == (
        (("disp_time", ("^2026",)), ("text", ("a", "b"))),
        (("text", ("health", "ping$")),),
    )
    assert columns(line_filter) == ([], ["disp_time", "text", "text", "text"])


def test_columns_that_the_servers_do_not_know_are_tested_here() -> None:
    line_filter = LineFilter(show={"server": [pattern("srv")]}, hide={"type": [pattern("php")]})
    assert divide(line_filter).at_source == NO_FILTER
    assert columns(line_filter) == (["server", "type"], ["server", "type"])


def test_statuses_and_request_ids_travel_as_expressions_and_must_be_there() -> None:
    line_filter = LineFilter(statuses=[pattern("404"), pattern("5[0-9][0-9]")], request_id="v-1.")
    assert divide(line_filter).at_source == (
        (
            ("http_status", ("^(?:404)$", "^(?:5[0-9][0-9])$")),
            ("request_id", (r"^v\-1\.$",)),
            ("text", (r"v\-1\.",)),  # there whole blocks are searched at once
        ),
        (("http_status", ("^$",)), ("request_id", ("^$",))),
    )
    assert columns(line_filter) == ([], ["request_id", "http_status"])


@pytest.mark.parametrize(
    "line_filter",
    [
        LineFilter(show={"http_status": [pattern("4")]}, statuses=[pattern("404")]),
        LineFilter(show={"request_id": [pattern("v")]}, request_id="v-1"),
        LineFilter(show={"request_id": [pattern("v")]}, mine="v-"),
        LineFilter(request_id="v-1", mine="v-"),
    ],
    ids=["status", "request", "mine", "both"],
)
def test_what_has_no_place_in_the_protocol_is_tested_here(line_filter: LineFilter) -> None:
    assert len(columns(line_filter)[0]) == 1


def test_of_two_wishes_on_one_column_the_second_is_tested_here() -> None:
    line_filter = LineFilter(show={"text": [pattern("a")]}, include=[pattern("b")])
    assert divide(line_filter).at_source.show == (("text", ("a",)),)
    assert columns(line_filter)[0] == ["text"]


def test_the_own_requests_are_asked_for_by_the_start_of_their_id() -> None:
    line_filter = LineFilter(mine="logstream-1a-")
    assert divide(line_filter).at_source == (
        (("request_id", (r"^logstream\-1a\-",)), ("text", (r"logstream\-1a\-",))),
        (("request_id", ("^$",)),),
    )
    assert columns(line_filter) == ([], ["request_id"])


def test_a_filter_that_is_too_much_for_the_protocol_stays_here() -> None:
    line_filter = LineFilter(include=[pattern("x" * 2000)])
    divided = divide(line_filter)
    assert divided.at_source == NO_FILTER
    assert "an expression has at most 1024 bytes" in divided.refused
    assert columns(line_filter) == (["text"], ["text"])
