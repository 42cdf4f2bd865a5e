"""``/environments/{id}/logstream``: signed, short-lived connection details for who watches."""

from typing import Final

import msgspec
from litestar import get
from litestar.di import NamedDependency

from logstream.api.environments import EnvironmentId
from logstream.api.hal import Link, Links
from logstream.api.refusal import CONTENT_TYPE, Refusal
from logstream.api.visitor import Visitor
from logstream.model.ticket import Role, Ticket
from logstream.protocol.frame import PROTOCOLS
from logstream.store.entities import KeyKind

_COMMANDS: Final = ("stream-environment", "enable", "disable")


class StreamParams(msgspec.Struct, frozen=True, kw_only=True):
    """What a client sends back in ``stream-environment``; ``hmac`` is its ``d``."""

    t: int
    hmac: str
    environment: str
    site: str


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """Where to connect, what to say there, and which messages may follow.

    Attributes:
        url: The hub's.
        params: The ticket.
        commands: Messages of the base protocol.
        protocols: WebSocket subprotocols that the hub speaks beyond the base, preferred first (S1).
    """

    url: str
    params: StreamParams
    commands: list[str]
    protocols: list[str]


class LogstreamDetails(msgspec.Struct, frozen=True, kw_only=True, rename={"links": "_links"}):
    """Connection details."""

    logstream: Connection
    links: Links


@get(
    "/environments/{environment_id:str}/logstream",
    media_type=CONTENT_TYPE,
    sync_to_thread=True,
    summary="Get connection details",
)
def show_logstream(
    visitor: NamedDependency[Visitor], environment_id: EnvironmentId
) -> LogstreamDetails:
    """Issue a ticket to stream one environment, for a person's key."""
    environment = visitor.environment(environment_id)
    if visitor.key.kind is not KeyKind.PERSON:
        raise Refusal(403, "This key offers logs and may not watch them: use a person's key.")
    ticket = Ticket(
        role=Role.STREAM,
        site=environment.application.site,
        env=environment.name,
        subject=visitor.key.id,
        t=visitor.office.now(),
    )
    url = visitor.office.next_hub_url()
    path = f"/environments/{environment.id}"
    return LogstreamDetails(
        logstream=Connection(
            url=url,
            params=StreamParams(
                t=ticket.t,
                hmac=visitor.office.sign(ticket),
                environment=ticket.env,
                site=ticket.site,
            ),
            commands=list(_COMMANDS),
            protocols=list(PROTOCOLS),
        ),
        links={
            "self": visitor.address.link(f"{path}/logstream"),
            "wss": Link(href=url),
            "parent": visitor.address.link(path),
        },
    )
