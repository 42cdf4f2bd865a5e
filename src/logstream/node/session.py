"""One upstream of a node: a person's session at a hub, or the answering end of a link.

It joins the pure dialogue (``Answering``), the router and a connection: commands in, reports and
lines out. What it wants next is only read once what it was told has gone out, so that someone who
asks without reading costs nothing.
"""

from collections.abc import Callable

from logstream.model.source import Source
from logstream.node.batch import LineBatch
from logstream.node.router import Router
from logstream.protocol.answering import Answering, DisableWanted, EnableWanted
from logstream.telemetry.events import NodeEvents
from logstream.transport.base import Connection


class Session:
    """Someone who was let in to one environment.

    Args:
        name: This node's own name.
        connection: Open, and past its opening.
        router: The environment's.
        events: For counters.
        clock: Gives seconds that never jump.
        server_side: Whether this node accepted the connection (and did not dial it): then frames
            are shared with other sessions, and reading waits for writing.
    """

    def __init__(
        self,
        *,
        name: str,
        connection: Connection,
        router: Router,
        events: NodeEvents,
        clock: Callable[[], float],
        server_side: bool,
    ) -> None:
        self._connection = connection
        self._router = router
        self._events = events
        self._clock = clock
        self._server_side = server_side
        self._answering = Answering(name=name, send=connection.send)
        # What the router tells goes straight to the dialogue.
        self.server_connected = self._answering.server_connected
        self.server_left = self._answering.server_left
        self.available = self._answering.available
        self.acknowledged = self._answering.acknowledged

    def begin(self) -> None:
        """Tell what there is, and listen."""
        self._router.join(self)

    def end(self) -> None:
        """The connection has ended."""
        self._router.leave(self, now_s=self._clock())

    # --- from the connection ---------------------------------------------------------------------

    def received(self, message: bytes) -> None:
        """Carry out one command."""
        match self._answering.receive(message):
            case EnableWanted(source=source):
                self._router.enable(self, source)
            case DisableWanted(source=source):
                self._router.disable(self, source, now_s=self._clock())
        if self._server_side and not self._connection.writable:
            self._connection.pause_reading()

    def drained(self) -> None:
        """Go on with what waited."""
        if self._server_side:
            self._connection.resume_reading()
        self._router.drained(self)

    # --- from the router -------------------------------------------------------------------------

    @property
    def writable(self) -> bool:
        """Whether lines can go out now."""
        return self._connection.writable

    def deliver(self, batch: LineBatch) -> None:
        """Send some lines."""
        if self._server_side:
            self._connection.send_framed(batch.framed)
        else:
            self._connection.send_all(batch.messages)
        self._events.lines_delivered(len(batch))

    def missed(self, source: Source, lines: int) -> None:
        """Count lines that are gone; a base client has no message for it."""
        self._events.lines_missed(source, lines, self._connection.peer)
