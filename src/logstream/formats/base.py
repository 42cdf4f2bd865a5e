"""What a log format is: text in, columns out.

A format reads what a record says of itself: when, with which HTTP status, for which request. It
never fails: what it cannot read has no value. Pure; the caller reads the clock. Times are Unix
seconds, with their fraction, from 0 to the end of the year 9999, so that any of them can be shown.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from logstream.formats.grouping import Grouping


class Columns(NamedTuple):
    """What a format read from some records; each list is as long as the records."""

    unix_time: list[float | None]
    http_status: list[int | None] | None
    """From 100 to 599. None where the format has no such column at all."""
    request_id: list[str | None] | None
    """At most ``REQUEST_ID_MAX_CHARS``; neither empty nor ``-``."""


class Reading(NamedTuple):
    """What a format read from one record."""

    unix_time: float | None
    http_status: int | None
    request_id: str | None


class Format(Protocol):
    """One log type's way of writing.

    Not shared between threads: it remembers the time stamps that it read last.
    """

    grouping: Grouping | None
    """Which physical lines begin a record; None: each is one."""

    @property
    def log_type(self) -> str:
        """The type's name, as ``apache-request``."""

    def columns(self, texts: Sequence[str], *, now_s: float) -> Columns:
        """Read records.

        Args:
            texts: The records, without their line ends.
            now_s: Unix time; dates without a year are resolved to the nearest past by it.
        """
