"""Frames of one stream on their way to many receivers: made once, shared by all of them.

A hub reads the header of a frame of lines and passes the body on as it came. Other forms (a plain
body where it came compressed, base lines, a part of the lines) are made on demand; ``forms.py``
keeps them for those who come next. Rules: S2, S4, S5, S7.
"""

from itertools import accumulate
from typing import Final

from logstream.errors import BadMessage
from logstream.model import cursor as cursors
from logstream.model.source import Source
from logstream.protocol import codec, frame
from logstream.protocol.base_lines import BaseLineEncoder, cut_mark
from logstream.protocol.frame import Packed
from logstream.protocol.messages import Gap, LinesBody, LinesHeader
from logstream.transport.framing import frame_binary, frame_text, frame_texts

#: What a stored frame takes beside its bytes.
_FRAME_BYTES: Final = 512

SLOW: Final = "slow"
"""Why a gap is one that is in the files still, and can be fetched."""


class LinesFrame:
    """The lines of one source under one filter that one read gave, in order.

    Args:
        source: Of the lines.
        stream: The stream's name; of a page of history any.
        body: As it came (``Packed``), or the columns; None where there are no lines.
        after: The cursor before them.
        next: The cursor after them.
        gen: Which component of ``next`` they moved; None where there are no lines.
        n: How many lines; only needed where the body is packed.
    """

    __slots__ = ("_body", "_framed", "after", "gen", "n", "next", "size_bytes", "source", "stream")

    def __init__(
        self,
        source: Source,
        stream: str,
        body: Packed | LinesBody | None,
        *,
        after: str,
        next: str,  # noqa: A002 - the protocol's word
        gen: int | None,
        n: int | None = None,
    ) -> None:
        if isinstance(body, LinesBody):
            n = len(body.text)
            body = Packed(frame.encode_body(body), compressed=False)
        self.source = source
        self.stream = stream
        self.n = n or 0
        self.after = after
        self.next = next
        self.gen = gen
        self._body = body
        self._framed: bytes | None = None
        # Of the plain body: so a ring of compressed frames holds no more lines than the forms that
        # are kept of them, and receivers that are spread over it share those.
        body_bytes = 0 if body is None else frame.plain_bytes(body)
        self.size_bytes = _FRAME_BYTES + len(after) + len(next) + body_bytes

    @property
    def body(self) -> Packed | None:
        """As it came."""
        return self._body

    @property
    def compressed(self) -> bool:
        """Whether its body came compressed."""
        return self._body is not None and self._body.compressed

    def header(self, *, page: int | None = None) -> LinesHeader:
        """Give what goes before the body: of its stream, or of a page of history."""
        return LinesHeader(
            server=self.source.server,
            type=self.source.log_type,
            stream=self.stream if page is None else None,
            id=page,
            n=self.n,
            after=self.after,
            next=self.next,
            gen=self.gen,
        )

    def message(self, body: Packed | None, *, page: int | None = None) -> tuple[bytes, bool]:
        """Give the message with one of its bodies, and whether it is binary."""
        header = self.header(page=page)
        return frame.join(header, body), body is not None and body.compressed

    def framed(self, body: Packed | None, *, page: int | None = None) -> bytes:
        """Give the message with one of its bodies, as a server's WebSocket frame."""
        message, binary = self.message(body, page=page)
        return frame_binary(message) if binary else frame_text(message)

    @property
    def framed_as_it_came(self) -> bytes:
        """The message with its body as it came, as a server's WebSocket frame; made once."""
        if self._framed is None:
            self._framed = self.framed(self._body)
        return self._framed

    def plain_body(self) -> Packed | None:
        """Give its body as plain JSON.

        Raises:
            BadMessage: It is none.
        """
        return self._body and Packed(frame.unpack(self._body), compressed=False)

    def small_body(self) -> Packed | None:
        """Give its body compressed, where that saves anything."""
        body = self._body
        return body if body is None or body.compressed else frame.pack(body.data)

    def columns(self) -> LinesBody:
        """Read its body.

        Raises:
            BadMessage: It cannot be read, or has not as many lines as the header says.
        """
        if self._body is None:
            return LinesBody(at=[], unix_time=[], text=[])
        columns = frame.decode_body(frame.unpack(self._body))
        if len(columns.text) != self.n:
            raise BadMessage("unreadable lines: their number is not the header's")
        return columns

    def base_lines(self, encoder: BaseLineEncoder, *, now_s: float) -> list[bytes]:
        """Give the ``line`` messages of the base protocol.

        Raises:
            BadMessage: The body cannot be read.
        """
        columns = self.columns()
        texts = columns.text
        for index, whole_bytes in (columns.cut or {}).items():
            if 0 <= index < len(texts):
                texts[index] += cut_mark(whole_bytes)
        return encoder.encode(
            texts,
            unix_time=columns.unix_time,
            http_status=columns.http_status,
            request_id=columns.request_id,
            now_s=now_s,
        )

    def base_framed(self, encoder: BaseLineEncoder, *, now_s: float) -> bytes:
        """Give the base lines as a server's WebSocket frames.

        Raises:
            BadMessage: The body cannot be read.
        """
        return frame_texts(self.base_lines(encoder, now_s=now_s))

    def moved(
        self,
        *,
        after: str | None = None,
        next: str | None = None,  # noqa: A002
    ) -> "LinesFrame":
        """Give the same lines between other cursors."""
        return LinesFrame(
            self.source,
            self.stream,
            self._body,
            after=self.after if after is None else after,
            next=self.next if next is None else next,
            gen=self.gen,
            n=self.n,
        )

    def on_stream(self, stream: str) -> "LinesFrame":
        """Give the same lines as those of another stream: of a page of history, say."""
        return LinesFrame(
            self.source,
            stream,
            self._body,
            after=self.after,
            next=self.next,
            gen=self.gen,
            n=self.n,
        )

    def sliced_from(self, cursor: str) -> "LinesFrame":
        """Give the lines that start at or after a cursor inside of this frame. Rules S4, S5.

        Raises:
            BadMessage: The body cannot be read.
        """
        if self._body is None or self.gen is None:
            return self.moved(after=cursor)
        offset = cursors.parse(cursor)[self.gen].offset or 0
        columns = self.columns()
        starts = list(accumulate(columns.at))
        first = next((i for i, start in enumerate(starts) if start >= offset), len(starts))
        if first == len(starts):
            return LinesFrame(
                self.source, self.stream, None, after=cursor, next=self.next, gen=None
            )
        cut = {i - first: whole for i, whole in (columns.cut or {}).items() if i >= first}
        body = LinesBody(
            at=[starts[first], *columns.at[first + 1 :]],
            unix_time=columns.unix_time[first:],
            text=columns.text[first:],
            http_status=columns.http_status and columns.http_status[first:],
            request_id=columns.request_id and columns.request_id[first:],
            cut=cut or None,
        )
        return LinesFrame(
            self.source, self.stream, body, after=cursor, next=self.next, gen=self.gen
        )


