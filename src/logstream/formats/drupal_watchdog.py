"""Drupal's watchdog, as its syslog module writes it through a syslog daemon.

    Jul  7 20:28:53 srv-6 mysite: http://example.com|1404764933|user|192.0.2.7|http://example.com/user|
    http://example.com/|1|view|Session opened for admin. request_id="v-…"

(one line): a syslog prefix (BSD or RFC 5424), an ident, then Drupal's
``base_url|timestamp|type|ip|request_uri|referer|uid|link|message``. The time is Drupal's own
where it is valid, for it needs no guess at year or zone; else the prefix's. A request id counts
only at the end of the record, since a message may quote anything.
"""

import re
from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import Final

from logstream.formats.base import Columns
from logstream.formats.grouping import DATE, DATE_MAX_CHARS, Grouping, PrefixGrouping
from logstream.formats.leading_time import LeadingTime
from logstream.formats.request_id import ending_request_id
from logstream.formats.times import StampCache, unix_stamp

_DRUPAL_STAMP = re.compile(r"[^|\n]*+\|([0-9]{9,11}(?:\.[0-9]{1,9})?)\|")
_STAMP_CHARS: Final = len("1404764933|")
_STAMP = re.compile(r"[0-9]{10}\|")
_START = rf"(?:<[0-9]{{1,3}}>)?(?:1 )?{DATE}"
_START_CHARS = DATE_MAX_CHARS + len("<134>1 ")


def _read_stamp(stamp: str) -> float | None:
    return unix_stamp(stamp[:-1]) if _STAMP.fullmatch(stamp) else None


class DrupalWatchdogFormat:
    """Reads watchdog messages: time and request id."""

    log_type = "drupal-watchdog"

    def __init__(self, zone: tzinfo = UTC) -> None:
        """Make a reader; syslog prefixes that name no zone are in ``zone``."""
        self._stamps = StampCache(_read_stamp)
        self._leading_time = LeadingTime(zone)
        self.grouping: Grouping | None = PrefixGrouping(
            _START, chars=_START_CHARS, otherwise=_DRUPAL_STAMP.match
        )

    def columns(self, texts: Sequence[str], *, now_s: float) -> Columns:
        """Read records; see ``Format.columns``."""
        times: list[float | None] = []
        stamps = self._stamps
        guarded = "\n" in "".join(texts)
        for text in texts:
            bar = text.find("|") + 1
            time = stamps[text[bar : bar + _STAMP_CHARS]]
            if time is None or bar == 0 or (guarded and "\n" in text):
                time = self.read_time(text, now_s=now_s)
            times.append(time)
        return Columns(times, None, [ending_request_id(text) for text in texts])

    def read_time(self, text: str, *, now_s: float) -> float | None:
        """Read the time of a record of any shape, without the short cuts of ``columns``."""
        found = _DRUPAL_STAMP.match(text)
        time = None if found is None else unix_stamp(found[1])
        return self._leading_time.read(text, now_s=now_s) if time is None else time
