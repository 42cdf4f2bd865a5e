"""The hub as a service: a listening socket, a clock that ticks, and who is here.

It holds no log data and no database: connection details are signed, so it can be killed and
restarted at any time.
"""

import asyncio
import functools
import logging
import secrets
import time
from pathlib import Path
from typing import Final

from logstream.hub.config import HubConfig
from logstream.hub.metrics import render
from logstream.model.limits import STREAM_LINGER_S
from logstream.model.source import Environment
from logstream.node.dialler import AskOffers, Dialler, Ended
from logstream.node.door import Door
from logstream.node.forms import Forms
from logstream.node.link import Link
from logstream.node.ring import RingBudget
from logstream.node.router import Router
from logstream.node.uplink import OfferTicket, Uplink
from logstream.protocol.closing import REPLACED
from logstream.protocol.frame import PROTOCOLS
from logstream.protocol.messages import Offer
from logstream.telemetry.events import NodeEvents
from logstream.transport.base import Receiver
from logstream.transport.handshake import Handshake, HttpAnswer
from logstream.transport.picows_client import connect
from logstream.transport.picows_server import Server, serve
from logstream.transport.tls import server_context

STREAM_PATH: Final = "/ah_websocket/logstream/v1"
TICK_S: Final = 1.0

_log = logging.getLogger("logstream")


class Hub:
    """One hub; ``start`` it in a running event loop.

    Args:
        config: Validated.
        secret: Shared with the Cloud API.
        offers: Where this hub is dialled into other hubs: asks their Cloud API for fresh tickets.
    """

    def __init__(
        self, config: HubConfig, *, secret: bytes, offers: AskOffers | None = None
    ) -> None:
        self.name = config.name
        self.secret = secret
        self.events = NodeEvents()
        self.clock = time.monotonic
        self.unix_time = time.time
        self._config = config
        self._budget = RingBudget()
        self.forms = Forms(self._now_s)
        self._routers: dict[Environment, Router] = {}
        self._doors: set[Door] = set()
        self._links: dict[tuple[Environment, str], Link] = {}
        self._offers: dict[Link, tuple[Environment, Offer]] = {}
        self._server: Server | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._instance = secrets.token_hex(8)
        self._dialler: Dialler | None = None
        if offers is not None:
            self._dialler = Dialler(
                offers=offers,
                make_uplink=self._make_uplink,
                connect=functools.partial(connect, subprotocols=PROTOCOLS),
                events=self.events,
                clock=self.clock,
            )

    async def start(self) -> int:
        """Listen.

        Returns:
            The port.

        Raises:
            ConfigError: The address cannot be listened on, or the TLS files cannot be read.
        """
        config = self._config
        tls = None
        if config.tls_certificate is not None and config.tls_key is not None:
            tls = server_context(certificate=Path(config.tls_certificate), key=Path(config.tls_key))
        self._server = await serve(
            self._accept,
            host=config.host,
            port=config.port,
            tls=tls,
            subprotocols=PROTOCOLS,
        )
        self._tasks.append(asyncio.create_task(self._tick_on()))
        if self._dialler is not None:
            self._tasks.append(asyncio.create_task(self._dialler.run()))
        _log.info("%s listens on %s%s", self.name, self._server.url, STREAM_PATH)
        return self._server.port

    async def stop(self) -> None:
        """Tell everyone to go elsewhere, let what was sent go out, and listen no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.close()

    # --- what a door leads to --------------------------------------------------------------------

    def router(self, environment: Environment) -> Router:
        """Give the environment's router."""
        router = self._routers.get(environment)
        if router is None:
            router = Router(
                environment,
                self._budget,
                linger_s=STREAM_LINGER_S,
                unix_time=self._now_s,
            )
            self._routers[environment] = router
        return router

    def came(self, door: Door) -> None:
        """Note a connection that is open."""
        self._doors.add(door)

    def link_opened(self, link: Link, environment: Environment, offer: Offer, peer: str) -> None:
        """Keep the newest link of each server (of each hub); close the one before."""
        speaker = offer.speaker
        before = self._links.get((environment, speaker))
        if before is not None:
            if self._offers[before][1].instance != offer.instance:
                self.events.link_replaced(environment, speaker, peer)
            before.replace(REPLACED)
        self._links[(environment, speaker)] = link
        self._offers[link] = (environment, offer)
        if offer.via:
            self._offer_anew(environment)

    def gone(self, door: Door, link: Link | None) -> None:
        """Forget a connection that has ended."""
        self._doors.discard(door)
        if link is not None:
            environment, offer = self._offers.pop(link)
            if offer.via:
                self._offer_anew(environment)
            for key in [key for key, value in self._links.items() if value is link]:
                del self._links[key]

    def via(self, environment: Environment) -> list[str]:
        """Give the hubs that this hub's lines of an environment pass, this one first."""
        offers = [offer for of, offer in self._offers.values() if of == environment]
        below = {name for offer in offers for name in offer.via}
        return [self.name, *sorted(below)]

    @property
    def offered_sources(self) -> int:
        """How many sources can be enabled now, in all environments."""
        return sum(len(router.sources) for router in self._routers.values())

    # --- inside ----------------------------------------------------------------------------------

    def _now_s(self) -> float:
        return self.unix_time()

    def _offer_anew(self, environment: Environment) -> None:
        """Tell the hubs above which hubs the lines pass now, so that no loop stays unseen."""
        if self._dialler is not None:
            self._dialler.reconnect(environment)

    def _make_uplink(self, ticket: OfferTicket, ended: Ended) -> Uplink:
        return Uplink(
            name=self.name,
            ticket=ticket,
            instance=self._instance,
            via=self.via(ticket.environment),
            sources=self.router,
            events=self.events,
            clock=self.clock,
            ended=ended,
        )

    def _accept(self, handshake: Handshake) -> Receiver | HttpAnswer:
        match handshake.path:
            case path if path == STREAM_PATH:
                return Door(self)
            case "/healthz":
                return HttpAnswer(200, b"ok\n")
            case "/metrics":
                return HttpAnswer(200, render(self.events.counters, self._gauges()))
        return HttpAnswer(404, b"not found\n")

    def _gauges(self) -> dict[str, int]:
        return {
            "connections": len(self._doors),
            "links": len(self._offers),
            "environments": len(self._routers),
            "sources": self.offered_sources,
            "ring_bytes": self._budget.stored_bytes,
            "converted_bytes": self.forms.kept_bytes,
        }

    async def _tick_on(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            try:
                self.tick()
            except Exception as failure:  # noqa: BLE001 - told; the next tick may do better
                self.events.mistake("doing what was due", failure)

    def tick(self) -> None:
        """Do what is due."""
        now_s = self.clock()
        for door in list(self._doors):
            try:
                door.tick(now_s)
            except Exception as failure:  # noqa: BLE001 - told; all others still live their lives
                self.events.mistake("looking after a connection", failure)
                door.drop()
        linked = {environment for environment, _ in self._offers.values()}
        for environment, router in list(self._routers.items()):
            router.tick(now_s)
            if router.idle and environment not in linked:
                del self._routers[environment]
