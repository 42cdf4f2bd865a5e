import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from logstream.cli.columns import RowColumns, SourceColumns, keys_of
from logstream.cli.render import columns_of, renderer, shown_columns
from logstream.cli.rows import row_type
from logstream.cli.tail_config import Colour, Output
from logstream.client.line_columns import LineColumns
from logstream.client.lines import LineReader
from logstream.model.source import Source

REQUEST = {
    "cmd": "line",
    "log_type": "apache-request",
    "type": "apache-request",
    "server": "srv-6",
    "unix_time": 1404764933,
    "disp_time": "2014-07-07 20:28:53",
    "http_status": 200,
    "text": 'GET "/"',
}
COLUMNS = LineColumns(
    Source("srv-6", "apache-request"),
    text=["one", "two"],
    unix_time=[1404764933.25, None],
    http_status=[200, None],
    request_id=["v-1", None],
    cut={1: 900},
    at=[0, 4],
    next_cursor="G:904",
    gen=0,
)
PHP = {**REQUEST, "log_type": "php-error", "type": "php-error", "text": "Warning"}
del PHP["http_status"]


def render(
    *lines: dict[str, Any],
    columns: Sequence[str] | None = None,
    output: Output = Output.TEXT,
    colour: Colour = Colour.NEVER,
    highlight: re.Pattern[str] | None = None,
) -> bytes:
    chosen = shown_columns(columns, output)
    reader = LineReader(row_type(keys_of(columns_of(chosen, output, colour))))
    rows = reader.read_all([msgspec.json.encode(line) for line in lines])
    assert rows is not None
    return renderer(chosen, output, colour, highlight)(RowColumns(rows))


def test_the_text_alone_is_the_default() -> None:
    assert render(REQUEST, PHP) == b'GET "/"\nWarning\n'


def test_columns_stand_between_single_spaces_and_two_are_padded() -> None:
    shown = render(REQUEST, PHP, columns=["type", "server", "http_status", "disp_time", "text"])
    assert shown.decode().splitlines() == [
        'apache-request  srv-6    200 2014-07-07 20:28:53 GET "/"',
        "php-error       srv-6     2014-07-07 20:28:53 Warning",
    ]


def test_a_log_type_is_not_padded() -> None:
    assert render(PHP, columns=["log_type", "text"]) == b"php-error Warning\n"


@pytest.mark.parametrize(
    ("column", "shown"),
    [
        ("server", b"srv-6   \n"),
        ("cmd", b"line\n"),
        ("request_id", b"\n"),
        ("unknown", b"\n"),
        ("unix_time", b"1404764933\n"),
    ],
)
def test_any_column_may_stand_alone(column: str, shown: bytes) -> None:
    assert render(REQUEST, columns=[column]) == shown


def test_a_column_may_be_shown_twice() -> None:
    assert render(PHP, columns=["text", "cmd", "text"]) == b"Warning line Warning\n"


def test_forced_colour_has_the_original_bytes() -> None:
    lines = [
        REQUEST,
        {**REQUEST, "http_status": 404},
        {**REQUEST, "http_status": 500},
        PHP,
        {**PHP, "log_type": "drupal-watchdog"},
        {**REQUEST, "log_type": "varnish-request"},
        {**REQUEST, "http_status": None},
    ]
    assert render(*lines, columns=["server", "text"], colour=Colour.ORIGINAL) == (
        b'\x1b[32;1msrv-6    GET "/"\x1b[0m\n'
        b'\x1b[33;1msrv-6    GET "/"\x1b[0m\n'
        b'\x1b[31;1msrv-6    GET "/"\x1b[0m\n'
        b"\x1b[31;1msrv-6    Warning\x1b[0m\n"
        b"\x1b[34;1msrv-6    Warning\x1b[0m\n"
        b'srv-6    GET "/"\n'
        b'srv-6    GET "/"\n'
    )


def test_other_types_are_coloured_only_where_nobody_asked_for_the_original() -> None:
    varnish = {**REQUEST, "log_type": "varnish-request"}
    assert render(varnish, colour=Colour.ORIGINAL) == b'GET "/"\n'
    assert render(varnish, colour=Colour.FULL) == b'\x1b[32;1mGET "/"\x1b[0m\n'


def test_hostile_text_cannot_end_a_colour_or_act() -> None:
    hostile = {**PHP, "text": "\x1b[0m\x1b]0;owned\x07\rx", "server": "srv\x1b[2J"}
    for colour in (Colour.NEVER, Colour.ORIGINAL):
        shown = render(hostile, columns=["server", "text"], colour=colour)
        assert b"srv\\x1b[2J  \\x1b[0m\\x1b]0;owned\\x07\\x0dx" in shown


def test_raw_output_is_as_it_came() -> None:
    hostile = {**PHP, "text": "\x1b[1mbold\x1b[0m\r"}
    assert render(hostile, output=Output.RAW) == b"\x1b[1mbold\x1b[0m\r\n"
    assert (
        render(hostile, output=Output.RAW, colour=Colour.ORIGINAL)
        == b"\x1b[31;1m\x1b[1mbold\x1b[0m\r\x1b[0m\n"
    )


