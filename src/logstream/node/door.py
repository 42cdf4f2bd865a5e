"""A connection that came in to a hub: unknown until it shows a ticket, then a session or a link.

The hub says its name at once, and answers nothing but an opening. Someone who was never let in is
told why and sent away; nobody else is disturbed. Rule: S3.
"""

from collections.abc import Callable
from typing import Protocol

from logstream.errors import BadMessage, TicketError
from logstream.model.limits import (
    AUTHENTICATION_TIMEOUT_S,
    BASE_SESSION_LIFE_S,
    FRAME_MAX_BYTES,
    LINK_LIFE_S,
    UNAUTHENTICATED_MESSAGE_MAX_BYTES,
    UPSTREAM_MESSAGE_MAX_BYTES,
)
from logstream.model.source import HUB_NAMES_START, Environment, is_hub_name
from logstream.model.ticket import ANY_SERVER, Ticket, verify
from logstream.node.link import Link
from logstream.node.router import Router
from logstream.node.session import Session
from logstream.protocol import codec
from logstream.protocol.closing import LIFE_OVER, POLICY_VIOLATION
from logstream.protocol.messages import Connected, Offer
from logstream.protocol.opening import Opening, read_opening
from logstream.telemetry.events import NodeEvents
from logstream.transport.base import Connection, Refusal


class House(Protocol):
    """What a door leads to: the hub."""

    name: str
    secret: bytes
    events: NodeEvents

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
        self._unread: list[bytes] = []
        """What one read has given of a link."""
        self.received: Callable[[bytes], None] = self._receive
        """Takes one message. For a link, of which many come, it is the very list's ``append``."""

    # --- from the transport ----------------------------------------------------------------------

    def opened(self, connection: Connection) -> None:
        """Say who is here: some clients wait for it before they say anything."""
        self._connection = connection
        self._house.came(self)
        connection.set_message_limit(UNAUTHENTICATED_MESSAGE_MAX_BYTES)
        connection.send(codec.encode(Connected(server=self._house.name)))

    def received_all(self) -> None:
        """All messages of one read were given."""
        messages = self._unread[:]
        self._unread.clear()
        inside = self._inside
        if isinstance(inside, Link):
            for message in inside.receive(messages) if messages else ():
                if codec.command_name(message) == "offer":
                    self._renew(message)
            inside.received_all()

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
            if isinstance(self._inside, Link):
                self._inside.tick(now_s)
        elif self._inside is None:
            self._send_away(
                401, f"no connection details within {AUTHENTICATION_TIMEOUT_S:.0f} s", during=""
            )
        else:
            self._sent_away = True
            self._connection.close(LIFE_OVER, "this connection has lived its life: connect again")

    def drop(self) -> None:
        """End the connection at once, as this node cannot go on with it."""
        self._sent_away = True
        self._connection.abort()

    # --- inside ----------------------------------------------------------------------------------

    def _receive(self, message: bytes) -> None:
        """Let in who shows a ticket; then pass on."""
        if self._sent_away:
            return
        if isinstance(self._inside, Session):
            self._inside.received(message)
        else:
            self._let_in(message)

    def _let_in(self, message: bytes) -> None:
        try:
            opening = read_opening(message)
            ticket = self._verify(opening)
            if opening.offer is not None:
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
            self._begin_session(environment, router, ticket)
        else:
            self._begin_link(environment, router, opening.offer, message)

    def _verify(self, opening: Opening) -> Ticket:
        house = self._house
        return verify(opening.ticket, opening.d, secret=house.secret, now_s=house.unix_time())

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

    def _begin_session(self, environment: Environment, router: Router, ticket: Ticket) -> None:
        self._ends_at_s = self._house.clock() + BASE_SESSION_LIFE_S
        self._connection.set_message_limit(UPSTREAM_MESSAGE_MAX_BYTES)
        self._house.events.session_opened(environment, ticket.subject, self._connection.peer)
        session = Session(
            name=self._house.name,
            connection=self._connection,
            router=router,
            events=self._house.events,
            clock=self._house.clock,
            server_side=True,
        )
        self._inside = session
        session.begin()

    def _begin_link(
        self, environment: Environment, router: Router, offer: Offer, message: bytes
    ) -> None:
        self._ends_at_s = self._house.clock() + LINK_LIFE_S
        self._connection.set_message_limit(FRAME_MAX_BYTES)
        link = Link(
            server=offer.server,
            connection=self._connection,
            router=router,
            events=self._house.events,
            clock=self._house.clock,
        )
        self._inside = link
        self.received = self._unread.append
        self._house.events.link_opened(environment, offer.speaker, self._connection.peer)
        self._house.link_opened(link, environment, offer, self._connection.peer)
        self._say_success(message)

    def _renew(self, message: bytes) -> None:
        """A fresh ticket of the same key for the same offer makes the link live on. Rule S12."""
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
                "a link is renewed by the key that opened it, for the same offer",
                during=codec.as_during(message),
            )
            return
        self._ends_at_s = self._house.clock() + LINK_LIFE_S
        self._say_success(message)

    def _say_success(self, message: bytes) -> None:
        self._connection.send(
            codec.success(message, server=self._house.name, life_s=float(LINK_LIFE_S))
        )

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
