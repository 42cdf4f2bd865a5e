"""Keeps one link for each environment to each hub: dials, renews, and dials again.

Connection details are asked for anew for each connect and for each renewal, so that a revoked key
ends here too. Waits grow and are jittered, so that a restarted hub is not met by all at once.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from logstream.errors import LogstreamError
from logstream.model.backoff import Backoff
from logstream.model.limits import OFFERS_REFRESH_S, REPLACED_WAIT_S
from logstream.model.source import Environment
from logstream.node.uplink import OfferTicket, Uplink
from logstream.protocol.closing import REPLACED
from logstream.telemetry.events import NodeEvents

#: Details this young are good for another link: many links reconnect at the same time.
FRESH_S: Final = 5.0
TICK_S: Final = 1.0

Ended = Callable[[int, str], None]
AskOffers = Callable[[], Awaitable[Sequence[OfferTicket]]]


class Dialler:
    """The links of one process.

    Args:
        offers: Asks the Cloud API for fresh tickets; raises a ``LogstreamError`` where it cannot.
        make_uplink: Makes the receiver of one connection; it calls ``Ended`` once at its end.
        connect: Opens a connection to a hub's URL for a receiver.
        events: For the log.
        clock: Gives seconds that never jump.
    """

    def __init__(
        self,
        *,
        offers: AskOffers,
        make_uplink: Callable[[OfferTicket, Ended], Uplink],
        connect: Callable[[str, Uplink], Awaitable[object]],
        events: NodeEvents,
        clock: Callable[[], float],
    ) -> None:
        self._ask = offers
        self._make_uplink = make_uplink
        self._connect = connect
        self._events = events
        self._clock = clock
        self._tickets: dict[Environment, OfferTicket] = {}
        self._asked_at_s: float | None = None
        self._asking = asyncio.Lock()
        self._links: dict[tuple[Environment, str], asyncio.Task[None]] = {}
        self._uplinks: dict[Uplink, Environment] = {}

    async def run(self) -> None:
        """Keep the links until cancelled; then close them."""
        backoff = Backoff(random.uniform)
        try:
            while True:
                try:
                    await self._refresh()
                except LogstreamError as error:
                    wait_s = backoff.next_wait_s()
                    self._events.offers_unavailable(str(error), wait_s)
                except Exception as failure:  # noqa: BLE001 - told; the links go on
                    wait_s = backoff.next_wait_s()
                    self._events.mistake("asking for connection details", failure)
                else:
                    backoff.reset()
                    wait_s = OFFERS_REFRESH_S
                    self._follow_offers()
                await asyncio.sleep(wait_s)
        finally:
            for uplink in list(self._uplinks):
                uplink.close()
            tasks = list(self._links.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def reconnect(self, environment: Environment) -> None:
        """Close an environment's links, so that they are offered anew."""
        for uplink, of in list(self._uplinks.items()):
            if of == environment:
                uplink.close()

    # --- inside ----------------------------------------------------------------------------------

    async def _refresh(self) -> None:
        """Ask for tickets, unless those at hand are fresh."""
        async with self._asking:
            if self._asked_at_s is None or self._clock() - self._asked_at_s > FRESH_S:
                tickets = await self._ask()
                self._tickets = {ticket.environment: ticket for ticket in tickets}
                self._asked_at_s = self._clock()

    def _follow_offers(self) -> None:
        """Open links for what is new; end those for what may no longer be offered."""
        wanted = {
            (environment, hub)
            for environment, ticket in self._tickets.items()
            for hub in ticket.hubs
        }
        for key, task in list(self._links.items()):
            if key not in wanted:
                task.cancel()
                del self._links[key]
        for key in wanted - self._links.keys():
            self._links[key] = asyncio.create_task(self._keep_link(*key))

    async def _keep_link(self, environment: Environment, hub: str) -> None:
        backoff = Backoff(random.uniform)
        while True:
            try:
                code, reason, was_accepted = await self._hold_link(environment, hub)
            except Exception as failure:  # noqa: BLE001 - told; the next try may do better
                self._events.mistake("holding a link", failure)
                code, reason, was_accepted = 0, "a mistake of ours", False
            if was_accepted:
                backoff.reset()
            wait_s = backoff.next_wait_s()
            if code == REPLACED:
                wait_s = REPLACED_WAIT_S
                self._events.uplink_replaced(environment, hub, wait_s)
            else:
                self._events.uplink_lost(environment, hub, reason, wait_s)
            await asyncio.sleep(wait_s)

    async def _hold_link(self, environment: Environment, hub: str) -> tuple[int, str, bool]:
        """Hold one connection for as long as it lasts; give its close code and reason."""
        ended: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()

        def end(code: int, reason: str) -> None:
            if not ended.done():
                ended.set_result((code, reason))

        uplink: Uplink | None = None
        try:
            await self._refresh()
            ticket = self._tickets.get(environment)
            if ticket is None:
                return 0, "this key may no longer offer it", False
            uplink = self._make_uplink(ticket, end)
            self._uplinks[uplink] = environment
            await self._connect(hub, uplink)
            code, reason = await self._renew_until(ended, uplink, environment)
        except LogstreamError as error:
            return 0, str(error), uplink is not None and uplink.accepted
        finally:
            if uplink is not None:
                uplink.close()
                self._uplinks.pop(uplink, None)
        return code, reason, uplink.accepted

    async def _renew_until(
        self, ended: asyncio.Future[tuple[int, str]], uplink: Uplink, environment: Environment
    ) -> tuple[int, str]:
        while not ended.done():
            await asyncio.wait([ended], timeout=TICK_S)
            uplink.tick(self._clock())
            if not ended.done() and self._clock() >= uplink.renew_at_s:
                await self._renew(uplink, environment)
        return ended.result()

    async def _renew(self, uplink: Uplink, environment: Environment) -> None:
        uplink.renew_at_s = self._clock() + OFFERS_REFRESH_S
        try:
            await self._refresh()
        except LogstreamError as error:
            self._events.offers_unavailable(str(error), OFFERS_REFRESH_S)
            return
        ticket = self._tickets.get(environment)
        if ticket is not None:
            uplink.renew(ticket)
