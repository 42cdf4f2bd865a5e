r"""Web requests: Apache's combined format, then ` key=value key="value"`.

    192.0.2.7 - - [07/Jul/2014:20:28:53 +0000] "GET /node/1 HTTP/1.1" 200 5316 "-" "Mozilla/5.0 …"
    vhost=example.com host=www.example.com … forwarded_for="192.0.2.7" request_id="v-…"

(one line). Apache, Varnish, nginx and balancers write it. Apache and Varnish escape a quote inside
a field as ``\"``, nginx as ``\x22``; so the time is the first in brackets that is followed by an
unescaped quote (a user's name may hold brackets), and a request id counts only outside of quoted
strings: a user agent cannot forge one.

This is the hottest code of a logtailor. ``columns`` finds its anchors with ``str.find`` and leaves
to ``read``, which defines the answers, every record where they are missing or might deceive.
"""

import re
from collections.abc import Sequence
from typing import Final

from logstream.formats.base import Columns, Reading
from logstream.formats.grouping import Grouping
from logstream.formats.request_id import KEY, unquoted_request_id, without_escapes
from logstream.formats.times import StampCache, clf_time, iso_time
from logstream.model.limits import REQUEST_ID_MAX_CHARS

WEB_REQUEST_TYPES: Final = ("apache-request", "varnish-request", "bal-request", "bal-access")

_HEAD = re.compile(r'\[([^\[\]"]{1,40})\] "')
_STAMP = re.compile(r"\[([0-9][^\[\]\"]{1,40})\]")
_STATUS = re.compile(r'" ([1-5][0-9]{2})(?= |\Z)')

# With the brackets and the opening quote, so that one look-up checks them too.
_STAMP_CHARS: Final = len('[07/Jul/2014:20:28:53 +0000] "')
_STATUSES: Final = {f" {status} ": status for status in range(100, 600)}
_KEY_CHARS: Final = len(KEY)


def _read_stamp(stamp: str) -> float | None:
    if not (stamp.startswith("[") and stamp.endswith('] "')):
        return None
    return clf_time(stamp[1:-3])


class WebRequestFormat:
    """Reads web requests: time, HTTP status and request id."""

    grouping: Grouping | None = None

    def __init__(self, log_type: str = "apache-request") -> None:
        self.log_type = log_type
        self._stamps = StampCache(_read_stamp)

    def columns(self, texts: Sequence[str], *, now_s: float) -> Columns:  # noqa: ARG002 - they name their year
        """Read records; see ``Format.columns``."""
        times: list[float | None] = []
        statuses: list[int | None] = []
        request_ids: list[str | None] = []
        add_time, add_status, add_request_id = times.append, statuses.append, request_ids.append
        stamps, known_statuses = self._stamps, _STATUSES
        whole = "".join(texts)
        guarded = "\\" in whole or "\n" in whole
        for text in texts:
            line = text
            if guarded and ("\\" in text or "\n" in text):
                line = without_escapes(text.partition("\n")[0])
            opening = line.find("[")
            time = stamps[line[opening : opening + _STAMP_CHARS]]
            closing = line.find('"', opening + _STAMP_CHARS)
            status = known_statuses.get(line[closing + 1 : closing + 6])
            if time is None or status is None or closing < 0:
                time, status, request_id = self.read(text)
            else:
                request_id = None
                at = line.rfind(KEY, closing)
                if at >= 0:
                    start = at + _KEY_CHARS + 1
                    end = line.find('"', start)
                    if (
                        start < end <= start + REQUEST_ID_MAX_CHARS
                        and line[start - 1] == '"'
                        and not line.count('"', closing + 1, at) & 1
                    ):
                        request_id = text[start:end]
                        if request_id == "-":
                            request_id = None
                    else:
                        request_id = self.read(text).request_id
            add_time(time)
            add_status(status)
            add_request_id(request_id)
        return Columns(times, statuses, request_ids)

    def read(self, text: str) -> Reading:
        """Read one record of any shape: ``columns`` without its short cuts."""
        first = text.partition("\n")[0]
        line = without_escapes(first)
        head = _HEAD.search(line)
        if head is None:
            return Reading(self._time(_STAMP.search(line)), None, None)
        time = self._time(head)
        closing = line.find('"', head.end())
        if closing < 0:
            return Reading(time, None, None)
        status = _STATUS.match(line, closing)
        return Reading(
            time, int(status[1]) if status else None, unquoted_request_id(first, closing + 1)
        )

    def _time(self, stamp: re.Match[str] | None) -> float | None:
        if stamp is None:
            return None
        time = clf_time(stamp[1])
        return iso_time(stamp[1]) if time is None else time
