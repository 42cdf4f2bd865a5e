"""Drupal requests, as Drupal's own request log writes them.

    [07/Jul/2014:20:28:53 +0000] www.example.com GET /node/1 http_code=200 query=a=1 uid=0
    php_pid=26549 php_time=0.203 queue_wait=0.000 request_id="v-…"

(one line). Nothing is quoted but the request id. A path or a query holds no space, so the *first*
``http_code`` and the *last* ``request_id`` are the log's own.
"""

import re
from collections.abc import Sequence
from typing import Final

from logstream.formats.base import Columns, Reading
from logstream.formats.grouping import Grouping
from logstream.formats.request_id import KEY, last_request_id
from logstream.formats.times import StampCache, clf_time, iso_time
from logstream.model.limits import REQUEST_ID_MAX_CHARS

_STAMP = re.compile(r"\[([^\[\]]{1,40})\] ")
_STATUS = re.compile(r' http_code=("?)([1-5][0-9]{2})\1(?= |\Z)')
_STATUS_KEY: Final = " http_code="
_STATUS_AT: Final = len(_STATUS_KEY)
_STAMP_CHARS: Final = len("[07/Jul/2014:20:28:53 +0000] ")
_STATUSES: Final = {f"{status} ": status for status in range(100, 600)}
_KEY_CHARS: Final = len(KEY)


def _read_stamp(stamp: str) -> float | None:
    if not (stamp.startswith("[") and stamp.endswith("] ")):
        return None
    return clf_time(stamp[1:-2])


class DrupalRequestFormat:
    """Reads Drupal requests: time, HTTP status (``http_code``) and request id."""

    log_type = "drupal-request"
    grouping: Grouping | None = None

    def __init__(self) -> None:
        self._stamps = StampCache(_read_stamp)

    def columns(self, texts: Sequence[str], *, now_s: float) -> Columns:  # noqa: ARG002 - they name their year
        """Read records; see ``Format.columns``."""
        times: list[float | None] = []
        statuses: list[int | None] = []
        request_ids: list[str | None] = []
        stamps, known_statuses = self._stamps, _STATUSES
        whole = "".join(texts)
        guarded = "\\" in whole or "\n" in whole
        for text in texts:
            time = stamps[text[:_STAMP_CHARS]]
            key = text.find(_STATUS_KEY)
            status = known_statuses.get(text[key + _STATUS_AT : key + _STATUS_AT + 4])
            start = text.rfind(KEY) + _KEY_CHARS + 1
            end = text.find('"', start)
            if (
                time is not None
                and status is not None
                and key >= 0
                and start < end <= start + REQUEST_ID_MAX_CHARS
                and text[start - 1] == '"'
                and start > _STAMP_CHARS
                and not (guarded and ("\\" in text or "\n" in text))
            ):
                request_id: str | None = text[start:end]
                if request_id == "-":
                    request_id = None
            else:
                time, status, request_id = self.read(text)
            times.append(time)
            statuses.append(status)
            request_ids.append(request_id)
        return Columns(times, statuses, request_ids)

    def read(self, text: str) -> Reading:
        """Read one record of any shape: ``columns`` without its short cuts."""
        line = text.partition("\n")[0]
        stamp = _STAMP.match(line)
        time = None
        if stamp is not None:
            time = clf_time(stamp[1])
            time = iso_time(stamp[1]) if time is None else time
        key = line.find(_STATUS_KEY)
        status = _STATUS.match(line, key) if key >= 0 else None
        return Reading(time, int(status[2]) if status else None, last_request_id(line))
