import msgspec
import pytest

from logstream.cli.columns import RowColumns, SourceColumns, keys_of
from logstream.cli.rows import row_type
from logstream.client.line_columns import LineColumns
from logstream.client.lines import LineReader
from logstream.model.source import Source

UNSET = msgspec.UNSET
LINES = LineColumns(
    Source("srv-6", "php-error"),
    text=["one", "two", "three"],
    unix_time=[1404764933.25, None, 1404764934],
    request_id=["v-1", None, "v-3"],
    cut={2: 900},
    at=[0, 4, 4],
    next_cursor="F:9,G:908",
    gen=1,
)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("text", ["one", "two", "three"]),
        ("server", ["srv-6"] * 3),
        ("type", ["php-error"] * 3),
        ("log_type", ["php-error"] * 3),
        ("http_status", [UNSET] * 3),
        ("request_id", ["v-1", UNSET, "v-3"]),
        ("unix_time", [1404764933.25, UNSET, 1404764934]),
        ("disp_time", ["2014-07-07 20:28:53", UNSET, "2014-07-07 20:28:54"]),
        ("time", ["2014-07-07T20:28:53.250Z", None, "2014-07-07T20:28:54Z"]),
        ("cmd", ["line"] * 3),
        ("cut", [UNSET, UNSET, 900]),
        ("late", [UNSET] * 3),
        ("cursor", ["F:9,G:4", "F:9,G:8", "F:9,G:908"]),
        ("unknown", [UNSET] * 3),
    ],
)
def test_lines_of_one_source_have_the_columns_of_the_base_protocol_and_more(
    column: str, values: list[object]
) -> None:
    columns = SourceColumns(LINES)
    assert list(columns.column(column)) == values
    assert list(columns.pick([1, 2]).pick([1]).column(column)) == values[2:]


def test_cursors_become_what_is_made_of_them() -> None:
    columns = SourceColumns(LINES, words=lambda cursors: [f"1+{each}" for each in cursors])
    assert columns.pick([0]).column("cursor") == ["1+F:9,G:4"]
    assert columns.pick([0, 1]).last_index == 1


def test_a_line_that_was_cut_can_be_marked() -> None:
    marked = SourceColumns(LINES).pick([1, 2]).marked()
    assert marked.column("text") == ["two", "three …[cut, 900 bytes]"]
    assert marked.pick([1]).column("text") == ["three …[cut, 900 bytes]"]
    assert SourceColumns(LINES).pick([0, 1]).marked().column("text") == ["one", "two"]


def test_lines_that_came_late_say_so() -> None:
    late = LINES.part(0, 2)
    late.late = True
    assert SourceColumns(late).column("late") == [True, True]


def test_rows_have_what_the_service_sent() -> None:
    needed = keys_of({"time", "text", "cursor", "cut", "late"})
    assert needed == {"unix_time", "text"}
    rows = LineReader(row_type(needed)).read_all(
        [b'{"cmd":"line","text":"a","unix_time":5}', b'{"cmd":"line","text":"b"}']
    )
    assert rows is not None
    columns = RowColumns(rows)
    assert columns.marked().column("text") == ["a", "b"]
    assert columns.column("time") == ["1970-01-01T00:00:05Z", None]
    assert columns.column("cursor") == [UNSET, UNSET]
    assert columns.pick([1]).column("text") == ["b"]
    assert len(columns.pick([])) == 0


@pytest.mark.parametrize("moment_s", [-1.0, 1e15, float("nan")])
def test_a_time_that_no_calendar_has_is_none(moment_s: float) -> None:
    odd = LineColumns(Source("s", "t"), text=["x"], unix_time=[moment_s])
    assert SourceColumns(odd).column("time") == [None]
    assert SourceColumns(odd).column("disp_time") == [UNSET]
