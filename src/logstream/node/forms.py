"""Forms of frames that differ from how they came: made once on demand, kept for who comes next.

A fast hub passes bodies on as they came. Someone without compression needs them inflated, a base
client needs lines: these are made once for all who need them and kept, the latest used the longest,
within ``CONVERTED_MAX_BYTES`` for the whole node.
"""

from collections import OrderedDict
from collections.abc import Callable
from enum import Enum
from typing import Final

from logstream.model.limits import COMPRESS_MIN_BYTES, CONVERTED_MAX_BYTES, SOURCES_PER_LINK_MAX
from logstream.model.source import Source
from logstream.node.batch import LinesFrame
from logstream.protocol.base_lines import BaseLineEncoder


class Form(Enum):
    """What a receiver can read, as WebSocket frames of a server."""

    ZSTD = "zstd"
    PLAIN = "plain"
    BASE = "base"


class Forms:
    """The converted forms of one node.

    Args:
        unix_time: Gives Unix time: for base lines that do not say theirs.
        capacity_bytes: What is kept.
    """

    def __init__(
        self, unix_time: Callable[[], float], *, capacity_bytes: int = CONVERTED_MAX_BYTES
    ) -> None:
        self._unix_time = unix_time
        self._capacity_bytes = capacity_bytes
        self._kept: OrderedDict[tuple[LinesFrame, Form], bytes] = OrderedDict()
        self._encoders: dict[Source, BaseLineEncoder] = {}
        self.kept_bytes = 0

    def framed(self, frame: LinesFrame, form: Form) -> bytes:
        """Give a frame as a receiver reads it.

        Raises:
            BadMessage: Its body cannot be read.
        """
        if form is not Form.BASE:
            body = frame.body
            small = body is None or len(body.data) <= COMPRESS_MIN_BYTES
            if frame.compressed is (form is Form.ZSTD) or (small and not frame.compressed):
                return frame.framed_as_it_came
        key = (frame, form)
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        made = self._make(frame, form)
        self._kept[key] = made
        self.kept_bytes += len(made)
        while self.kept_bytes > self._capacity_bytes:
            self.kept_bytes -= len(self._kept.popitem(last=False)[1])
        return made

    def _make(self, frame: LinesFrame, form: Form) -> bytes:
        match form:
            case Form.ZSTD:
                return frame.framed(frame.small_body())
            case Form.PLAIN:
                return frame.framed(frame.plain_body())
            case Form.BASE:
                encoder = self._encoders.get(frame.source)
                if encoder is None:
                    if len(self._encoders) >= _ENCODERS_MAX:
                        self._encoders.clear()
                    encoder = self._encoders[frame.source] = BaseLineEncoder(frame.source)
                return frame.base_framed(encoder, now_s=self._unix_time())


#: Sources whose beginnings of base lines are kept: those of one full link.
_ENCODERS_MAX: Final = SOURCES_PER_LINK_MAX
