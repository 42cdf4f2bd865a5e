"""Time stamps as log files write them, read into Unix seconds.

Each reader takes the whole stamp and gives None for whatever is no valid time: a shape it does not
know, the 32nd of a month, the year 12. A stamp without a zone is in the zone that the caller names.
A leap second (``:60``) is the second after ``:59``. Servers write many lines with the same stamp,
so that formats keep what they read in a ``StampCache``. Pure; the one reader that needs to know the
year is told the time.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from logstream.model.limits import STAMPS_CACHED_MAX

UNIX_TIME_END_S: Final = 253_402_300_800.0
"""The first second of the year 10000, which no calendar of Python's can show."""

MONTHS: Final = {
    "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6,
    "Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12,
}  # fmt: skip

_CLF = re.compile(
    r"([0-9]{1,2})/([A-Z][a-z]{2})/([0-9]{4})[: ]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:[.,]([0-9]{1,9})[0-9]*)?(?: ?([+-][0-9]{2}:?[0-9]{2}|Z))?"
)
_ISO = re.compile(
    r"([0-9]{4})[-/]([0-9]{2})[-/]([0-9]{2})[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:[.,]([0-9]{1,9})[0-9]*)?(?: ?(Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
_PHP = re.compile(
    r"([0-9]{1,2})-([A-Z][a-z]{2})-([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:[.,]([0-9]{1,9})[0-9]*)?(?: ([A-Za-z0-9+:/_-]{1,40}))?"
)
_APACHE = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ 0-9][0-9]) ([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]{1,9})[0-9]*)? ([0-9]{4})"
)
_MYSQL = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2}) +([0-9]{1,2}):([0-9]{2}):([0-9]{2})")
_BSD = re.compile(
    r"([A-Z][a-z]{2}) ([ 0-9][0-9]|[0-9]) ([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:[.,]([0-9]{1,9})[0-9]*)?"
)
_OFFSET = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})?")

# What RFC 5322 (section 4.3) and Europe write beside the names that the zone database knows.
_ABBREVIATIONS: Final = {
    "Z": 0, "EDT": -4, "CDT": -5, "CST": -6, "MDT": -6, "PDT": -7, "PST": -8,
    "BST": 1, "WEST": 1, "CEST": 2, "EEST": 3,
}  # fmt: skip
_DAY_S: Final = 86_400
_HOUR_S: Final = 3_600
_YEARS_BACK: Final = 8
"""The longest time without a 29 February, round a century that has no leap year."""

_zones: dict[str, tzinfo | None] = {}


class StampCache(dict[str, float | None]):
    """What a reader gave for the last stamps; ask it with ``cache[stamp]``.

    Bounded by ``STAMPS_CACHED_MAX``; full, it starts anew, which costs a live file next to nothing.
    """

    __slots__ = ("_read",)

    def __init__(self, read: Callable[[str], float | None]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, stamp: str) -> float | None:
        if len(self) >= STAMPS_CACHED_MAX:
            self.clear()
        time = self[stamp] = self._read(stamp)
        return time


def clf_time(stamp: str, zone: tzinfo = UTC) -> float | None:
    """Read ``07/Jul/2014:20:28:53 +0000``, the common log format's time."""
    found = _CLF.fullmatch(stamp)
    if found is None:
        return None
    day, month, year, hour, minute, second, fraction, offset = found.groups()
    return unix_time_of(
        (int(year), MONTHS.get(month, 0), int(day)),
        (int(hour), int(minute), int(second)),
        fraction,
        zone if offset is None else zone_named(offset),
    )


def iso_time(stamp: str, zone: tzinfo = UTC) -> float | None:
    """Read ``2014-07-07T20:28:53.123456+02:00`` (ISO 8601, RFC 3339) and its looser relatives."""
    found = _ISO.fullmatch(stamp)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    return unix_time_of(
        (int(year), int(month), int(day)),
        (int(hour), int(minute), int(second)),
        fraction,
        zone if offset is None else zone_named(offset),
    )


def php_time(stamp: str, zone: tzinfo = UTC) -> float | None:
    """Read ``07-Jul-2014 20:28:53 Europe/Berlin``; PHP-FPM writes no zone."""
    found = _PHP.fullmatch(stamp)
    if found is None:
        return None
    day, month, year, hour, minute, second, fraction, name = found.groups()
    return unix_time_of(
        (int(year), MONTHS.get(month, 0), int(day)),
        (int(hour), int(minute), int(second)),
        fraction,
        zone if name is None else zone_named(name),
    )


def apache_error_time(stamp: str, zone: tzinfo = UTC) -> float | None:
    """Read ``Mon Jul 07 20:28:53.123456 2014``; the name of the day is not checked."""
    found = _APACHE.fullmatch(stamp)
    if found is None:
        return None
    month, day, hour, minute, second, fraction, year = found.groups()
    return unix_time_of(
        (int(year), MONTHS.get(month, 0), int(day)),
        (int(hour), int(minute), int(second)),
        fraction,
        zone,
    )


