"""The time at the start of a line, in any of the ways that programs commonly write it.

Known: ISO 8601 / RFC 3339 (also in brackets, and with nginx's slashes), syslog (BSD, RFC 5424, and
rsyslog's ISO variant) and the common log format's time in brackets, at the start or after a
client's address and names. Only the first line of a record is read.
"""

import re
from datetime import UTC, tzinfo

from logstream.formats.times import UNIX_TIME_END_S, StampCache, YearlessStamps, clf_time, iso_time

# An optional syslog priority and version, then an optional opening bracket. A stamp must end where
# no digit or letter goes on, else it is a part of something else.
_ISO = re.compile(
    r"(?:<[0-9]{1,3}>)?(?:1 )?\[?"
    r"([0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2})([.,][0-9]{1,30})?"
    r"((?: ?Z| UTC| ?[+-][0-9]{2}:?[0-9]{2}| ?[+-][0-9]{2})?)(?![0-9A-Za-z:])"
)
_BSD = re.compile(
    r"(?:<[0-9]{1,3}>)?"
    r"([A-Z][a-z]{2} [ 0-9]?[0-9] [0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,30})?(?=:?\s|\Z)"
)
_CLF = re.compile(r"(?:[^\s\[\"]++ ){0,4}\[([0-9]{1,2}/[A-Z][a-z]{2}/[0-9]{4}[: ][^\]\n]{8,30})\]")


class LeadingTime:
    """Reads the time at the start of records, remembering the stamps that it read last."""

    def __init__(self, zone: tzinfo = UTC) -> None:
        """Make a reader; stamps that name no zone are in ``zone``."""
        self._iso = StampCache(lambda stamp: iso_time(stamp, zone))
        self._clf = StampCache(lambda stamp: clf_time(stamp, zone))
        self._bsd = YearlessStamps(zone)

    def read(self, text: str, *, now_s: float) -> float | None:
        """Give the Unix time that ``text`` begins with, if any."""
        found = _ISO.match(text)
        if found is not None:
            second, fraction, zone = found.groups()
            return with_fraction(self._iso[second + zone], fraction)
        found = _BSD.match(text)
        if found is not None:
            return with_fraction(self._bsd.read(found[1], now_s=now_s), found[2])
        found = _CLF.match(text)
        return None if found is None else self._clf[found[1]]


def with_fraction(time: float | None, fraction: str | None) -> float | None:
    """Add ``fraction`` (a point or comma, and ASCII digits) to a whole second."""
    if time is None or not fraction:
        return time
    time += float(f"0.{fraction[1:10]}")
    return time if time < UNIX_TIME_END_S else None
