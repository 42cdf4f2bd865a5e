"""A connection that came in to a hub: unknown until it shows a ticket, then a session or a link.

The hub says its name at once, and answers nothing but an opening. Someone who was never let in is
told why and sent away; nobody else is disturbed. Rule: S3.
"""

from typing import Protocol

from logstream.errors import BadMessage, TicketError
from logstream.model.limits import (
    AUTHENTICATION_TIMEOUT_S,
    BASE_SESSION_LIFE_S,
    FRAME_MAX_BYTES,
    LINK_LIFE_S,
    LINK_SILENCE_MAX_S,
    SESSION_LIFE_S,
    UNAUTHENTICATED_MESSAGE_MAX_BYTES,
    UPSTREAM_MESSAGE_MAX_BYTES,
)
from logstream.model.source import HUB_NAMES_START, Environment, is_hub_name
from logstream.model.ticket import ANY_SERVER, Ticket, verify
from logstream.node.forms import Forms
from logstream.node.link import Link
from logstream.node.router import Router
from logstream.node.session import Session
from logstream.protocol import codec
from logstream.protocol.closing import GOING_AWAY, LIFE_OVER, POLICY_VIOLATION, STUCK
from logstream.protocol.frame import PROTOCOLS
from logstream.protocol.messages import Connected, Offer
from logstream.protocol.opening import Opening, read_opening
from logstream.telemetry.events import NodeEvents
from logstream.transport.base import Connection, Refusal


class House(Protocol):
    """What a door leads to: the hub."""

    name: str
    secret: bytes
    events: NodeEvents
    forms: Forms

    def clock(self) -> float:
        """Seconds that never jump: for lives and waits."""

    def unix_time(self) -> float:
        """Unix time: for tickets."""

    def router(self, environment: Environment) -> Router:
        """The environment's router."""

    def came(self, door: "Door") -> None:
        """A connection is open; ``gone`` follows."""

    def link_opened(self, link: Link, environment: Environment, offer: Offer, peer: str) -> None:
        """A link is there; an older one of the same server is replaced."""

    def gone(self, door: "Door", link: Link | None) -> None:
        """A connection has ended."""


