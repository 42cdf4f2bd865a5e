"""Logs of an unknown type: the time in front, the request id at the end."""

from pathlib import Path

from logstream.formats.base import Columns
from logstream.formats.plain import PlainFormat

FIXTURES = Path(__file__).parents[2] / "fixtures" / "formats"
THEN_S = 1404764933.0
"""2014-07-07 20:28:53 UTC."""


def test_the_time_in_front_is_read_however_it_is_written() -> None:
    lines = (FIXTURES / "myapp.log").read_text().splitlines()
    assert PlainFormat("myapp").columns(lines, now_s=THEN_S + 60) == Columns(
        [THEN_S + 0.25, THEN_S + 1.5, THEN_S + 2, THEN_S + 3, THEN_S + 4, None],
        None,
        [None, "v-0b8b9c4e-05fe-11e4-8a25-22000a1d0b8b", None, None, None, None],
    )


def test_the_format_keeps_the_name_of_its_type() -> None:
    assert PlainFormat("myapp").log_type == "myapp"
