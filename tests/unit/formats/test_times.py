"""Time stamps: every way of writing that the formats meet, and what is no time at all."""

from calendar import timegm
from datetime import UTC, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from logstream.formats.times import (
    UNIX_TIME_END_S,
    StampCache,
    YearlessStamps,
    apache_error_time,
    clf_time,
    iso_time,
    mysql_time,
    php_time,
    unix_stamp,
    zone_named,
)
from logstream.model.limits import STAMPS_CACHED_MAX

THEN_S = 1404764933.0
"""2014-07-07 20:28:53 UTC."""
BERLIN = ZoneInfo("Europe/Berlin")


def at(*moment: int) -> float:
    return float(timegm((*moment, 0, 0, 0)[:6]))


@pytest.mark.parametrize(
    ("stamp", "time"),
    [
        ("07/Jul/2014:20:28:53 +0000", THEN_S),
        ("07/Jul/2014:22:28:53 +0200", THEN_S),
        ("07/Jul/2014:15:58:53 -0430", THEN_S),
        ("7/Jul/2014:20:28:53.25 +0000", THEN_S + 0.25),
        ("07/Jul/2014:20:28:53", THEN_S),
        ("29/Feb/2016:00:00:00 +0000", at(2016, 2, 29)),
        ("30/Jun/2015:23:59:60 +0000", at(2015, 7, 1)),
        ("29/Feb/2015:00:00:00 +0000", None),
        ("32/Jul/2014:20:28:53 +0000", None),
        ("07/Foo/2014:20:28:53 +0000", None),
        ("07/Jul/2014:24:28:53 +0000", None),
        ("07/Jul/2014:20:28:61 +0000", None),
        ("07/Jul/2014:20:28:53 +9900", None),
        ("07/Jul/0000:20:28:53 +0000", None),
        ("07/Jul/1914:20:28:53 +0000", None),
        ("07/Jul/٢٠١٤:20:28:53 +0000", None),
        ("", None),
    ],
)
def test_the_common_log_format_is_read_exactly(stamp: str, time: float | None) -> None:
    assert clf_time(stamp) == time


