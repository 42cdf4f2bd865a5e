from typing import Any

import msgspec
import pytest

from logstream.cli.rows import TextRow, getter, getter_of_all, row_type, shown
from logstream.client.lines import LineReader


def read(columns: set[str], message: bytes) -> Any:
    rows = LineReader(row_type(columns)).read_all([message])
    assert rows is not None
    return rows[0]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("text", "GET /"),
        ("server", "srv-6"),
        ("unix_time", 5),
        ("cmd", "line"),
        ("type", "x"),
        ("request-id", None),
        ("class", True),
        ("ünï", [1]),
        ("a.b c", {"d": 1}),
        ("", "empty"),
        ("nowhere", msgspec.UNSET),
    ],
)
def test_any_key_of_a_line_is_a_column(column: str, value: object) -> None:
    message = msgspec.json.encode(
        {
            "cmd": "line",
            "text": "GET /",
            "server": "srv-6",
            "unix_time": 5,
            "type": "x",
            "request-id": None,
            "class": True,
            "ünï": [1],
            "a.b c": {"d": 1},
            "": "empty",
        }
    )
    row = read({column, "server"}, message)
    assert getter(column)(row) == value
    assert getter_of_all([column])(row) == (value,)
    assert getter_of_all([column, "server"])(row) == (value, "srv-6")


def test_where_only_the_text_is_asked_for_only_that_is_read() -> None:
    assert row_type(["text"]) is TextRow
    assert row_type(["text", "cmd"]) is TextRow
    assert row_type(["text", "server"]) is not TextRow


def test_columns_that_look_alike_are_told_apart() -> None:
    row = read({"a_b", "a-b", "a b"}, b'{"cmd":"line","a_b":1,"a-b":2,"a b":3}')
    assert getter_of_all(["a_b", "a-b", "a b"])(row) == (1, 2, 3)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        (None, ""),
        (msgspec.UNSET, ""),
        (200, "200"),
        (1.5, "1.5"),
        (True, "true"),
        (False, "false"),
        (["a", 1], '["a",1]'),
    ],
)
def test_a_value_is_shown_as_the_original_client_shows_it(value: object, text: str) -> None:
    assert shown(value) == text
