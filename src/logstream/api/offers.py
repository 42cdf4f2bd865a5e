"""``/offers``: signed, short-lived connection details for who offers logs: logtailors and hubs.

Ours; the published API has nothing like it. One item for each environment that the key is granted,
because a link to a hub is for one environment.
"""

import msgspec
from litestar import get
from litestar.di import NamedDependency

from logstream.api.hal import Links
from logstream.api.refusal import CONTENT_TYPE, Refusal
from logstream.api.visitor import Visitor
from logstream.model.ticket import Role, Ticket
from logstream.protocol.frame import PROTOCOLS
from logstream.store.entities import Environment, KeyKind


class Offer(msgspec.Struct, frozen=True, kw_only=True, rename={"links": "_links"}):
    """What a logtailor says in ``offer`` (``hmac`` is its ``d``), to which hubs, and how (S1)."""

    site: str
    environment: str
    server: str
    t: int
    hmac: str
    hubs: list[str]
    protocols: list[str]
    links: Links


class OfferItems(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a list of offers."""

    items: list[Offer]


class OfferList(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"links": "_links", "embedded": "_embedded"},
):
    """Offers."""

    total: int
    embedded: OfferItems
    links: Links


@get("/offers", media_type=CONTENT_TYPE, sync_to_thread=True, summary="Get details to offer logs")
def list_offers(visitor: NamedDependency[Visitor]) -> OfferList:
    """Issue tickets to offer every environment that a logtailor's or hub's key is granted."""
    if visitor.key.kind is KeyKind.PERSON:
        raise Refusal(403, "A person's key may not offer logs: use a logtailor's or a hub's key.")
    now = visitor.office.now()
    items = [_offer(environment, visitor, now) for environment in visitor.environments()]
    return OfferList(
        total=len(items),
        embedded=OfferItems(items=items),
        links={"self": visitor.address.link("/offers"), "parent": visitor.address.link("/")},
    )


def _offer(environment: Environment, visitor: Visitor, now: int) -> Offer:
    ticket = Ticket(
        role=Role.OFFER,
        site=environment.application.site,
        env=environment.name,
        server=visitor.key.server,
        subject=visitor.key.id,
        t=now,
    )
    return Offer(
        site=ticket.site,
        environment=ticket.env,
        server=ticket.server,
        t=ticket.t,
        hmac=visitor.office.sign(ticket),
        hubs=visitor.office.config.hub_urls,
        protocols=list(PROTOCOLS),
        links={"environment": visitor.address.link(f"/environments/{environment.id}")},
    )
