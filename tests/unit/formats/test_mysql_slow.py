"""Slow queries: whole blocks, and the single lines of them."""

from datetime import timedelta, timezone
from pathlib import Path

import pytest

from logstream.formats.base import Columns
from logstream.formats.mysql_slow import MysqlSlowFormat

FIXTURES = Path(__file__).parents[2] / "fixtures" / "formats"
THEN_S = 1404764933.0
"""2014-07-07 20:28:53 UTC."""


def read(*texts: str) -> Columns:
    return MysqlSlowFormat().columns(texts, now_s=THEN_S + 60)


def test_the_lines_of_old_and_new_blocks_are_read() -> None:
    assert read(*(FIXTURES / "mysql-slow.log").read_text().splitlines()) == Columns(
        [THEN_S, None, None, THEN_S - 2, None, THEN_S + 1.123456, None, None, THEN_S + 1, None],
        None,
        None,
    )


@pytest.mark.parametrize(
    ("block", "time"),
    [
        ("# Time: 140707 20:28:53\n# User@Host: x\nSET timestamp=1404764931;\nx;", THEN_S),
        ("# Time: 2014-07-07T22:28:53.5+02:00\n# User@Host: x", THEN_S + 0.5),
        ("# User@Host: x\nSET timestamp=1404764931.25;\nx;", THEN_S - 1.75),
        ("# User@Host: x\nSET timestamp=1404764931;\nSET timestamp=1;", THEN_S - 2),
        ("# Time: 149907 20:28:53\nSET timestamp=1404764931;", THEN_S - 2),
        ("SET timestamp=999999999999;", None),
        ("SELECT 'SET timestamp=1404764931;'", None),
        ("", None),
    ],
)
def test_a_block_has_one_time(block: str, time: float | None) -> None:
    assert read(block).unix_time == [time]


def test_an_old_time_is_in_the_zone_of_the_server() -> None:
    format_ = MysqlSlowFormat(timezone(timedelta(hours=2)))
    assert format_.columns(["# Time: 140707 22:28:53"], now_s=THEN_S).unix_time == [THEN_S]
