"""Watchdog messages: whose time counts, and which request id."""

from datetime import timedelta, timezone
from pathlib import Path

import pytest

from logstream.formats.base import Columns
from logstream.formats.drupal_watchdog import DrupalWatchdogFormat

FIXTURES = Path(__file__).parents[2] / "fixtures" / "formats"
THEN_S = 1404764933.0
"""2014-07-07 20:28:53 UTC."""


def read(*texts: str) -> Columns:
    return DrupalWatchdogFormat().columns(texts, now_s=THEN_S + 60)


def test_watchdog_messages_are_read() -> None:
    assert read(*(FIXTURES / "drupal-watchdog.log").read_text().splitlines()) == Columns(
        [THEN_S, THEN_S + 1, THEN_S + 3.5, THEN_S + 4],
        None,
        ["v-1c9c0d5f-05fe-11e4-8a25-22000a1d0b8b", None, None, None],
    )


@pytest.mark.parametrize(
    ("message", "time"),
    [
        ("http://x|1404764900|a", THEN_S - 33),
        ("http://x|1404764900.5|a", THEN_S - 32.5),
        ("http://x|999999999|a", 999999999.0),
        ("http://x|99999999|a", THEN_S),
        ("http://x|140476490000|a", THEN_S),
        ("http://x|-404764900|a", THEN_S),
        ("http://x|١٤٠٤٧٦٤٩٠٠|a", THEN_S),
        ("http://x|1404764900", THEN_S),
        ("http://x|", THEN_S),
        ("http://x\n|1404764900|", THEN_S),
    ],
)
def test_drupals_own_time_counts_where_it_is_valid(message: str, time: float) -> None:
    assert read(f"Jul  7 20:28:53 srv-6 mysite: {message}").unix_time == [time]


def test_the_prefix_is_in_the_zone_of_the_server() -> None:
    format_ = DrupalWatchdogFormat(timezone(timedelta(hours=2)))
    assert format_.columns(["Jul  7 22:28:53 srv-6 a: b"], now_s=THEN_S).unix_time == [THEN_S]


def test_a_message_of_several_lines_has_the_time_of_its_first_and_the_id_of_its_end() -> None:
    text = 'Jul  7 20:28:53 a b: http://x|1404764900|php|a\nb|1404764999|c request_id="v-1"'
    assert read(text) == Columns([THEN_S - 33], None, ["v-1"])


def test_a_line_without_any_time_has_none() -> None:
    assert read("", "garbage", "Foo  7 20:28:53 srv-6 a: b").unix_time == [None, None, None]
