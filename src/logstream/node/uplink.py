"""The offering end of a link: what a logtailor (or a hub) dials a hub with.

It waits for the hub's ``connected``, shows its ticket with ``offer``, and after the ``success`` the
hub asks and a ``Session`` answers, in the extended protocol alone: a hub that does not choose one
of the subprotocols is told so in the log. Rules: S1, S3, S12 (a fresh ``offer`` renews the link).
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from logstream.errors import BadMessage
from logstream.model.limits import LINK_LIFE_MIN_S, LINK_LIFE_S, LINK_SILENCE_MAX_S
from logstream.model.source import Environment
from logstream.node.base import Sources
from logstream.node.session import Session
from logstream.protocol import codec
from logstream.protocol.closing import NORMAL, POLICY_VIOLATION
from logstream.protocol.frame import PROTOCOLS
from logstream.protocol.messages import Connected, Error, Offer, Success
from logstream.telemetry.events import NodeEvents
from logstream.transport.base import Connection, Refusal

_REPORTS: Final = ("success", "error", "connected")


class OfferTicket(NamedTuple):
    """A signed offer, as the Cloud API gives it."""

    environment: Environment
    server: str
    t: int | float | str
    """As the Cloud API gave it."""
    d: str
    hubs: tuple[str, ...]
    """The hubs' URLs."""


class Uplink:
    """A receiver of the transport: one dialled connection to one hub.

    Args:
        name: This node's own name; also the server that it answers as.
        ticket: Fresh.
        instance: Random for each process.
        via: See ``Offer.via``.
        sources: Gives the environment's, once the hub has accepted the offer.
        events: For logs and counters.
        clock: Gives seconds that never jump.
        ended: Called once at the end, with the close code and the reason.
    """

    def __init__(
        self,
        *,
        name: str,
        ticket: OfferTicket,
        instance: str,
        via: list[str],
        sources: Callable[[Environment], Sources],
        events: NodeEvents,
        clock: Callable[[], float],
        ended: Callable[[int, str], None],
    ) -> None:
        self._name = name
        self._ticket = ticket
        self._instance = instance
        self._via = via
        self._sources = sources
        self._events = events
        self._clock = clock
        self._ended = ended
        self._connection: Connection | None = None
        self._session: Session | None = None
        self._offered = False
        self._refusal = ""
        self._heard_at_s = clock()
        self.hub = ""
        self.renew_at_s = clock() + LINK_LIFE_S / 2

    @property
    def accepted(self) -> bool:
        """Whether the hub has accepted the offer."""
        return self._session is not None

    def renew(self, ticket: OfferTicket) -> None:
        """Offer again, with a fresh ticket, before the link's life is over."""
        self._ticket = ticket
        self._offer()

    def tick(self, now_s: float) -> None:
        """End a link on which nothing is heard, even the hub's keepalive."""
        if self._connection is not None and now_s - self._heard_at_s > LINK_SILENCE_MAX_S:
            self._connection.abort()

    def close(self) -> None:
        """End the link."""
        if self._connection is not None:
            self._connection.close(NORMAL, "shutting down")

    # --- from the transport ----------------------------------------------------------------------

    def opened(self, connection: Connection) -> None:
        """Wait for the hub to say its name."""
        self._connection = connection
        if connection.subprotocol not in PROTOCOLS:
            self._refusal = f"the hub speaks none of the subprotocols {', '.join(PROTOCOLS)}"
            connection.close(POLICY_VIOLATION, self._refusal)
            return
        self._heard_at_s = self._clock()

    def received(self, message: bytes) -> None:
        """Open the link, then answer."""
        if self._refusal and self._session is None and not self._offered:
            return
        if self._session is not None and codec.command_name(message) not in _REPORTS:
            self._session.received(message)
            return
        try:
            report = codec.decode_extended(message)
        except BadMessage:
            return  # noise of a hub that knows more than this node
        match report:
            case Connected(server=server) if not self._offered:
                self.hub = server
                self._offer()
            case Success(life_s=life_s) if self._offered:
                self.renew_at_s = self._clock() + max(LINK_LIFE_MIN_S, life_s or LINK_LIFE_S) / 2
                if self._session is None:
                    self._begin()
            case Error(code=code, description=description):
                self._refusal = f"{description} ({code})"

    def received_binary(self, message: bytes) -> None:
        """No hub sends lines down."""

    def received_all(self) -> None:
        """Something was heard."""
        self._heard_at_s = self._clock()

    def refused(self, refusal: Refusal, _beginning: bytes) -> None:
        """The hub sent what no hub sends; the transport closes the link."""
        self._refusal = f"the hub sent a {refusal.value} frame"

    def drained(self) -> None:
        """Go on with what waited."""
        if self._session is not None:
            self._session.drained()

    def closed(self, code: int, reason: str) -> None:
        """The link has ended."""
        if self._session is not None:
            self._session.end()
        self._connection = None
        self._ended(code, self._refusal or reason or f"closed with code {code}")

    # --- inside ----------------------------------------------------------------------------------

    def _offer(self) -> None:
        if self._connection is None:
            return
        self._offered = True
        ticket = self._ticket
        offer = Offer(
            site=ticket.environment.site,
            env=ticket.environment.env,
            server=ticket.server,
            instance=self._instance,
            via=self._via,
            t=ticket.t,
            d=ticket.d,
        )
        self._connection.send(codec.encode(offer))

    def _begin(self) -> None:
        if self._connection is None:
            return
        self._session = Session(
            name=self._name,
            connection=self._connection,
            sources=self._sources(self._ticket.environment),
            events=self._events,
            clock=self._clock,
            forms=None,
        )
        self._events.uplink_opened(self._ticket.environment, self.hub)
        self._session.server_connected(self._name)
        self._session.begin()
