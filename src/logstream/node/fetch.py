"""Brings one receiver from a cursor that is in no ring to the head, by pages of history.

Pages are asked for one by one, the next when the receiver has taken the one before; their frames go
out as the stream's own, so that the receiver sees no seam. Rules: S5, S7, S9, S11.
"""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Protocol

from logstream.model.filter import Filter
from logstream.model.limits import HISTORY_LIMIT_MAX
from logstream.model.source import Source
from logstream.node.base import HistoryWanted, PageEnd, Upstream
from logstream.node.batch import LinesFrame, StreamFrame
from logstream.node.ring import Ring


class PageSink(Protocol):
    """Someone who asked for a page of history; told of nothing after its end."""

    def page_frame(self, frame: StreamFrame) -> None:
        """Some of it."""

    def page_ended(self, end: PageEnd) -> None:
        """All of it was given."""

    def page_refused(self, code: int, description: str) -> None:
        """It cannot be had; code 0: whoever was asked has gone."""


class Host(Protocol):
    """The stream that a receiver is brought to the head of."""

    source: Source
    filter: Filter
    name: str
    ring: Ring
    within: int

    def ask_history(self, wish: HistoryWanted, sink: PageSink) -> bool:
        """Ask for a page; False while nobody is there to ask."""

    def fetched(self, upstream: Upstream, cursor: str) -> None:
        """Someone has come to what was the head."""

    def fetch_ahead(self, upstream: Upstream, cursor: str) -> None:
        """Someone is ahead of the head."""

    def fetch_failed(self, upstream: Upstream, cursor: str) -> None:
        """Someone comes no further."""


class Answer(NamedTuple):
    """How an ``enable`` is answered, once it is known that it can be."""

    accept: Callable[[], None]
    refuse: Callable[[int, str], None]


class Fetch:
    """One receiver on its way.

    Args:
        host: The stream.
        upstream: The receiver.
        cursor: Where it is.
        answer: The ``enable`` that is not answered yet, if any.
        within: How many bytes it may take; beyond, the rest is a gap.
    """

    def __init__(
        self,
        host: Host,
        upstream: Upstream,
        cursor: str,
        answer: Answer | None,
        within: int | None,
    ) -> None:
        self.cursor = cursor
        """Where the receiver is: the ``next`` of what it was given last."""
        self._host = host
        self._upstream = upstream
        self._answer = answer
        self._left_bytes = within
        self._target = ""
        self._asked: Page | None = None
        self._came: deque[StreamFrame] = deque()
        """Of a page, what the receiver has not taken yet."""
        self._end: PageEnd | None = None

    def go_on(self) -> None:
        """Give what has come; ask for more when all of it is taken."""
        upstream = self._upstream
        while self._came and upstream.writable:
            frame = self._came.popleft()
            self.cursor = frame.next
            upstream.deliver(frame)
        if self._came or self._asked is not None or not upstream.writable:
            return
        if self._end is not None:
            self._page_taken(self._end)
        else:
            self._ask()

    def lost(self) -> None:
        """Whoever was asked has gone; what came of the page goes out, ``go_on`` asks again."""
        self.cancel()

    def cancel(self) -> None:
        """Take no more of the page that is on its way."""
        if self._asked is not None:
            self._asked.fetch = None
            self._asked = None

    # --- from the page ---------------------------------------------------------------------------

    def frame_came(self, frame: StreamFrame) -> None:
        """Some of the page that was asked for."""
        self._accept()
        last = self._came[-1].next if self._came else self.cursor
        frame = frame.on_stream(self._host.name)
        if frame.after != last:
            frame = frame.moved(after=last)
        if isinstance(frame, LinesFrame) and self._left_bytes is not None:
            self._left_bytes -= frame.size_bytes
        self._came.append(frame)
        self.go_on()

    def page_came(self, end: PageEnd) -> None:
        """The page that was asked for is complete."""
        self._accept()
        self._asked = None
        self._end = end
        self.go_on()

    def refused(self, code: int, description: str) -> None:
        """The page cannot be had."""
        self._asked = None
        if code == _GONE:
            return  # it is asked for again when the stream flows
        if code == _INVERTED:
            self._accept()
            self._host.fetch_ahead(self._upstream, self.cursor)
        elif self._answer is not None:
            self._answer.refuse(code, description)
        elif self._came:
            self._left_bytes = -1  # what came goes out first
            self._end = PageEnd(self.cursor, self.cursor, True, 0, None)
        else:
            self._host.fetch_failed(self._upstream, self.cursor)

    # --- inside ----------------------------------------------------------------------------------

    def _accept(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.accept()

    def _ask(self) -> None:
        host = self._host
        self._target = host.ring.head.cursor
        wish = HistoryWanted(
            source=host.source,
            filter=host.filter,
            id=0,
            after=self.cursor,
            before=self._target,
            since=None,
            until=None,
            limit=HISTORY_LIMIT_MAX,
            back=False,
        )
        page = Page(self)
        self._asked = page
        if not host.ask_history(wish, page):
            self._asked = None

    def _page_taken(self, end: PageEnd) -> None:
        self._end = None
        host, upstream = self._host, self._upstream
        target = end.last if end.more else self._target
        stands_still = end.more and end.first == end.last
        if (self._left_bytes is not None and self._left_bytes < 0) or stands_still:
            host.fetch_failed(upstream, self.cursor)
            return
        if self.cursor != target:
            upstream.deliver(
                LinesFrame(host.source, host.name, None, after=self.cursor, next=target, gen=None)
            )
            self.cursor = target
        if end.more:
            self._ask()
        else:
            host.fetched(upstream, self.cursor)


class Page:
    """One page on its way to a fetch, which may have lost its interest meanwhile."""

    def __init__(self, fetch: Fetch) -> None:
        self.fetch: Fetch | None = fetch

    def page_frame(self, frame: StreamFrame) -> None:
        """Some of it."""
        if self.fetch is not None:
            self.fetch.frame_came(frame)

    def page_ended(self, end: PageEnd) -> None:
        """All of it was given."""
        if self.fetch is not None:
            self.fetch.page_came(end)

    def page_refused(self, code: int, description: str) -> None:
        """It cannot be had."""
        if self.fetch is not None:
            self.fetch.refused(code, description)


#: Whoever was asked has gone.
_GONE = 0
#: The range ends before it begins.
_INVERTED = 409
