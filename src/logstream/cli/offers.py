"""Connection details for a logtailor or a hub, asked from the Cloud API on a thread of its own."""

import logging
from collections.abc import Sequence
from typing import Final

from logstream.client.blocking import in_thread
from logstream.client.cloud_api import CloudAPI
from logstream.client.cloud_api_types import Offer
from logstream.model.source import Environment
from logstream.node.dialler import AskOffers
from logstream.node.uplink import OfferTicket

_log: Final = logging.getLogger("logstream")


def ask_offers_of(api: CloudAPI) -> AskOffers:
    """Give what asks ``api`` for fresh tickets."""
    if api.in_clear:
        _log.warning("%s is asked without TLS: others on the way can read this key", api.host)

    async def ask() -> Sequence[OfferTicket]:
        return [_ticket(offer) for offer in await in_thread(api.offers)]

    return ask


def _ticket(offer: Offer) -> OfferTicket:
    return OfferTicket(
        environment=Environment(offer.site, offer.environment),
        server=offer.server,
        t=offer.t,
        d=offer.hmac,
        hubs=offer.hubs,
    )
