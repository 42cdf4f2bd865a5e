"""MySQL's and MariaDB's slow query log: blocks of several lines.

    # Time: 2014-07-07T20:28:53.123456Z
    # User@Host: drupal[drupal] @ srv-6 [192.0.2.7]  Id:    12
    # Query_time: 2.000215  Lock_time: 0.000120 Rows_sent: 1  Rows_examined: 100000
    SET timestamp=1404764931;
    SELECT …;

Before 5.7 the time is ``# Time: 140707 20:28:53``, in the server's zone, and left out where it is
that of the block before. So a record's time is its ``# Time:`` if it begins with one, else its
first ``SET timestamp=``, which is when the query began; a query that quotes one comes after it.
"""

import re
from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import Final

from logstream.formats.base import Columns
from logstream.formats.grouping import Grouping
from logstream.formats.times import StampCache, iso_time, mysql_time, unix_stamp

_TIME = re.compile(r"# Time: ([^\n]{15,40})")
_SET_TIMESTAMP = re.compile(r"^SET timestamp=([0-9]{1,12}(?:\.[0-9]{1,9})?);", re.MULTILINE)

_FACTS: Final = ("# Time: ", "# User@Host: ", "# Thread_id: ", "# Query_time: ", "# Schema: ")


class MysqlSlowFormat:
    """Reads slow queries: time only."""

    log_type = "mysql-slow"

    def __init__(self, zone: tzinfo = UTC) -> None:
        """Make a reader; stamps that name no zone are in ``zone``."""
        self._zone = zone
        self._stamps = StampCache(self._read_stamp)
        self.grouping: Grouping | None = MysqlSlowGrouping()

    def columns(self, texts: Sequence[str], *, now_s: float) -> Columns:  # noqa: ARG002 - they name their year
        """Read records, or single lines of them; see ``Format.columns``."""
        return Columns([self._time(text) for text in texts], None, None)

    def _time(self, text: str) -> float | None:
        if text.startswith("# Time: "):
            found = _TIME.match(text)
            time = None if found is None else self._stamps[found[1].strip()]
            if time is not None:
                return time
        found = _SET_TIMESTAMP.search(text) if "SET timestamp=" in text else None
        return None if found is None else unix_stamp(found[1])

    def _read_stamp(self, stamp: str) -> float | None:
        time = iso_time(stamp, self._zone)
        return mysql_time(stamp, self._zone) if time is None else time


class MysqlSlowGrouping:
    """A block begins with the first of its lines of facts; the query goes on to the next block.

    What a server writes when it opens the file (``…, Version: … started with:`` and two more lines)
    is a record too.
    """

    def starts(self, lines: Sequence[str]) -> list[bool]:
        """Say which lines begin a record; see ``Grouping.starts``."""
        starts: list[bool] = []
        before = ""
        for line in lines:
            if line.startswith("#"):
                starts.append(
                    line.startswith("# Time: ")
                    or (line.startswith(_FACTS) and not before.startswith(_FACTS))
                )
            else:
                starts.append(line.endswith("started with:") and ", Version: " in line)
            before = line
        return starts
