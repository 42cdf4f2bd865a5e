"""Hubs, logtailors and people joined in memory: every hop is the real one, but for its socket."""

import json
from typing import Any

from doubles.clocks import SettableClock
from doubles.joined import Network, Wire
from doubles.router_sides import RecordedDownstream
from logstream.hub.config import HubConfig
from logstream.hub.service import Hub
from logstream.model.source import Environment, Source
from logstream.model.ticket import Role, Ticket, sign
from logstream.node.batch import LineBatch
from logstream.node.door import Door
from logstream.node.ring import RingBudget
from logstream.node.router import Router
from logstream.node.uplink import OfferTicket, Uplink
from logstream.telemetry.events import NodeEvents
from logstream.transport.base import Connection, Refusal

SECRET = b"a secret of at least sixteen bytes"
ENVIRONMENT = Environment("devcloud:mysite", "dev")
NOW_S = 1_700_000_000


def offer_ticket(server: str, *, environment: Environment = ENVIRONMENT) -> OfferTicket:
    """Give a logtailor's (``*``: a hub's) signed offer."""
    site, env = environment
    signed = Ticket(role=Role.OFFER, site=site, env=env, server=server, subject="k", t=NOW_S)
    return OfferTicket(environment, server, NOW_S, sign(signed, secret=SECRET), ())


class Person:
    """Someone who watches, as a receiver; ``heard`` is all that came."""

    def __init__(self, *, env: str = "dev") -> None:
        self.env = env
        self.heard: list[dict[str, Any]] = []
        self.closes: list[tuple[int, str]] = []
        self._connection: Connection

    def opened(self, connection: Connection) -> None:
        self._connection = connection
        site = ENVIRONMENT.site
        signed = Ticket(role=Role.STREAM, site=site, env=self.env, subject="p", t=NOW_S)
        d = sign(signed, secret=SECRET)
        self.say("stream-environment", site=site, env=self.env, t=NOW_S, d=d)

    def received(self, message: bytes) -> None:
        self.heard.append(json.loads(message))

    def received_all(self) -> None: ...

    def refused(self, refusal: Refusal, beginning: bytes) -> None: ...

    def drained(self) -> None: ...

    def closed(self, code: int, reason: str) -> None:
        self.closes.append((code, reason))

    def say(self, cmd: str, **keys: Any) -> None:
        self._connection.send(json.dumps({"cmd": cmd, **keys}).encode())

    def enable(self, source: Source) -> None:
        self.say("enable", type=source.log_type, server=source.server)

    def disable(self, source: Source) -> None:
        self.say("disable", type=source.log_type, server=source.server)

    def take(self) -> list[dict[str, Any]]:
        """Give what was heard since the last time."""
        heard, self.heard = self.heard, []
        return heard

    def texts(self) -> list[str]:
        """Give the lines heard since the last time."""
        return [message["text"] for message in self.take() if message["cmd"] == "line"]


class Tailed(RecordedDownstream):
    """A logtailor with no files: it answers each enable at once, and writes what a test says."""

    def __init__(self, server: str, *log_types: str) -> None:
        super().__init__()
        self.server = server
        self.router = Router(ENVIRONMENT, RingBudget(), linger_s=0.0)
        self.answers = True
        self.router.server_connected(server, self)
        for log_type in log_types:
            self.router.available(Source(server, log_type), log_type, self)

    def enable(self, source: Source) -> None:
        super().enable(source)
        if self.answers:
            self.router.acknowledged(source, self)

    def write(self, log_type: str, *texts: str) -> None:
        line = {"cmd": "line", "log_type": log_type, "server": self.server}
        messages = [json.dumps({**line, "text": text}).encode() for text in texts]
        self.router.lines(Source(self.server, log_type), LineBatch(messages), self)


class Hops:
    """A network of hubs, and what is joined to it."""

    def __init__(self) -> None:
        self.network = Network()
        self.clock = SettableClock()
        self.hubs: list[Hub] = []
        self.ends: list[tuple[int, str]] = []

    def hub(self, name: str) -> Hub:
        hub = Hub(HubConfig(secret_file="none", name=name), secret=SECRET)
        hub.clock = self.clock
        hub.unix_time = SettableClock(float(NOW_S))
        self.hubs.append(hub)
        return hub

    def logtailor(self, hub: Hub, tailed: Tailed, *, instance: str = "i") -> Wire:
        """Dial ``hub`` for a logtailor."""
        uplink = Uplink(
            name=tailed.server,
            ticket=offer_ticket(tailed.server),
            instance=instance,
            via=[],
            router=lambda _: tailed.router,
            events=NodeEvents(),
            clock=self.clock,
            ended=self._ended,
        )
        return self.network.join(uplink, Door(hub))

    def dial(self, lower: Hub, upper: Hub) -> Wire:
        """Dial ``upper`` for ``lower``."""
        uplink = lower._make_uplink(offer_ticket("*"), self._ended)
        return self.network.join(uplink, Door(upper))

    def person(self, hub: Hub, *, env: str = "dev") -> Person:
        """Let someone watch at ``hub``."""
        person = Person(env=env)
        self.network.join(person, Door(hub))
        return person

    def settle(self) -> None:
        self.network.settle()

    def wait(self, by_s: float) -> None:
        """Let time pass, second by second, as the hubs' clocks tick."""
        for _ in range(int(by_s)):
            self.clock.advance(1)
            for hub in self.hubs:
                hub.tick()
            self.settle()

    def _ended(self, code: int, reason: str) -> None:
        self.ends.append((code, reason))
