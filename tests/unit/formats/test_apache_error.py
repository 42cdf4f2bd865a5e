"""Apache's errors of 2.2 and 2.4, and nginx's."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from logstream.formats.apache_error import ApacheErrorFormat
from logstream.formats.base import Columns

FIXTURES = Path(__file__).parents[2] / "fixtures" / "formats"
THEN_S = 1404764933.0
"""2014-07-07 20:28:53 UTC."""


def read(*texts: str) -> Columns:
    return ApacheErrorFormat().columns(texts, now_s=THEN_S + 60)


def test_errors_of_both_apaches_and_of_nginx_are_read() -> None:
    assert read(*(FIXTURES / "apache-error.log").read_text().splitlines()) == Columns(
        [THEN_S, THEN_S + 1.123456, THEN_S + 2], None, [None, None, None]
    )


@pytest.mark.parametrize(
    ("start", "time"),
    [
        ("[Mon Jul  7 20:28:53 2014]", THEN_S),
        ("[Mon Jul 07 20:28:53.1_2 2014]", None),
        ("[Mon Foo 32 20:28:53 2014]", None),
        ("[Mon Jul 07 20:28:53 2014", None),
        ("", None),
    ],
)
def test_heads_that_differ_are_read(start: str, time: float | None) -> None:
    assert read(f"{start} [error] x").unix_time == [time]


def test_the_time_is_in_the_zone_of_the_server() -> None:
    format_ = ApacheErrorFormat(ZoneInfo("Europe/Berlin"))
    texts = ["[Mon Jul 07 22:28:53 2014] [error] x", "[Wed Jan 01 01:00:00 2014] [error] x"]
    assert format_.columns(texts, now_s=THEN_S).unix_time == [THEN_S, 1388534400.0]


def test_a_record_of_several_lines_is_read_by_its_first() -> None:
    text = "[Mon Jul 07 20:28:53 2014] [error] x\n[Mon Jul 07 20:28:59 2014] [error] y"
    assert read(text).unix_time == [THEN_S]
