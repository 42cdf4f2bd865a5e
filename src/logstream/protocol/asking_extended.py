"""The asking side of an extended dialogue: streams, pages of history, and the chain of cursors.

Each frame of a stream must begin where the one before ended. Where it does not, the stream is asked
for again from there, and what comes until the answer is dropped, so that whoever stands behind this
sees each line once and in order. Pure: messages go out through ``send``, which must not call back.
Rules: S3, S5, S6, S7, S9.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

from logstream.errors import BadMessage
from logstream.model.filter import NO_FILTER, Filter
from logstream.model.source import Source
from logstream.protocol import codec
from logstream.protocol.frame import Packed, divide
from logstream.protocol.messages import (
    Available,
    Connected,
    Disable,
    Disconnected,
    Enable,
    Error,
    Gap,
    History,
    Keepalive,
    LinesHeader,
    Message,
    Success,
)
from logstream.protocol.wishes import HistoryWanted, PageEnd


class StreamBegan(NamedTuple):
    """An ``enable`` was answered: frames of the stream follow."""

    source: Source
    filter: Filter
    after: str
    now_s: float | None


class LinesCame(NamedTuple):
    """Some lines of a stream that was asked for, or of a page (then ``header.id`` is set)."""

    source: Source
    header: LinesHeader
    body: Packed | None


class GapCame(NamedTuple):
    """A gap in a stream that was asked for, or in a page (then ``gap.id`` is set)."""

    source: Source
    gap: Gap


class PageEnded(NamedTuple):
    """A page is complete."""

    id: int
    end: PageEnd


class StreamRefused(NamedTuple):
    """An ``enable`` was answered by an ``error``: the stream does not flow."""

    source: Source
    filter: Filter
    code: int
    description: str


class PageRefused(NamedTuple):
    """A page cannot be had."""

    id: int
    code: int
    description: str


class Unwanted(NamedTuple):
    """A frame of a stream or page that is not asked for, or no longer."""

    source: Source


class ChainBroke(NamedTuple):
    """Frames are missing before the one that came; the stream is asked for again."""

    source: Source


Event = (
    Connected
    | Disconnected
    | Available
    | StreamBegan
    | LinesCame
    | GapCame
    | PageEnded
    | StreamRefused
    | PageRefused
    | ChainBroke
    | Unwanted
    | Error
)


class _Stream:
    """One stream that was asked for."""

    def __init__(self, lines_filter: Filter) -> None:
        self.filter = lines_filter
        self.awaited: int | None = None
        """The ``enable`` that is not answered yet: frames before its answer are not wanted."""
        self.next = ""


class _Page:
    """One page that was asked for."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.next: str | None = None
        """Of its frame before; None before the first."""