def mysql_time(stamp: str, zone: tzinfo = UTC) -> float | None:
    """Read ``140707 20:28:53`` (or `` 8:28:53``), as MySQL before 5.7 and MariaDB write it."""
    found = _MYSQL.fullmatch(stamp)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups())
    return unix_time_of((2000 + year, month, day), (hour, minute, second), None, zone)


class YearlessParts(NamedTuple):
    """What a stamp without a year says."""

    month: int
    day: int
    clock: tuple[int, int, int]
    fraction: str | None
    zone: tzinfo | None


def bsd_parts(stamp: str, zone: tzinfo) -> YearlessParts | None:
    """Take BSD syslog's ``Jul  7 20:28:53`` apart."""
    found = _BSD.fullmatch(stamp)
    if found is None:
        return None
    month, day, hour, minute, second, fraction = found.groups()
    clock = (int(hour), int(minute), int(second))
    return YearlessParts(MONTHS.get(month, 0), int(day), clock, fraction, zone)


class YearlessStamps:
    """Reads stamps that lack the year, as BSD syslog's ``Jul  7 20:28:53``.

    The year is the latest that does not put the line more than a day into the future: what was
    written on 31 December and is read on 1 January is of last year, a clock that is a zone or less
    ahead is believed, and 29 February is of the last leap year. The day is counted from the end of
    the current hour, so that what was read can be kept for as long.
    """

    def __init__(
        self,
        zone: tzinfo = UTC,
        parts: Callable[[str, tzinfo], YearlessParts | None] = bsd_parts,
    ) -> None:
        """Make a reader.

        Args:
            zone: What stamps without a zone are in.
            parts: Takes a stamp apart.
        """
        self._zone = zone
        self._parts = parts
        self._hour: int | None = None
        self._latest_s = 0.0
        self._stamps = StampCache(self._resolve)

    def read(self, stamp: str, *, now_s: float) -> float | None:
        """Give the Unix time of ``stamp``, read at ``now_s``."""
        hour = int(now_s // _HOUR_S)
        if hour != self._hour:
            self._hour = hour
            self._latest_s = float((hour + 1) * _HOUR_S + _DAY_S)
            self._stamps.clear()
        return self._stamps[stamp]

    def _resolve(self, stamp: str) -> float | None:
        parts = self._parts(stamp, self._zone)
        if parts is None:
            return None
        month, day, clock, fraction, zone = parts
        latest_year = datetime.fromtimestamp(self._latest_s, UTC).year + 1
        for year in range(latest_year, latest_year - _YEARS_BACK - 2, -1):
            time = unix_time_of((year, month, day), clock, fraction, zone)
            if time is not None and time <= self._latest_s:
                return time
        return None


def unix_stamp(digits: str) -> float | None:
    """Read Unix seconds written as ASCII digits, with or without a fraction."""
    time = float(digits)
    return time if time < UNIX_TIME_END_S else None


def zone_named(name: str) -> tzinfo | None:
    """Find the zone ``UTC``, ``Europe/Berlin``, ``CEST`` or ``+02:00``; None if there is none."""
    if name in _zones:
        return _zones[name]
    if len(_zones) >= STAMPS_CACHED_MAX:
        _zones.clear()
    zone = _zones[name] = _find_zone(name)
    return zone


def _find_zone(name: str) -> tzinfo | None:
    if name in {"UTC", "GMT", "Z"}:
        return UTC
    offset = _OFFSET.fullmatch(name)
    if offset is not None:
        sign, hours, minutes = offset.groups()
        away = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(-away if sign == "-" else away) if away < timedelta(days=1) else None
    if name in _ABBREVIATIONS:
        return timezone(timedelta(hours=_ABBREVIATIONS[name]))
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):  # not there, a directory, no name, no zone file
        return None


def unix_time_of(
    date: tuple[int, int, int],
    clock: tuple[int, int, int],
    fraction: str | None,
    zone: tzinfo | None,
) -> float | None:
    """Give the Unix time of a date and a time of day; None where there is no such time.

    Args:
        date: Year, month, day.
        clock: Hour, minute, second; a leap second is the second after ``:59``.
        fraction: ASCII digits after the decimal point.
        zone: None for one that nobody knows.
    """
    hour, minute, second = clock
    if zone is None or second > 60:  # noqa: PLR2004 - a leap second
        return None
    try:
        time = datetime(*date, hour, minute, min(second, 59), tzinfo=zone).timestamp()
    except (ValueError, OverflowError):
        return None
    time += (second == 60) + (float(f"0.{fraction}") if fraction else 0.0)  # noqa: PLR2004
    return time if 0 <= time < UNIX_TIME_END_S else None
