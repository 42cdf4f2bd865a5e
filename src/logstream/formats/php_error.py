"""PHP's error log.

    [07-Jul-2014 20:28:53 UTC] PHP Warning:  Division by zero in /var/www/html/index.php on line 12

The zone is whatever PHP calls its own: ``UTC``, ``Europe/Berlin``, ``+02:00``; PHP-FPM writes none.
The lines of a stack trace have no time of their own. Where PHP is set up to write elsewhere, the
line begins as syslog's do. Some builds of PHP end a record with ` request_id="v-…"`.
"""

import re
from collections.abc import Sequence
from datetime import UTC, tzinfo

from logstream.formats.base import Columns
from logstream.formats.grouping import DATE, DATE_MAX_CHARS, Grouping, PrefixGrouping
from logstream.formats.leading_time import LeadingTime, with_fraction
from logstream.formats.request_id import ending_request_id
from logstream.formats.times import StampCache, php_time

_HEAD = re.compile(
    r"\[([0-9]{1,2}-[A-Z][a-z]{2}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2})([.,][0-9]{1,30})?"
    r"( [A-Za-z0-9+:/_-]{1,40})?\]"
)


_START = rf"{DATE}|PHP [A-Z]|(?:<[0-9]{{1,3}}>)(?:1 )?{DATE}"
_START_CHARS = DATE_MAX_CHARS + len("<134>1 ")


class PhpErrorFormat:
    """Reads PHP's errors: time and request id."""

    log_type = "php-error"

    def __init__(self, zone: tzinfo = UTC) -> None:
        """Make a reader; stamps that name no zone are in ``zone``."""
        self._stamps = StampCache(lambda stamp: php_time(stamp, zone))
        self._leading_time = LeadingTime(zone)
        self.grouping: Grouping | None = PrefixGrouping(_START, chars=_START_CHARS)

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
        second, fraction, zone = head.groups()
        return with_fraction(self._stamps[second + (zone or "")], fraction)
