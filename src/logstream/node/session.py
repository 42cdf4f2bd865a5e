"""One upstream of a node: a person's session at a hub, or the answering end of a link.

It joins the pure dialogue (``Answering``), what has the sources, and a connection: commands in,
reports and frames out. What it wants next is only read once what it was told has gone out, so that
someone who asks without reading costs nothing. Rules: S2, S5, S9, S12.
"""

from collections import deque
from collections.abc import Callable

from logstream.errors import BadMessage
from logstream.model.limits import (
    HISTORIES_MAX,
    LINK_HISTORIES_MAX,
    LINK_STREAMS_PER_SOURCE_MAX,
    PAUSED_MAX_S,
    STREAMS_PER_SOURCE_MAX,
)
from logstream.model.source import Source
from logstream.node.base import EnableWanted, HistoryWanted, PageEnd, Sources
from logstream.node.batch import SLOW, GapFrame, LinesFrame, StreamFrame
from logstream.node.forms import Form, Forms
from logstream.protocol.answering import Answering
from logstream.protocol.frame import PLAIN, ZSTD
from logstream.protocol.wishes import DisableWanted
from logstream.telemetry.events import NodeEvents
from logstream.transport.base import Connection

_FORMS = {ZSTD: Form.ZSTD, PLAIN: Form.PLAIN}


class Session:
    """Someone who was let in to one environment.

    Args:
        name: This node's own name.
        connection: Open, and past its opening.
        sources: The environment's: a hub's router, or a logtailor's files.
        events: For counters.
        clock: Gives seconds that never jump.
        forms: Where this node accepted the connection (and did not dial it): then frames are shared
            with other sessions, and reading waits for writing.
    """

    def __init__(
        self,
        *,
        name: str,
        connection: Connection,
        sources: Sources,
        events: NodeEvents,
        clock: Callable[[], float],
        forms: Forms | None,
    ) -> None:
        self._connection = connection
        self._sources = sources
        self._events = events
        self._clock = clock
        self._forms = forms
        self._form = _FORMS.get(connection.subprotocol or "", Form.BASE)
        self.extended = self._form is not Form.BASE
        self._answering = Answering(
            name=name,
            send=connection.send,
            extended=self.extended,
            streams_max=STREAMS_PER_SOURCE_MAX if forms else LINK_STREAMS_PER_SOURCE_MAX,
            histories_max=HISTORIES_MAX if forms else LINK_HISTORIES_MAX,
        )
        self._pages: deque[HistoryWanted] = deque()
        """Those that are asked for when the one before has ended and gone out."""
        self._page: HistoryWanted | None = None
        self._paused_since_s: float | None = None
        # What the sources tell goes straight to the dialogue.
        self.server_connected = self._answering.server_connected
        self.server_left = self._answering.server_left
        self.available = self._answering.available
        self.enabled = self._answering.enabled

    def begin(self) -> None:
        """Tell what there is, and listen."""
        self._sources.join(self)

    def end(self) -> None:
        """The connection has ended."""
        self._sources.leave(self, now_s=self._clock())

    # --- from the connection ---------------------------------------------------------------------

    def received(self, message: bytes) -> None:
        """Carry out one command."""
        match self._answering.receive(message):
            case EnableWanted() as wish:
                self._sources.enable(self, wish)
            case DisableWanted(source=source, stream=stream):
                self._sources.disable(self, source, stream, now_s=self._clock())
            case HistoryWanted() as wish if self._forms is None:
                self._sources.history(self, wish)
            case HistoryWanted() as wish:
                self._pages.append(wish)
                self._ask_page()
        if self._forms is not None and not self._connection.writable:
            self._connection.pause_reading()

    def drained(self) -> None:
        """Go on with what waited."""
        self._paused_since_s = None
        if self._forms is not None:
            self._connection.resume_reading()
        self._sources.drained(self)
        self._ask_page()

    def is_stuck(self, now_s: float) -> bool:
        """Whether the other side has read nothing for too long, though there is something.

        Asked for once a second or so. Base sessions never are: their people may read a page.
        """
        if not self.extended or self._forms is None or self._connection.writable:
            self._paused_since_s = None
            return False
        if self._paused_since_s is None:
            self._paused_since_s = now_s
        return now_s - self._paused_since_s >= PAUSED_MAX_S

    @property
    def listens(self) -> bool:
        """Whether anything can be heard: while it has no room for answers, nothing is read."""
        return self._forms is None or self._connection.writable

    # --- from the sources ------------------------------------------------------------------------

    @property
    def writable(self) -> bool:
        """Whether frames can go out now."""
        return self._connection.writable

    def refused(self, wish: EnableWanted | HistoryWanted, code: int, description: str) -> None:
        """Tell that a wish is not granted."""
        self._answering.refused(wish, code, description)
        if isinstance(wish, HistoryWanted):
            self._page_is_over(wish)

    def deliver(self, frame: StreamFrame) -> None:
        """Send some lines, or a gap."""
        if isinstance(frame, GapFrame):
            if self.extended:
                self._send_gap(frame)
            return
        connection = self._connection
        if self._forms is None:
            self._send(frame)
        elif frame.n or self.extended:
            try:
                connection.send_framed(self._forms.framed(frame, self._form))
            except BadMessage as bad:
                self._cannot_read(frame, bad)
        self._events.lines_delivered(frame.n)

    def missed(self, source: Source, lines: int) -> None:
        """Count lines that are gone; a base client has no message for it."""
        self._events.lines_missed(source, lines, self._connection.peer)

    def page_frame(self, wish: HistoryWanted, frame: StreamFrame) -> None:
        """Send some of a page."""
        if not self._answering.awaits_page(wish):
            return
        if isinstance(frame, GapFrame):
            self._send_gap(frame, page=wish.id)
        else:
            self._send(frame, page=wish.id)

    def page_ended(self, wish: HistoryWanted, end: PageEnd) -> None:
        """Tell that a page is complete."""
        self._answering.page_ended(wish, end)
        self._page_is_over(wish)

    # --- inside ----------------------------------------------------------------------------------

    def _send(self, frame: LinesFrame, *, page: int | None = None) -> None:
        """Send lines to this upstream alone."""
        try:
            body = frame.small_body() if self._form is Form.ZSTD else frame.plain_body()
        except BadMessage as bad:
            self._cannot_read(frame, bad, page=page)
            return
        message, binary = frame.message(body, page=page)
        if binary:
            self._connection.send_binary(message)
        else:
            self._connection.send(message)

    def _send_gap(self, gap: GapFrame, *, page: int | None = None) -> None:
        self._events.gap_told()
        self._connection.send(gap.message(page=page))

    def _cannot_read(self, frame: LinesFrame, bad: BadMessage, *, page: int | None = None) -> None:
        """What came from below is no body: say what is missing, where that can be said."""
        self._events.frame_unreadable(frame.source, frame.n, str(bad))
        if self.extended:
            gap = GapFrame(
                frame.source, frame.stream, after=frame.after, next=frame.next, reason=SLOW
            )
            self._send_gap(gap, page=page)

    def _ask_page(self) -> None:
        if self._pages and self._page is None and self._connection.writable:
            self._page = self._pages.popleft()
            self._sources.history(self, self._page)

    def _page_is_over(self, wish: HistoryWanted) -> None:
        if self._page is wish:
            self._page = None
            self._ask_page()
