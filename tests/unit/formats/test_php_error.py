"""PHP errors: any zone that PHP writes, stack traces, other prefixes."""

from datetime import timedelta, timezone
from pathlib import Path

import pytest

from logstream.formats.base import Columns
from logstream.formats.php_error import PhpErrorFormat

FIXTURES = Path(__file__).parents[2] / "fixtures" / "formats"
THEN_S = 1404764933.0
"""2014-07-07 20:28:53 UTC."""


def read(*texts: str) -> Columns:
    return PhpErrorFormat().columns(texts, now_s=THEN_S + 60)


def test_php_errors_are_read_and_lines_of_a_stack_trace_have_no_time() -> None:
    columns = read(*(FIXTURES / "php-error.log").read_text().splitlines())
    assert columns.unix_time == [THEN_S, THEN_S + 1, THEN_S + 2, None, None, None, None]
    assert columns.http_status is None
    assert columns.request_id == [None, "v-0b8b9c4e-05fe-11e4-8a25-22000a1d0b8b", *[None] * 5]


@pytest.mark.parametrize(
    ("start", "time"),
    [
        ("[07-Jul-2014 20:28:53.123456]", THEN_S + 0.123456),
        ("[07-Jul-2014 20:28:53.5 UTC]", THEN_S + 0.5),
        ("[07-Jul-2014 20:28:53]", THEN_S),
        ("[32-Foo-2014 20:28:53 UTC]", None),
        ("[07-Jul-2014 20:28:53 Mars/Olympus]", None),
        ("Jul  7 20:28:53 srv-6 php:", THEN_S),
        ("[07-Jul-2014", None),
    ],
)
def test_heads_that_differ_are_read(start: str, time: float | None) -> None:
    assert read(f"{start} PHP Warning:  x").unix_time == [time]


def test_a_whole_record_is_read_by_its_first_line_and_its_end() -> None:
    text = '[07-Jul-2014 20:28:53 UTC] PHP Fatal error:  x\nStack trace:\n#0 y request_id="v-1"'
    assert read(text) == Columns([THEN_S], None, ["v-1"])


def test_a_stamp_without_a_zone_is_in_that_of_the_server() -> None:
    format_ = PhpErrorFormat(timezone(timedelta(hours=2)))
    assert format_.columns(["[07-Jul-2014 22:28:53] x"], now_s=THEN_S).unix_time == [THEN_S]