@pytest.mark.parametrize(
    ("stamp", "time"),
    [
        ("2014-07-07T20:28:53Z", THEN_S),
        ("2014-07-07T20:28:53.123456Z", THEN_S + 0.123456),
        ("2014-07-07T20:28:53.123456789012345Z", THEN_S + 0.123456789),
        ("2014-07-07 22:28:53,5 +0200", THEN_S + 0.5),
        ("2014-07-07T22:28:53+02:00", THEN_S),
        ("2014-07-07T22:28:53+02", THEN_S),
        ("2014/07/07 20:28:53", THEN_S),
        ("2014-07-07 20:28:53 UTC", THEN_S),
        ("2014-13-07T20:28:53Z", None),
        ("2014-07-07", None),
        ("9999-12-31T23:59:60Z", None),
        ("9999-12-31T23:59:59-10:00", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_iso_times_are_read_with_fraction_and_zone(stamp: str, time: float | None) -> None:
    assert iso_time(stamp) == (None if time is None else pytest.approx(time, abs=1e-6))


@pytest.mark.parametrize(
    "stamp",
    [
        "07-Jul-2014 20:28:53 UTC",
        "07-Jul-2014 22:28:53 Europe/Berlin",
        "07-Jul-2014 22:28:53 CEST",
        "07-Jul-2014 13:28:53 PDT",
        "07-Jul-2014 22:28:53 +02:00",
        "07-Jul-2014 17:28:53 America/Argentina/Buenos_Aires",
        "07-Jul-2014 20:28:53 Etc/GMT+0",
        "07-Jul-2014 20:28:53",
    ],
)
def test_php_times_are_read_in_the_zone_that_php_names(stamp: str) -> None:
    assert php_time(stamp) == THEN_S


@pytest.mark.parametrize("name", ["Mars/Olympus", "Europe", "../etc/passwd", "+25:00", "/etc/x"])
def test_an_unknown_zone_makes_the_time_unknown(name: str) -> None:
    assert zone_named(name) is None
    assert php_time(f"07-Jul-2014 20:28:53 {name}") is None


def test_zones_that_log_text_invents_are_not_kept_for_ever() -> None:
    for number in range(2 * STAMPS_CACHED_MAX):
        assert zone_named(f"+{number // 60:02}:{number % 60:02}") is not None
    assert zone_named("UTC") is UTC
    assert zone_named("-01:30") == timezone(-timedelta(hours=1, minutes=30))


@pytest.mark.parametrize(
    ("stamp", "time"),
    [
        ("Mon Jul 07 20:28:53 2014", THEN_S),
        ("Mon Jul  7 20:28:53 2014", THEN_S),
        ("Mon Jul 07 20:28:53.123456 2014", THEN_S + 0.123456),
        ("Mon Jul 32 20:28:53 2014", None),
        ("Mon Foo 07 20:28:53 2014", None),
        ("Jul 07 20:28:53 2014", None),
    ],
)
def test_apache_error_times_are_read(stamp: str, time: float | None) -> None:
    assert apache_error_time(stamp) == time


@pytest.mark.parametrize(
    ("stamp", "time"),
    [
        ("140707 20:28:53", THEN_S),
        ("140707  8:28:53", THEN_S - 12 * 3600),
        ("141307 20:28:53", None),
        ("0707 20:28:53", None),
        ("140707 20:28:61", None),
    ],
)
def test_old_mysql_times_are_read(stamp: str, time: float | None) -> None:
    assert mysql_time(stamp) == time


def test_a_stamp_without_a_zone_is_in_the_zone_that_the_caller_names() -> None:
    there_s = THEN_S - 2 * 3600
    assert clf_time("07/Jul/2014:20:28:53", BERLIN) == there_s
    assert iso_time("2014-07-07 20:28:53", BERLIN) == there_s
    assert php_time("07-Jul-2014 20:28:53", BERLIN) == there_s
    assert apache_error_time("Mon Jul 07 20:28:53 2014", BERLIN) == there_s
    assert mysql_time("140707 20:28:53", BERLIN) == there_s


def test_unix_stamps_end_with_the_last_year_that_can_be_shown() -> None:
    assert unix_stamp("1404764933.5") == THEN_S + 0.5
    assert unix_stamp("999999999999") is None
    assert unix_stamp(str(int(UNIX_TIME_END_S))) is None


@pytest.mark.parametrize(
    ("stamp", "now", "expected"),
    [
        ("Jul  7 20:28:53", at(2014, 7, 7, 20, 29), at(2014, 7, 7, 20, 28, 53)),
        ("Jul 07 20:28:53", at(2014, 7, 7, 20, 29), at(2014, 7, 7, 20, 28, 53)),
        ("Jul 7 20:28:53", at(2014, 7, 7, 20, 29), at(2014, 7, 7, 20, 28, 53)),
        ("Dec 31 23:59:59", at(2015, 1, 1, 0, 0, 5), at(2014, 12, 31, 23, 59, 59)),
        ("Jan  1 00:00:03", at(2014, 12, 31, 23, 59), at(2015, 1, 1, 0, 0, 3)),
        ("Jul  8 19:00:00", at(2014, 7, 7, 20, 29), at(2014, 7, 8, 19)),
        ("Jul  9 20:29:00", at(2014, 7, 7, 20, 29), at(2013, 7, 9, 20, 29)),
        ("Feb 29 12:00:00", at(2016, 2, 29, 12), at(2016, 2, 29, 12)),
        ("Feb 29 12:00:00", at(2018, 6, 1), at(2016, 2, 29, 12)),
        ("Feb 29 12:00:00", at(1903, 3, 1) + 200 * 365.25 * 86400, at(2096, 2, 29, 12)),
        ("Feb 30 12:00:00", at(2018, 6, 1), None),
        ("Foo  7 20:28:53", at(2018, 6, 1), None),
        ("no date", at(2018, 6, 1), None),
        ("Jul  7 25:28:53", at(2018, 6, 1), None),
    ],
)
def test_a_date_without_a_year_gets_the_sensible_one(
    stamp: str, now: float, expected: float | None
) -> None:
    assert YearlessStamps().read(stamp, now_s=now) == expected


def test_what_was_read_last_year_is_not_remembered_wrongly() -> None:
    stamps = YearlessStamps()
    assert stamps.read("Jan  1 12:00:00", now_s=at(2014, 12, 30)) == at(2014, 1, 1, 12)
    assert stamps.read("Jan  1 12:00:00", now_s=at(2015, 1, 1, 13)) == at(2015, 1, 1, 12)
    assert stamps.read("Jan  1 12:00:00", now_s=at(2014, 12, 30)) == at(2014, 1, 1, 12)


def test_the_stamp_cache_reads_once_and_stays_bounded() -> None:
    asked: list[str] = []

    def read(stamp: str) -> float | None:
        asked.append(stamp)
        return 1.0 if stamp == "good" else None

    cache = StampCache(read)
    assert (cache["good"], cache["good"], cache["bad"], cache["bad"]) == (1.0, 1.0, None, None)
    assert asked == ["good", "bad"]
    for number in range(3 * STAMPS_CACHED_MAX):
        assert cache[str(number)] is None
        assert len(cache) <= STAMPS_CACHED_MAX
