"""Apache's error log, of 2.2 and of 2.4; and nginx's.

    [Mon Jul 07 20:28:53 2014] [error] [client 192.0.2.7] File does not exist: /var/www/html/x
    [Mon Jul 07 20:28:53.123456 2014] [core:error] [pid 123:tid 456] [client 192.0.2.7:5123] …
    2014/07/07 20:28:53 [error] 123#0: *1 open() "/var/www/html/x" failed …

The time is local, and its zone is not written: whoever sets up the logtailor names it.
"""

import re
from collections.abc import Sequence
from datetime import UTC, tzinfo

from logstream.formats.base import Columns
from logstream.formats.grouping import DATE, DATE_MAX_CHARS, Grouping, PrefixGrouping
from logstream.formats.leading_time import LeadingTime, with_fraction
from logstream.formats.request_id import ending_request_id
from logstream.formats.times import StampCache, apache_error_time

_HEAD = re.compile(
    r"\[([A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,30})?"
    r"( [0-9]{4})\]"
)

_START = rf"{DATE}|AH[0-9]{{5}}: "


class ApacheErrorFormat:
    """Reads Apache's errors: time and request id."""

    log_type = "apache-error"

    def __init__(self, zone: tzinfo = UTC) -> None:
        """Make a reader; stamps that name no zone are in ``zone``."""
        self._stamps = StampCache(lambda stamp: apache_error_time(stamp, zone))
        self._leading_time = LeadingTime(zone)
        self.grouping: Grouping | None = PrefixGrouping(_START, chars=DATE_MAX_CHARS)

    def columns(self, texts: Sequence[str], *, now_s: float) -> Columns:
        """Read records; see ``Format.columns``."""
        return Columns(
            [self._time(text, now_s) for text in texts],
            None,
            [ending_request_id(text) for text in texts],
        )

    def _time(self, text: str, now_s: float) -> float | None:
        head = _HEAD.match(text)
        if head is None:
            return self._leading_time.read(text, now_s=now_s)
        second, fraction, year = head.groups()
        return with_fraction(self._stamps[second + year], fraction)