class GapFrame:
    """A stretch of a stream, or of a page of history, that was not sent. Rule S7.

    Args:
        source: Of the stretch.
        stream: The stream's name; of a page of history any.
        after: Where it begins.
        next: Where it ends.
        reason: ``slow`` or ``lost``.
        why: Of ``lost``.
        size_bytes: How much, where that can be known.
    """

    __slots__ = ("after", "next", "reason", "size_bytes", "source", "stream", "why")

    n: Final = 0

    def __init__(
        self,
        source: Source,
        stream: str,
        *,
        after: str,
        next: str,  # noqa: A002 - the protocol's word
        reason: str,
        why: str | None = None,
        size_bytes: int | None = None,
    ) -> None:
        self.source = source
        self.stream = stream
        self.after = after
        self.next = next
        self.reason = reason
        self.why = why
        self.size_bytes = size_bytes

    def message(self, *, page: int | None = None) -> bytes:
        """Give the message: of its stream, or of a page of history."""
        return codec.encode(
            Gap(
                server=self.source.server,
                type=self.source.log_type,
                after=self.after,
                next=self.next,
                reason=self.reason,
                stream=self.stream if page is None else None,
                id=page,
                why=self.why,
                bytes=self.size_bytes,
            )
        )

    def on_stream(self, stream: str) -> "GapFrame":
        """Give the same stretch as one of another stream."""
        return GapFrame(
            self.source,
            stream,
            after=self.after,
            next=self.next,
            reason=self.reason,
            why=self.why,
            size_bytes=self.size_bytes,
        )

    def moved(self, *, after: str) -> "GapFrame":
        """Give the same stretch from another cursor on."""
        return GapFrame(
            self.source,
            self.stream,
            after=after,
            next=self.next,
            reason=self.reason,
            why=self.why,
        )


StreamFrame = LinesFrame | GapFrame
"""What a stream is made of."""
