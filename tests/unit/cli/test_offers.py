"""Tickets for a logtailor, as the Cloud API's client gives them."""

import asyncio
import threading

import pytest

from logstream.cli.offers import ask_offers_of
from logstream.client.cloud_api import CloudAPI
from logstream.client.cloud_api_types import Offer
from logstream.client.credentials import Credentials
from logstream.model.source import Environment
from logstream.node.uplink import OfferTicket


class OneOffer(CloudAPI):
    def offers(self) -> list[Offer]:
        return [
            Offer(
                site="s", environment="dev", server="srv-6", t="17", hmac="d.k", hubs=("ws://h/",)
            )
        ]


async def test_an_offer_becomes_a_ticket() -> None:
    api = OneOffer(Credentials(api_key="k", api_secret="s"), "http://localhost/api")
    assert await ask_offers_of(api)() == [
        OfferTicket(Environment("s", "dev"), "srv-6", "17", "d.k", ("ws://h/",))
    ]


def test_a_key_that_others_can_read_on_its_way_is_told(caplog: pytest.LogCaptureFixture) -> None:
    for endpoint in ("http://127.0.0.1:8080/api", "https://a.test/api", "http://b.test/api"):
        ask_offers_of(OneOffer(Credentials(api_key="k", api_secret="s"), endpoint))
    assert caplog.messages == ["b.test is asked without TLS: others on the way can read this key"]


def test_a_service_stops_although_the_cloud_api_does_not_answer() -> None:
    asked, release = threading.Event(), threading.Event()

    class Slow(CloudAPI):
        def offers(self) -> list[Offer]:
            asked.set()
            release.wait()
            return []

    async def main() -> None:
        api = Slow(Credentials(api_key="k", api_secret="s"), "http://localhost/api")
        asking = asyncio.ensure_future(ask_offers_of(api)())
        await asyncio.to_thread(asked.wait)
        asking.cancel()

    asyncio.run(main())
    release.set()