def test_text_that_is_no_text_is_shown_all_the_same() -> None:
    assert render({**PHP, "text": 5}, columns=["text", "server"]) == b"5 srv-6   \n"


def test_json_is_one_object_a_line_that_has_the_same_keys_always() -> None:
    first, second = map(json.loads, render(REQUEST, PHP, output=Output.JSON).splitlines())
    assert first == {
        "server": "srv-6",
        "type": "apache-request",
        "time": "2014-07-07T20:28:53Z",
        "unix_time": 1404764933,
        "http_status": 200,
        "request_id": None,
        "text": 'GET "/"',
    }
    assert list(second) == list(first)
    assert second["http_status"] is None


def test_lines_that_came_as_columns_have_their_cursors_and_what_was_cut() -> None:
    columns = shown_columns(None, Output.JSON)
    shown = renderer(columns, Output.JSON, Colour.NEVER)(
        SourceColumns(COLUMNS, words=lambda cursors: [f"1+{each}" for each in cursors])
    )
    assert [json.loads(line) for line in shown.splitlines()] == [
        {
            "server": "srv-6",
            "type": "apache-request",
            "time": "2014-07-07T20:28:53.250Z",
            "unix_time": 1404764933.25,
            "http_status": 200,
            "request_id": "v-1",
            "text": "one",
            "cursor": "1+G:4",
        },
        {
            "server": "srv-6",
            "type": "apache-request",
            "time": None,
            "unix_time": None,
            "http_status": None,
            "request_id": None,
            "text": "two",
            "cut": 900,
            "cursor": "1+G:904",
        },
    ]


def test_whole_seconds_are_whole_numbers_in_json() -> None:
    lines = LineColumns(Source("s", "t"), text=["a", "b"], unix_time=[5.0, 5.5])
    shown = renderer(["unix_time"], Output.JSON, Colour.NEVER)(SourceColumns(lines))
    assert [line.split(b",")[0] for line in shown.splitlines()] == [
        b'{"unix_time":5',
        b'{"unix_time":5.5',
    ]


def test_text_is_the_same_on_either_wire() -> None:
    columns = ["type", "server", "unix_time", "disp_time", "http_status", "request_id", "text"]
    lines = [
        {**REQUEST, "request_id": "v-1", "text": "one"},
        {**REQUEST, "http_status": 404, "text": "two"},
    ]
    for output in (Output.TEXT, Output.RAW):
        for colour in Colour:
            of_columns = LineColumns(
                Source("srv-6", "apache-request"),
                text=["one", "two"],
                unix_time=[1404764933.25, 1404764933],
                http_status=[200, 404],
                request_id=["v-1", None],
            )
            shown = renderer(columns, output, colour)(SourceColumns(of_columns))
            assert shown == render(*lines, columns=columns, output=output, colour=colour)


def test_a_line_that_was_cut_says_so_in_text() -> None:
    shown = renderer(["text"], Output.TEXT, Colour.NEVER)(SourceColumns(COLUMNS))
    assert shown == "one\ntwo …[cut, 900 bytes]\n".encode()


def test_what_is_highlighted_is_shown_in_reverse_where_there_are_colours() -> None:
    found = re.compile("GET|x*")
    assert render(REQUEST, highlight=found) == b'GET "/"\n'
    assert render(REQUEST, highlight=found, colour=Colour.ORIGINAL) == (
        b'\x1b[32;1m\x1b[7mGET\x1b[27m "/"\x1b[0m\n'
    )


def test_json_has_the_columns_that_were_asked_for_and_no_colour() -> None:
    shown = render(PHP, columns=["text", "cmd"], output=Output.JSON, colour=Colour.ORIGINAL)
    assert shown == b'{"text":"Warning","cmd":"line"}\n'


def test_json_keeps_a_record_of_several_lines_on_one() -> None:
    shown = render({**PHP, "text": "a\nb\u2028c\x1b"}, columns=["text"], output=Output.JSON)
    assert shown == b'{"text":"a\\nb\\u2028c\\u001b"}\n'


def test_values_of_any_kind_beside_each_other_are_shown_as_the_original_does() -> None:
    values = ["x", 5, 1.5, None, True, ["a"], {"b": 1}]
    shown = render(
        *({**PHP, "request_id": value} for value in values), columns=["request_id", "log_type"]
    )
    words = [line.removesuffix(" php-error") for line in shown.decode().splitlines()]
    assert words == ["x", "5", "1.5", "", "true", '["a"]', '{"b":1}']


def test_a_status_that_is_none_leaves_the_other_colours_as_they_are() -> None:
    lines = [{**REQUEST, "http_status": []}, REQUEST, {**REQUEST, "http_status": "404"}]
    assert render(*lines, columns=["server"], colour=Colour.ORIGINAL) == (
        b"srv-6   \n\x1b[32;1msrv-6   \x1b[0m\n\x1b[33;1msrv-6   \x1b[0m\n"
    )