class AskingExtended:
    """One dialogue with a side that has logs.

    Args:
        send: Takes one message, UTF-8 JSON.
        within: Bytes: of a stream whose chain broke, no more than this is asked for again.
        server: The only one that the other side may name; None: any.
    """

    def __init__(
        self,
        *,
        send: Callable[[bytes], None],
        within: int | None = None,
        server: str | None = None,
    ) -> None:
        self._send = send
        self._server = server
        self._within = within
        self._last_id = 0
        self._streams: dict[tuple[Source, str], _Stream] = {}
        self._enables: dict[int, tuple[Source, str]] = {}
        self._pages: dict[int, _Page] = {}

    # --- what the node asks ----------------------------------------------------------------------

    @property
    def waits(self) -> bool:
        """Whether any answer is still to come."""
        return bool(self._enables or self._pages)

    @property
    def streams(self) -> set[tuple[Source, str]]:
        """The streams that were asked for, by source and name."""
        return set(self._streams)

    def enable(
        self,
        source: Source,
        lines_filter: Filter = NO_FILTER,
        *,
        after: str | None = None,
        within: int | None = None,
        replace: str | None = None,
    ) -> None:
        """Ask for a stream; None: from now on."""
        name = lines_filter.stream
        stream = self._streams.setdefault((source, name), _Stream(lines_filter))
        if replace is not None and replace != name:
            self._streams.pop((source, replace), None)
        asked_id = stream.awaited = self._new_id()
        self._enables[asked_id] = (source, name)
        show, hide = lines_filter.keys()
        self._say(
            Enable(
                type=source.log_type,
                server=source.server,
                id=asked_id,
                after=after,
                within=within,
                replace=replace,
                show=show,
                hide=hide,
            )
        )

    def go_back(self, source: Source, stream: str, after: str) -> None:
        """Ask for a stream that flows again from an earlier cursor."""
        flowing = self._streams.get((source, stream))
        if flowing is not None:
            self.enable(source, flowing.filter, after=after, within=self._within, replace=stream)

    def disable(self, source: Source, stream: str) -> None:
        """Ask for no more of a stream."""
        self._streams.pop((source, stream), None)
        self._say(
            Disable(type=source.log_type, server=source.server, id=self._new_id(), stream=stream)
        )

    def history(self, wish: HistoryWanted) -> int:
        """Ask for a page; gives the id that its frames and its end come with."""
        page_id = self._new_id()
        self._pages[page_id] = _Page(wish.source)
        show, hide = wish.filter.keys()
        self._say(
            History(
                id=page_id,
                type=wish.source.log_type,
                server=wish.source.server,
                after=wish.after,
                before=wish.before,
                since=wish.since,
                until=wish.until,
                limit=wish.limit,
                back=wish.back,
                show=show,
                hide=hide,
            )
        )
        return page_id

    def keepalive(self) -> None:
        """Show that this side is there."""
        self._say(Keepalive())

    # --- what comes ------------------------------------------------------------------------------

    def receive(self, message: bytes, *, binary: bool = False) -> Event | None:
        """Read one message.

        Returns:
            What it says; None for what is unknown, or no longer wanted.

        Raises:
            BadMessage: The message breaks the protocol.
        """
        head, body = divide(message, binary=binary)
        report = codec.decode_extended(head)
        if report is not None and self._server not in (None, report.server) and report.server:
            raise BadMessage(f"it named {report.server[:64]!r}, which its ticket does not")
        match report:
            case LinesHeader():
                return self._lines(report, body)
            case Gap():
                return self._gap(report)
            case Success():
                return self._success(report)
            case Error():
                return self._error(report)
            case Connected() | Disconnected() | Available():
                return report
        return None

    def _lines(self, header: LinesHeader, body: Packed | None) -> Event:
        if (header.stream is None) == (header.id is None):
            raise BadMessage("a frame is of a stream, or of a page")
        if (header.n > 0) != (body is not None and header.gen is not None) or header.n < 0:
            raise BadMessage("a frame has lines and a body, or neither")
        source = Source(header.server, header.type)
        told = self._follow(source, header)
        return LinesCame(source, header, body) if told is True else told

    def _gap(self, gap: Gap) -> Event:
        if (gap.stream is None) == (gap.id is None):
            raise BadMessage("a gap is in a stream, or in a page")
        if gap.reason not in ("slow", "lost"):
            raise BadMessage("a gap is slow or lost")
        source = Source(gap.server, gap.type)
        told = self._follow(source, gap)
        return GapCame(source, gap) if told is True else told

    def _follow(
        self, source: Source, of: LinesHeader | Gap
    ) -> ChainBroke | PageRefused | Unwanted | Literal[True]:
        """Check a frame against the one before.

        Returns:
            True if it is wanted; else what has to be told.
        """
        if of.id is not None:
            return self._follow_page(source, of, of.id)
        stream = self._streams.get((source, of.stream or ""))
        if stream is None or stream.awaited is not None:
            return Unwanted(source)
        if of.after != stream.next:
            self.go_back(source, of.stream or "", stream.next)
            return ChainBroke(source)
        stream.next = of.next
        return True

    def _follow_page(
        self, source: Source, of: LinesHeader | Gap, page_id: int
    ) -> PageRefused | Unwanted | Literal[True]:
        page = self._pages.get(page_id)
        if page is None:
            return Unwanted(source)
        if source != page.source:
            raise BadMessage("a page was answered with another source's lines")
        if page.next not in (None, of.after):
            del self._pages[page_id]
            return PageRefused(page_id, 500, "frames of the page are missing")
        page.next = of.next
        return True

    def _success(self, success: Success) -> Event | None:
        answers = success.id
        if answers is None:
            return None
        if answers in self._pages:
            del self._pages[answers]
            first, last, more = success.first, success.last, success.more
            if first is None or last is None:
                raise BadMessage("a page ends without first and last")
            scanned_bytes = success.scanned_bytes or 0
            return PageEnded(
                answers, PageEnd(first, last, bool(more), scanned_bytes, success.reached)
            )
        key = self._enables.pop(answers, None)
        stream = None if key is None else self._streams.get(key)
        if key is None or stream is None or stream.awaited != answers:
            return None
        if success.after is None:
            raise BadMessage("a stream begins without after")
        stream.awaited = None
        stream.next = success.after
        return StreamBegan(key[0], stream.filter, success.after, success.now)

    def _error(self, error: Error) -> Event | None:
        answers = error.id
        if answers is None:
            return error
        if answers in self._pages:
            del self._pages[answers]
            return PageRefused(answers, error.code, error.description)
        key = self._enables.pop(answers, None)
        stream = None if key is None else self._streams.get(key)
        if key is None or stream is None or stream.awaited != answers:
            return error if key is None else None
        del self._streams[key]
        return StreamRefused(key[0], stream.filter, error.code, error.description)

    # --- inside ----------------------------------------------------------------------------------

    def _new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _say(self, message: Message) -> None:
        self._send(codec.encode(message))
