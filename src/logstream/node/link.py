"""One downstream of a hub: the link that a logtailor (or another hub) has dialled and offers on.

It joins the pure dialogue (``AskingExtended``), the router and a connection: what is offered goes
to the router, what the router wants enabled goes down, frames go up. Of a frame the header is read,
the body is passed on as it came.

Rules: S3 (one link for an environment; no frame may name a server that the ticket does not),
S7 (what a slow hub below left out is fetched), S12 (keepalive each 10 s, closed after 25 s without
a byte).
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from logstream.errors import BadCursor, BadMessage
from logstream.model import cursor
from logstream.model.filter import Filter
from logstream.model.limits import (
    KEEPALIVE_INTERVAL_S,
    LINK_HISTORIES_MAX,
    LINK_SILENCE_MAX_S,
    RING_MAX_BYTES,
    SOURCES_PER_LINK_MAX,
)
from logstream.model.source import Source, display_name, is_name
from logstream.model.ticket import ANY_SERVER
from logstream.node.base import HistoryWanted
from logstream.node.batch import SLOW, GapFrame, LinesFrame, StreamFrame
from logstream.node.fetch import PageSink
from logstream.node.router import Router
from logstream.protocol.asking_extended import (
    AskingExtended,
    ChainBroke,
    Event,
    GapCame,
    LinesCame,
    PageEnded,
    PageRefused,
    StreamBegan,
    StreamRefused,
    Unwanted,
)
from logstream.protocol.closing import GOING_AWAY, POLICY_VIOLATION
from logstream.protocol.messages import Available, Connected, Disconnected
from logstream.telemetry.events import NodeEvents
from logstream.transport.base import Connection

_FRAMES: Final = (LinesCame, GapCame, Unwanted)


class Link:
    """The hub's end of one link.

    Args:
        server: The ticket's: the only one that this link may speak for, or ``ANY_SERVER``.
        connection: Open, its ``offer`` accepted.
        router: The environment's.
        events: For logs and counters.
        clock: Gives seconds that never jump.
    """

    def __init__(
        self,
        *,
        server: str,
        connection: Connection,
        router: Router,
        events: NodeEvents,
        clock: Callable[[], float],
    ) -> None:
        self.server = server
        self._connection = connection
        self._router = router
        self._events = events
        self._clock = clock
        self._asking = AskingExtended(
            send=connection.send,
            within=RING_MAX_BYTES,
            server=None if server == ANY_SERVER else server,
        )
        self._servers: set[str] = set()
        self._offered: set[Source] = set()
        self._pages: dict[int, PageSink] = {}
        self._queued: deque[tuple[HistoryWanted, PageSink]] = deque()
        """Pages that are asked for when others have ended."""
        self._paused = False
        self._closing = False
        self._heard_at_s = self._asked_at_s = clock()

    def end(self) -> None:
        """The connection has ended: its servers are away."""
        self._closing = True
        self._router.downstream_left(self)
        waiting = [*self._pages.values(), *(sink for _, sink in self._queued)]
        self._pages.clear()
        self._queued.clear()
        for sink in waiting:
            sink.page_refused(0, "the server went away meanwhile: ask again when it is back")

    # --- from the connection ---------------------------------------------------------------------

    def received(self, message: bytes, *, binary: bool = False) -> bool:
        """Read one report or frame.

        Returns:
            Whether it was one: a command is for whoever let this link in.
        """
        if self._closing:
            return True
        try:
            event = self._asking.receive(message, binary=binary)
            if event is None:
                return False
            if self._may_say(event):
                self._act_on(event)
        except (BadMessage, BadCursor) as bad:
            self._break_off(str(bad))
        return True

    def received_all(self) -> None:
        """Something was heard."""
        self._heard_at_s = self._clock()

    def tick(self, now_s: float) -> None:
        """Show that this side is there; end a link on which nothing is heard."""
        if self._paused:
            self._heard_at_s = now_s  # nothing is read, so nothing can be heard
        if self._closing:
            return
        if now_s - self._heard_at_s > LINK_SILENCE_MAX_S:
            self._close(GOING_AWAY, f"nothing heard from you for {LINK_SILENCE_MAX_S:.0f} s")
        elif now_s - self._asked_at_s >= KEEPALIVE_INTERVAL_S:
            self._asked_at_s = now_s
            self._asking.keepalive()

    def replace(self, code: int) -> None:
        """A newer process speaks for this server: close this link."""
        self._close(code, "a newer process offers this server")

    # --- from the router -------------------------------------------------------------------------

    @property
    def waits(self) -> bool:
        """Whether an answer is still to come."""
        return self._asking.waits

    def enable(
        self, source: Source, lines_filter: Filter, *, after: str | None, within: int | None
    ) -> None:
        """Ask for a stream."""
        self._asking.enable(source, lines_filter, after=after, within=within)

    def disable(self, source: Source, stream: str) -> None:
        """Ask for no more of it."""
        self._asking.disable(source, stream)

    def history(self, wish: HistoryWanted, sink: PageSink) -> None:
        """Ask for a page, now or when others have ended."""
        if len(self._pages) >= LINK_HISTORIES_MAX:
            self._queued.append((wish, sink))
        else:
            self._pages[self._asking.history(wish)] = sink

    def pause(self) -> None:
        """Read no more for now: the logtailor waits, and leaves the lines in their files."""
        self._paused = True
        self._connection.pause_reading()

    def resume(self) -> None:
        """Read on."""
        self._paused = False
        self._connection.resume_reading()

    # --- inside ----------------------------------------------------------------------------------

    def _may_say(self, event: Event) -> bool:
        """Whether what is offered has names, this node has room for it, and it was offered."""
        if isinstance(event, Connected | Available):
            names = (event.server, event.type if isinstance(event, Available) else event.server)
            if not all(map(is_name, names)):
                self._break_off(f"not a name: {max(names, key=len)[:64]!r}")
                return False
            self._servers.add(event.server)
            if isinstance(event, Available):
                self._offered.add(Source(*names))
            if max(len(self._servers), len(self._offered)) > SOURCES_PER_LINK_MAX:
                self._break_off(f"more than {SOURCES_PER_LINK_MAX} sources or servers")
        elif (
            isinstance(event, LinesCame | GapCame | Unwanted) and event.source not in self._offered
        ):
            self._break_off(f"a line of {_shown(event.source)}, which it never offered")
        return not self._closing

    def _act_on(self, event: Event) -> None:
        router = self._router
        match event:
            case LinesCame(source, header, body):
                lines = LinesFrame(
                    source,
                    header.stream or "",
                    body,
                    after=header.after,
                    next=header.next,
                    gen=header.gen,
                    n=header.n,
                )
                self._pass_on(lines, header.id)
            case GapCame(source, gap):
                missing = GapFrame(
                    source,
                    gap.stream or "",
                    after=gap.after,
                    next=gap.next,
                    reason=gap.reason,
                    why=gap.why,
                    size_bytes=gap.bytes,
                )
                if gap.id is None and gap.reason == SLOW:
                    # It is in the files still: nothing later goes on before it.
                    self._asking.go_back(source, missing.stream, gap.after)
                else:
                    self._pass_on(missing, gap.id)
            case StreamBegan(source, lines_filter, after, now_s):
                router.began(source, lines_filter.stream, self, after=after, now_s=now_s)
            case StreamRefused(source, lines_filter, code, description):
                router.stream_refused(source, lines_filter.stream, self, code, description)
            case PageEnded(page, end):
                cursor.parse(end.last)
                self._end_of(page).page_ended(end)
            case PageRefused(page, code, description):
                self._end_of(page).page_refused(code, description)
            case Connected(server=server):
                router.server_connected(server, self)
            case Disconnected(server=server):
                router.server_left(server, self)
            case Available(type=log_type, server=server, display_type=name):
                shown = name if is_name(name) else display_name(log_type)
                router.available(Source(server, log_type), shown, self)
            case ChainBroke(source):
                self._events.chain_broke(source)

    def _pass_on(self, frame: StreamFrame, page: int | None) -> None:
        if page is None:
            self._router.frame(frame, self)
        else:
            cursor.parse(frame.next)  # it may become a receiver's, and ours to ask with
            self._pages[page].page_frame(frame)

    def _end_of(self, page: int) -> PageSink:
        """A page has ended: another may be asked for."""
        sink = self._pages.pop(page)
        if self._queued:
            self.history(*self._queued.popleft())
        return sink

    def _break_off(self, description: str) -> None:
        self._events.link_broke_protocol(self._router.environment, self.server, description)
        self._close(POLICY_VIOLATION, description)

    def _close(self, code: int, reason: str) -> None:
        self._closing = True
        self._connection.close(code, reason)


def _shown(source: Source) -> str:
    return f"{source.log_type[:64]!r} on {source.server[:64]!r}"