class Door:
    """A receiver of the transport: one connection that came in.

    Args:
        house: The hub.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._connection: Connection
        self._inside: Session | Link | None = None
        self._ticket: Ticket | None = None
        self._sent_away = False
        self._ends_at_s = house.clock() + AUTHENTICATION_TIMEOUT_S
        self._heard_at_s = house.clock()

    # --- from the transport ----------------------------------------------------------------------

    def opened(self, connection: Connection) -> None:
        """Say who is here: some clients wait for it before they say anything."""
        self._connection = connection
        self._house.came(self)
        connection.set_message_limit(UNAUTHENTICATED_MESSAGE_MAX_BYTES)
        connection.send(codec.encode(Connected(server=self._house.name)))

    def received(self, message: bytes) -> None:
        """Let in who shows a ticket; then pass on."""
        if self._sent_away:
            return
        match self._inside:
            case Session() as session:
                if session.extended and codec.command_name(message) == "stream-environment":
                    self._renew(message)
                else:
                    session.received(message)
            case Link() as link:
                if not link.received(message) and codec.command_name(message) == "offer":
                    self._renew(message)
            case None:
                self._let_in(message)

    def received_binary(self, message: bytes) -> None:
        """Pass on what a link sends; nobody else sends such."""
        if self._sent_away:
            return
        if isinstance(self._inside, Link):
            self._inside.received(message, binary=True)
        else:
            self.refused(Refusal.BINARY, message)
            self._connection.close(POLICY_VIOLATION, "only links send binary messages")

    def received_all(self) -> None:
        """All messages of one read were given."""
        self._heard_at_s = self._house.clock()
        if isinstance(self._inside, Link):
            self._inside.received_all()

    def refused(self, refusal: Refusal, beginning: bytes) -> None:
        """Tell what was wrong with a frame before the transport closes."""
        if refusal is Refusal.BINARY:
            description = "binary frame: send text frames"
        else:
            description = "message too big: commands are short"
        self._sent_away = True
        self._say_error(400, description, during=codec.as_during(beginning))

    def drained(self) -> None:
        """Go on with what waited."""
        if isinstance(self._inside, Session):
            self._inside.drained()

    def closed(self, code: int, reason: str) -> None:
        """The connection has ended."""
        inside, self._inside = self._inside, None
        link = inside if isinstance(inside, Link) else None
        if inside is not None and self._ticket is not None:
            inside.end()
            environment = Environment(self._ticket.site, self._ticket.env)
            events = self._house.events
            if link is not None:
                events.link_closed(environment, link.server, code, reason)
            else:
                events.session_closed(
                    environment, self._ticket.subject, self._connection.peer, code
                )
        self._house.gone(self, link)

    # --- from the hub ----------------------------------------------------------------------------

    def tick(self, now_s: float) -> None:
        """End what has shown no ticket in time, or has lived its life."""
        if self._sent_away:
            return  # the transport sees to the end
        if now_s < self._ends_at_s:
            self._look_after(now_s)
        elif self._inside is None:
            self._send_away(
                401, f"no connection details within {AUTHENTICATION_TIMEOUT_S:.0f} s", during=""
            )
        else:
            self._close(LIFE_OVER, "this connection has lived its life: connect again")

    def _look_after(self, now_s: float) -> None:
        """End who is silent, or reads nothing. Rule S12."""
        match self._inside:
            case Link() as link:
                link.tick(now_s)
            case Session(extended=True) as session:
                if not session.listens:
                    self._heard_at_s = now_s
                if session.is_stuck(now_s):
                    self._close(STUCK, "nothing was read here for too long: go on from your cursor")
                elif now_s - self._heard_at_s > LINK_SILENCE_MAX_S:
                    silent = f"nothing heard from you for {LINK_SILENCE_MAX_S:.0f} s"
                    self._close(GOING_AWAY, silent)

    def _close(self, code: int, reason: str) -> None:
        self._sent_away = True
        self._connection.close(code, reason)

    def drop(self) -> None:
        """End the connection at once, as this node cannot go on with it."""
        self._sent_away = True
        self._connection.abort()

    # --- inside ----------------------------------------------------------------------------------

    def _let_in(self, message: bytes) -> None:
        try:
            opening = read_opening(message)
            ticket = self._verify(opening)
            if opening.offer is not None:
                self._check_subprotocol(message)
                self._check_via(opening.offer, message)
        except BadMessage as bad:
            self._send_away(bad.code, str(bad), during=bad.during)
            return
        except TicketError as error:
            self._send_away(error.code, str(error), during=codec.as_during(message))
            return
        self._ticket = ticket
        environment = Environment(ticket.site, ticket.env)
        router = self._house.router(environment)
        if opening.offer is None:
            self._begin_session(environment, router, ticket, message)
        else:
            self._begin_link(environment, router, opening.offer, message)

    def _verify(self, opening: Opening) -> Ticket:
        house = self._house
        return verify(opening.ticket, opening.d, secret=house.secret, now_s=house.unix_time())

    def _check_subprotocol(self, message: bytes) -> None:
        if self._connection.subprotocol not in PROTOCOLS:
            raise BadMessage(
                f"a link is opened with one of the subprotocols {', '.join(PROTOCOLS)}",
                during=codec.as_during(message),
            )

    def _check_via(self, offer: Offer, message: bytes) -> None:
        """Refuse a way that lines cannot have come: ``via`` is not signed, and names the speaker.

        A logtailor that could name one would take the place of another's link.
        """
        if self._house.name in offer.via:
            wrong = f"a loop: what is offered has passed {self._house.name} already"
        elif offer.via and offer.server != ANY_SERVER:
            wrong = "via is for hubs: this ticket is a logtailor's"
        elif not all(map(is_hub_name, offer.via)):
            wrong = f"via names hubs, and their names begin with {HUB_NAMES_START}"
        else:
            return
        raise BadMessage(wrong, code=403, during=codec.as_during(message))

    def _begin_session(
        self, environment: Environment, router: Router, ticket: Ticket, message: bytes
    ) -> None:
        self._connection.set_message_limit(UPSTREAM_MESSAGE_MAX_BYTES)
        self._house.events.session_opened(environment, ticket.subject, self._connection.peer)
        session = Session(
            name=self._house.name,
            connection=self._connection,
            sources=router,
            events=self._house.events,
            clock=self._house.clock,
            forms=self._house.forms,
        )
        self._inside = session
        if session.extended:
            self._say_success(message)
        else:
            self._ends_at_s = self._house.clock() + BASE_SESSION_LIFE_S
        session.begin()

    def _begin_link(
        self, environment: Environment, router: Router, offer: Offer, message: bytes
    ) -> None:
        self._connection.set_message_limit(FRAME_MAX_BYTES)
        link = Link(
            server=offer.server,
            connection=self._connection,
            router=router,
            events=self._house.events,
            clock=self._house.clock,
        )
        self._inside = link
        self._house.events.link_opened(environment, offer.speaker, self._connection.peer)
        self._house.link_opened(link, environment, offer, self._connection.peer)
        self._say_success(message)

    def _renew(self, message: bytes) -> None:
        """A fresh ticket of the same key for the same makes the connection live on. Rule S12."""
        try:
            ticket = self._verify(read_opening(message))
        except BadMessage as bad:
            self._say_error(bad.code, str(bad), during=bad.during)
            return
        except TicketError as error:
            self._say_error(error.code, str(error), during=codec.as_during(message))
            return
        if self._ticket is None or _holder(ticket) != _holder(self._ticket):
            self._say_error(
                403,
                "a connection is renewed by the key that opened it, for the same",
                during=codec.as_during(message),
            )
            return
        self._say_success(message)

    def _say_success(self, message: bytes) -> None:
        """Tell how long the connection lives from now on."""
        life_s = float(LINK_LIFE_S if isinstance(self._inside, Link) else SESSION_LIFE_S)
        self._ends_at_s = self._house.clock() + life_s
        self._connection.send(codec.success(message, server=self._house.name, life_s=life_s))

    def _say_error(self, code: int, description: str, *, during: str) -> None:
        self._connection.send(
            codec.error(code, description, during=during, server=self._house.name)
        )

    def _send_away(self, code: int, description: str, *, during: str) -> None:
        self._sent_away = True
        self._house.events.connection_refused(self._connection.peer, code, description)
        self._say_error(code, description, during=during)
        self._connection.fail(POLICY_VIOLATION, description)


def _holder(ticket: Ticket) -> tuple[str, ...]:
    return (ticket.role, ticket.site, ticket.env, ticket.server, ticket.subject)
