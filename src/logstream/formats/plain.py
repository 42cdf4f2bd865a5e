"""Logs of any other kind: the time that a line begins with, and the request id that ends it."""

from collections.abc import Sequence
from datetime import UTC, tzinfo

from logstream.formats.base import Columns
from logstream.formats.grouping import Grouping, TraceGrouping
from logstream.formats.leading_time import LeadingTime
from logstream.formats.request_id import ending_request_id


class PlainFormat:
    """Reads a type that Logstream does not know: time and request id, where there are any."""

    def __init__(self, log_type: str, zone: tzinfo = UTC) -> None:
        """Make a reader; stamps that name no zone are in ``zone``."""
        self.log_type = log_type
        self._leading_time = LeadingTime(zone)
        self.grouping: Grouping | None = TraceGrouping()

    def columns(self, texts: Sequence[str], *, now_s: float) -> Columns:
        """Read records; see ``Format.columns``."""
        read = self._leading_time.read
        return Columns(
            [read(text, now_s=now_s) for text in texts],
            None,
            [ending_request_id(text) for text in texts],
        )
