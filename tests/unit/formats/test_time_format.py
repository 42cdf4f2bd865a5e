"""Ways to write a time that an operator can name."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from logstream.errors import ConfigError
from logstream.formats.time_format import TIME_FORMAT_NAMES, TimeFormat, escaped

THEN_S = 1404764933.0
"""2014-07-07 20:28:53 UTC."""
NOW_S = THEN_S + 60


def read(written: str, stamp: str, zone: str = "UTC") -> float | None:
    return TimeFormat(written).reader(ZoneInfo(zone))(stamp, NOW_S)


@pytest.mark.parametrize(
    ("written", "stamp", "time"),
    [
        ("%Y-%m-%d %H:%M:%S,%f", "2014-07-07 20:28:53,250", THEN_S + 0.25),
        ("%Y-%m-%dT%H:%M:%S%z", "2014-07-07T22:28:53+02:00", THEN_S),
        ("%d/%b/%Y:%T %z", "07/Jul/2014:20:28:53 +0000", THEN_S),
        ("%F %T %Z", "2014-07-07 22:28:53 Europe/Berlin", THEN_S),
        ("%A, %d %B %Y %I:%M:%S %p", "Monday, 07 July 2014 08:28:53 PM", THEN_S),
        ("%D %r", "07/07/14 08:28:53 pm", THEN_S),
        ("%m/%d/%y %k:%M:%S", "07/07/14 20:28:53", THEN_S),
        ("%y%m%d %T", "700101 00:00:01", 1.0),
        ("%Y %j %H:%M:%S", "2014 188 20:28:53", THEN_S),
        ("%s", "1404764933", THEN_S),
        ("%s.%f", "1404764933.250", THEN_S + 0.25),
        ("%b %e %T", "Jul  7 20:28:53", THEN_S),
        ("%b %d %I:%M:%S %p", "Jul 8 12:00:00 AM", 1404777600.0),
        ("100%% %s", "100% 1404764933", THEN_S),
        ("%Y-%m-%d %H:%M", "2014-07-07 20:28", THEN_S - 53),
        ("%Y-%m-%d %T.%f", "2014-07-07 20:28:53.123456789123", THEN_S + 0.123456789),
        ("iso8601", "2014-07-07T20:28:53Z", THEN_S),
        ("clf", "07/Jul/2014:20:28:53 +0000", THEN_S),
        ("apache_error", "Mon Jul 07 20:28:53.250 2014", THEN_S + 0.25),
        ("php", "07-Jul-2014 20:28:53 UTC", THEN_S),
        ("syslog", "Jul  7 20:28:53", THEN_S),
        ("unix", "1404764933.25", THEN_S + 0.25),
        ("unix_ms", "1404764933250", THEN_S + 0.25),
        ("unix_us", "1404764933250000", THEN_S + 0.25),
        ("unix_ns", "1404764933250000000", THEN_S + 0.25),
        ("unix_ms", "5", 0.005),
    ],
)
def test_a_stamp_is_read(written: str, stamp: str, time: float) -> None:
    assert read(written, stamp) == time


@pytest.mark.parametrize(
    ("written", "stamp"),
    [
        ("%Y-%m-%d %T", "2014-02-30 20:28:53"),
        ("%Y-%m-%d %T", "2014-07-07 25:28:53"),
        ("%Y-%m-%d %T", "2014-07-07 20:28:53 "),
        ("%Y-%m-%d %T", "1014-07-07 20:28:53"),
        ("%d %b %Y %T", "07 Foo 2014 20:28:53"),
        ("%F %I:%M %p", "2014-07-07 13:28 PM"),
        ("%b %d %I:%M %p", "Jul 07 00:28 PM"),
        ("%b %d %H:%M", "Foo"),
        ("%b %d %H:%M", "Foo 07 20:28"),
        ("%Y %j %H", "2014 366 20"),
        ("%Y %j %H", "0000 001 20"),
        ("%F %T %Z", "2014-07-07 22:28:53 Nowhere/Land"),
        ("%s", "999999999999"),
        ("unix", "-5"),
        ("unix", "٣"),
        ("unix_ms", "1e3"),
        ("unix_ms", "1404764933.25"),
        ("unix_ms", "9" * 60),
        ("iso8601", "yesterday"),
        ("iso8601", "2" * 200),
        ("%b %d %H:%M", "J" * 200),
        ("syslog", ""),
    ],
)
def test_what_is_no_time_is_none(written: str, stamp: str) -> None:
    assert read(written, stamp) is None


@pytest.mark.parametrize("written", ["%Y-%m-%d %T", "%b %d %T", "%j %Y %T"])
def test_a_stamp_without_a_zone_is_in_the_one_that_is_named(written: str) -> None:
    stamp = datetime.fromtimestamp(THEN_S, ZoneInfo("Europe/Berlin")).strftime(written)
    assert read(written, stamp, "Europe/Berlin") == THEN_S


def test_without_a_year_it_is_the_latest_that_is_not_in_the_future() -> None:
    reader = TimeFormat("%m-%d %T").reader(UTC)
    new_year_s = 1420070400.0
    assert reader("12-31 23:59:59", new_year_s + 1) == new_year_s - 1


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("%Y-%m-%d %Q", "%Q, which is not known"),
        ("%Y-%m-%d %", "which is not known"),
        ("iso", "is no time format"),
        ("", "is no time format"),
        ("%H:%M:%S", "has no date"),
        ("%Y-%m %T", "has no date"),
        ("%j %T", "has no date"),
        ("%Y-%m-%d", "has no hour"),
        ("%Y-%m-%d %I:%M", "without %p"),
    ],
)
def test_a_format_that_tells_no_time_is_refused(written: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        TimeFormat(written)


def test_a_part_of_a_time_is_a_format_too() -> None:
    assert TimeFormat("%z", is_part=True).shape.startswith("(?:Z|UTC")


@pytest.mark.parametrize("name", TIME_FORMAT_NAMES)
def test_every_name_is_taken(name: str) -> None:
    assert TimeFormat(name).reader(UTC)("garbage", NOW_S) is None


def test_what_is_special_in_a_pattern_is_escaped() -> None:
    assert escaped("a.b [c]") == r"a\.b \[c\]"
