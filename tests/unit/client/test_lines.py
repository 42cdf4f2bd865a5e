import json
from typing import Any

import msgspec
import pytest

from logstream.client.lines import LineReader
from logstream.protocol.messages import Line, Message

FULL = {
    "cmd": "line",
    "log_type": "apache-request",
    "type": "apache-request",
    "server": "srv-6",
    "unix_time": 1404764933,
    "disp_time": "2014-07-07 20:28:53",
    "http_status": 200,
    "request_id": "v-4fe9953a",
    "text": "GET /",
}


class TextOnly(Message, tag="line"):
    text: str = ""


class AnyColumn(Message, tag="line"):
    column: Any = msgspec.field(default=msgspec.UNSET, name="x-column")


def encoded(**changes: Any) -> bytes:
    return json.dumps({**FULL, **changes}).encode()


def without(*keys: str) -> bytes:
    return json.dumps({key: value for key, value in FULL.items() if key not in keys}).encode()


def test_lines_of_one_read_are_read_together_and_in_order() -> None:
    texts = ["one", "two ☃", 'thr"ee\n']
    lines = LineReader(TextOnly).read_all([encoded(text=text) for text in texts])
    assert lines is not None
    assert [line.text for line in lines] == texts


def test_every_key_of_the_protocol_is_read() -> None:
    lines = LineReader(Line).read_all([encoded()])
    assert lines is not None
    values = msgspec.structs.asdict(lines[0])
    assert values == {key: value for key, value in FULL.items() if key not in ("cmd", "type")}


@pytest.mark.parametrize(
    "other",
    [
        b'{"cmd":"connected","server":"srv-6"}',
        b'{"text":"no cmd"}',
        b"[]",
        b"not json",
        b"",
        b"\xff",
        b'{"cmd":"line","text":"a"},{"cmd":"line","text":"b"}',
        b'{"cmd":"line","text":5}',
        b'{"cmd":"line","text":"\\ud800"}',
    ],
)
def test_what_is_not_all_lines_is_left_to_be_read_singly(other: bytes) -> None:
    assert LineReader(TextOnly).read_all([encoded(), other, encoded()]) is None


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"http_status": "404"}, "http_status", 404),
        ({"http_status": "-"}, "http_status", None),
        ({"unix_time": None}, "unix_time", None),
        ({"unix_time": []}, "unix_time", None),
        ({"text": 5}, "text", "5"),
        ({"text": None}, "text", ""),
        ({"request_id": {"a": 1}}, "request_id", None),
        ({"text": "half \ud800 pair"}, "text", "half � pair"),
    ],
)
def test_a_line_with_a_value_of_an_odd_type_is_not_lost(
    changes: dict[str, Any], field: str, value: object
) -> None:
    line = LineReader(Line).read_loosely(encoded(**changes))
    assert getattr(line, field) == value


def test_a_line_without_keys_that_others_have_is_not_lost() -> None:
    line = LineReader(Line).read_loosely(without("server", "log_type", "request_id"))
    assert line is not None
    assert (line.server, line.log_type, line.request_id) == ("", "", None)
    assert line.text == "GET /"


def test_a_column_of_any_type_is_given_as_it_came() -> None:
    line = LineReader(AnyColumn).read_loosely(encoded(**{"x-column": {"a": [1]}}))
    assert line is not None
    assert line.column == {"a": [1]}


def test_a_column_that_is_absent_is_told_from_null() -> None:
    reader = LineReader(AnyColumn)
    lines = reader.read_all([encoded(), encoded(**{"x-column": None})])
    assert lines is not None
    assert [line.column for line in lines] == [msgspec.UNSET, None]


@pytest.mark.parametrize("message", [b"", b"5", b"[" * 100_000, b'{"cmd":"connected"}', b"\xff{"])
def test_what_is_no_line_at_all_is_none(message: bytes) -> None:
    assert LineReader(Line).read_loosely(message) is None
