"""One downstream of a hub: the link that a logtailor (or another hub) has dialled and offers on.

It joins the pure dialogue (``Asking``), the router and a connection: what is offered goes to the
router, what the router wants enabled goes down, lines go up in batches of one read. A line is
passed on as it came; only its source is read.

Rules: S3 (one link for an environment; no frame may name a server that the ticket does not),
S12 (keepalive each 10 s, closed after 25 s without a byte).
"""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Final

from logstream.errors import BadMessage
from logstream.model.limits import (
    KEEPALIVE_INTERVAL_S,
    LINK_SILENCE_MAX_S,
    SOURCES_PER_LINK_MAX,
)
from logstream.model.source import Source, display_name, is_name
from logstream.model.ticket import ANY_SERVER
from logstream.node.batch import LineBatch
from logstream.node.router import Router
from logstream.protocol import codec
from logstream.protocol.asking import (
    Asking,
    Event,
    ServerConnected,
    SourceFlows,
    SourceOffered,
)
from logstream.protocol.closing import GOING_AWAY, POLICY_VIOLATION
from logstream.protocol.messages import LineHeader
from logstream.telemetry.events import NodeEvents
from logstream.transport.base import Connection

_source_of: Final = attrgetter(*Source._fields)
"""Gives what names the source of a line."""


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
        self._asking = Asking(send=connection.send, line=LineHeader)
        self._gathered: dict[Source, list[bytes]] = {}
        self._paused = False
        self._closing = False
        self._heard_at_s = self._asked_at_s = clock()

    def end(self) -> None:
        """The connection has ended: its servers are away."""
        self._router.downstream_left(self)

    # --- from the connection ---------------------------------------------------------------------

    def receive(self, messages: list[bytes]) -> list[bytes]:
        """Read reports and lines; nearly always lines alone, which are read with few steps each.

        Returns:
            The messages that are neither: a command is for whoever let this link in.
        """
        lines = None if self._closing else codec.decode_lines(messages, LineHeader)
        if lines is None:
            return [message for message in messages if not self.received(message)]
        sources: list[tuple[str, str]] = [*map(_source_of, lines)]
        if sources.count(sources[0]) == len(sources):
            self._gather(Source(*sources[0]), messages)
            return []
        for source, message in zip(sources, messages, strict=True):
            if not self._closing:
                self._gather(Source(*source), (message,))
        return []

    def received(self, message: bytes) -> bool:
        """Read one report or line.

        Returns:
            Whether it was one: a command is for whoever let this link in.
        """
        if self._closing:
            return True
        try:
            report = self._asking.receive(message)
        except BadMessage as bad:
            self._break_off(str(bad))
            return True
        if isinstance(report, LineHeader):
            self._gather(Source(report.server, report.log_type), (message,))
            return True
        self._pass_on()  # lines that came before this report go before it
        if report is not None and self._may_say(report):
            self._act_on(report)
        return report is not None

    def received_all(self) -> None:
        """Pass on what one read gave."""
        self._heard_at_s = self._clock()
        self._pass_on()

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

    def enable(self, source: Source) -> None:
        """Ask for a source's lines."""
        self._asking.enable(source)

    def disable(self, source: Source) -> None:
        """Ask for no more of them."""
        self._asking.disable(source)

    def pause(self) -> None:
        """Read no more for now: the logtailor waits, and leaves the lines in their files."""
        self._paused = True
        self._connection.pause_reading()

    def resume(self) -> None:
        """Read on."""
        self._paused = False
        self._connection.resume_reading()

    # --- inside ----------------------------------------------------------------------------------

    def _gather(self, source: Source, messages: Sequence[bytes]) -> None:
        gathered = self._gathered.get(source)
        if gathered is not None:
            gathered.extend(messages)
        elif source in self._asking.flowing:
            self._gathered[source] = [*messages]
        elif source not in self._asking.offered:
            self._break_off(f"a line of {_shown(source)}, which it never offered")
        # else it was on its way when the source was disabled

    def _pass_on(self) -> None:
        if self._gathered:
            gathered, self._gathered = self._gathered, {}
            for source, messages in gathered.items():
                self._router.lines(source, LineBatch(messages), self)

    def _may_say(self, report: Event) -> bool:
        """Whether the ticket covers the server that is named, and this node has room for it."""
        if isinstance(report, SourceOffered | SourceFlows):
            names: tuple[str, ...] = report.source
        else:
            names = (report.server,)
        server = names[0]
        if server and self.server not in (ANY_SERVER, server):
            self._break_off(f"it named {server[:64]!r}, which its ticket does not")
        elif isinstance(report, ServerConnected | SourceOffered) and not all(map(is_name, names)):
            self._break_off(f"not a name: {max(names, key=len)[:64]!r}")
        elif max(len(self._asking.servers), len(self._asking.offered)) > SOURCES_PER_LINK_MAX:
            self._break_off(f"more than {SOURCES_PER_LINK_MAX} sources or servers")
        return not self._closing

    def _act_on(self, report: Event) -> None:
        match report:
            case ServerConnected(server=server):
                self._router.server_connected(server, self)
            case SourceOffered(source=source, display_name=name):
                shown = name if is_name(name) else display_name(source.log_type)
                self._router.available(source, shown, self)
            case SourceFlows(source=source):
                self._router.acknowledged(source, self)

    def _break_off(self, description: str) -> None:
        self._events.link_broke_protocol(self._router.environment, self.server, description)
        self._close(POLICY_VIOLATION, description)

    def _close(self, code: int, reason: str) -> None:
        self._closing = True
        self._connection.close(code, reason)


def _shown(source: Source) -> str:
    return f"{source.log_type[:64]!r} on {source.server[:64]!r}"
