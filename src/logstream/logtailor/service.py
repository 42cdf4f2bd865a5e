"""The logtailor as a service: follows files, dials the hubs, offers.

It only dials out. Its server's name and its environments are those of its key's tickets; a source
in an environment that the key does not grant is said in the log and offered to nobody.
"""

import asyncio
import functools
import logging
import secrets
import ssl
import time

from logstream.formats.catalogue import KNOWN_FORMATS, Catalogue
from logstream.logtailor.config import SourceConfig, by_environment
from logstream.logtailor.files import FileSources
from logstream.logtailor.flow import Surroundings
from logstream.model.limits import POLL_ONLY_INTERVAL_S
from logstream.model.source import Environment
from logstream.node.dialler import AskOffers, Dialler, Ended
from logstream.node.uplink import OfferTicket, Uplink
from logstream.protocol.frame import PROTOCOLS
from logstream.tail.watch import Watcher
from logstream.telemetry.events import NodeEvents
from logstream.transport.picows_client import connect

_log = logging.getLogger("logstream")


class Logtailor:
    """One logtailor; ``start`` it in a running event loop.

    Args:
        sources: What is offered.
        offers: Asks the Cloud API for fresh tickets; raises a ``LogstreamError`` where it cannot.
        tls: What to trust of hubs that speak ``wss``; None: what the system trusts.
        formats: How the log types are written and called.
    """

    def __init__(
        self,
        sources: list[SourceConfig],
        *,
        offers: AskOffers,
        tls: ssl.SSLContext | None = None,
        formats: Catalogue = KNOWN_FORMATS,
    ) -> None:
        self._sources = sources
        self._ask = offers
        self.events = NodeEvents()
        self._instance = secrets.token_hex(8)
        self._watcher = Watcher()
        self._around = Surroundings(
            watcher=self._watcher,
            events=self.events,
            unix_time=time.time,
            clock=time.monotonic,
            formats=formats,
        )
        self._files: dict[Environment, FileSources] = {}
        self._ungranted: set[Environment] = set()
        self._told_polling = False
        self._running: asyncio.Task[None] | None = None
        self._dialler = Dialler(
            offers=self._offers,
            make_uplink=self._make_uplink,
            connect=functools.partial(connect, tls=tls, subprotocols=PROTOCOLS),
            events=self.events,
            clock=time.monotonic,
        )

    async def start(self) -> None:
        """Dial the hubs, and keep the links."""
        self._running = asyncio.create_task(self._dialler.run())

    async def stop(self) -> None:
        """Close the links and let go of the files."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])
        for files in self._files.values():
            files.close()

    async def _offers(self) -> list[OfferTicket]:
        """Ask for tickets; keep those for environments that there are files for."""
        tickets = await self._ask()
        for ticket in tickets:
            if ticket.environment not in self._files:
                self._open_environment(ticket)
        self._tell_ungranted({ticket.environment for ticket in tickets})
        self._tell_polling()
        return [ticket for ticket in tickets if ticket.environment in self._files]

    def _tell_ungranted(self, granted: set[Environment]) -> None:
        configured = {Environment(source.site, source.environment) for source in self._sources}
        for environment in configured - granted - self._ungranted:
            _log.warning("this key grants no %s %s: nothing is offered there", *environment)
        self._ungranted = configured - granted

    def _tell_polling(self) -> None:
        if self._watcher.polling_only and not self._told_polling:
            self._told_polling = True
            _log.warning(
                "there is no inotify, or no more of it (fs.inotify.max_user_watches): files are"
                " looked at every %g s instead",
                POLL_ONLY_INTERVAL_S,
            )

    def _open_environment(self, ticket: OfferTicket) -> None:
        environment = ticket.environment
        paths = by_environment(self._sources, server=ticket.server).get(environment)
        if paths is not None:
            self._files[environment] = FileSources(
                server=ticket.server, paths=paths, around=self._around
            )

    def _make_uplink(self, ticket: OfferTicket, ended: Ended) -> Uplink:
        return Uplink(
            name=ticket.server,
            ticket=ticket,
            instance=self._instance,
            via=[],
            sources=self._files.__getitem__,
            events=self.events,
            clock=time.monotonic,
            ended=ended,
        )
