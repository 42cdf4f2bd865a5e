"""Records to ``line`` messages of the base protocol: the hot path of a logtailor's base links.

All that two lines of one source and second have in common is made once: a line costs a look-up,
the JSON of its text and of its request id, and one concatenation; what can be done for a whole
batch by the interpreter's own loops is. Pure; times are Unix seconds.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from logstream.model.limits import LINE_HEADS_MAX
from logstream.model.source import Source
from logstream.protocol.codec import encode_text

#: 9999-12-31 23:59:59 UTC: later times have no ``disp_time``.
_TIME_MAX_S: Final = 253_402_300_799
_TEXT_KEY: Final = b'"text":'


def cut_mark(whole_bytes: int) -> str:
    """Give what ends a record that was cut; ``whole_bytes`` is the length of the whole."""
    return f" …[cut, {whole_bytes} bytes]"


class BaseLineEncoder:
    """Makes the ``line`` messages of one source."""

    def __init__(self, source: Source) -> None:
        log_type = encode_text(source.log_type)
        self._start = b'{"cmd":"line","log_type":%b,"type":%b,"server":%b' % (
            log_type,
            log_type,
            encode_text(source.server),
        )
        self._heads: dict[tuple[int, int | None], bytes] = {}

    def encode(
        self,
        texts: Sequence[str],
        *,
        unix_time: Sequence[float | None],
        http_status: Sequence[int | None] | None,
        request_id: Sequence[str | None] | None,
        now_s: float,
    ) -> list[bytes]:
        """Give one message for each record.

        Args:
            texts: The records.
            unix_time: When each was written; None stands for ``now_s``.
            http_status: Of each, or None where the log type has none.
            request_id: Of each, or None where the log type has none.
            now_s: When the records were read.
        """
        heads = self._heads
        if len(heads) > LINE_HEADS_MAX:
            heads.clear()
        absent = (None,) * len(texts)
        seconds = {time_s: whole_second(time_s, now_s) for time_s in set(unix_time)}
        keys = list(zip(map(seconds.__getitem__, unix_time), http_status or absent, strict=True))
        for key in set(keys) - heads.keys():
            heads[key] = self._head(*key)
        names = _names(request_id) if request_id else (_TEXT_KEY,) * len(texts)
        join = b"".join
        return [
            join((head, name, text, b"}"))
            for head, name, text in zip(
                map(heads.__getitem__, keys), names, map(encode_text, texts), strict=True
            )
        ]

    def _head(self, second: int, status: int | None) -> bytes:
        shown = disp_time(second)
        head = b'%b,"unix_time":%d,"disp_time":"%b",' % (self._start, second, shown.encode())
        if status is not None:
            head += b'"http_status":%d,' % status
        return head


def _names(request_id: Sequence[str | None]) -> list[bytes]:
    """Give what stands before each text: the name of its request, if it has one."""
    return [
        b'"request_id":%b,"text":' % encode_text(one) if one else _TEXT_KEY for one in request_id
    ]


def disp_time(second: int) -> str:
    """Give a time as people see it."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")


def whole_second(time_s: float | None, now_s: float) -> int:
    """Give the ``unix_time`` of a record; ``now_s``, where it has none that can be shown."""
    if time_s is None or not 0 <= time_s <= _TIME_MAX_S:
        time_s = now_s
    return math.floor(time_s)
