"""Hubs, logtailors and people joined in memory: every hop is the real one, but for its socket."""

import json
from typing import Any

from doubles.clocks import SettableClock
from doubles.joined import Network, Wire
from doubles.tailed import Tailed
from logstream.hub.config import HubConfig
from logstream.hub.service import Hub
from logstream.model.filter import NO_FILTER, Filter
from logstream.model.limits import HIGH_WATER_BYTES, RING_MAX_BYTES
from logstream.model.source import Environment, Source
from logstream.model.ticket import Role, Ticket, sign
from logstream.node.base import HistoryWanted, PageEnd
from logstream.node.door import Door
from logstream.node.ring import RingBudget
from logstream.node.uplink import OfferTicket, Uplink
from logstream.protocol.asking_extended import (
    AskingExtended,
    ChainBroke,
    GapCame,
    LinesCame,
    PageEnded,
    PageRefused,
    StreamBegan,
    StreamRefused,
)
from logstream.protocol.frame import ZSTD, decode_body, unpack
from logstream.protocol.messages import Available, Connected, Disconnected, Gap
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

    def received_binary(self, message: bytes) -> None:
        raise AssertionError("base sessions know text only")

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


class Reading:
    """What an ``ExtendedPerson`` has of one source."""

    def __init__(self, lines_filter: Filter) -> None:
        self.filter = lines_filter
        self.next: str | None = None
        """Where to go on; None before the first answer."""
        self.began: str | None = None
        """Where the first answer said that it begins."""
        self.lines: list[str] = []
        self.lost: list[Gap] = []


class ExtendedPerson:
    """Someone who watches with cursors: goes on from the last one, and fetches what is missing.

    Attributes:
        reading: What it has, by source; it outlives connections.
        errors: What was refused.
        pages: The pages that were asked for with ``history``, by id: their lines, then their end.
    """

    def __init__(self) -> None:
        self.reading: dict[Source, Reading] = {}
        self.errors: list[tuple[int, str]] = []
        self.pages: dict[int, list[str | PageEnd]] = {}
        self.told: list[tuple[str, str]] = []
        self.closes: list[tuple[int, str]] = []
        self.gaps = 0
        self._connection: Connection

    def opened(self, connection: Connection) -> None:
        self._connection = connection
        self._asking = AskingExtended(send=connection.send)
        self._offered: set[Source] = set()
        site, env = ENVIRONMENT
        signed = Ticket(role=Role.STREAM, site=site, env=env, subject="p", t=NOW_S)
        d = sign(signed, secret=SECRET)
        keys = {"cmd": "stream-environment", "site": site, "env": env, "t": NOW_S, "d": d}
        connection.send(json.dumps(keys).encode())

    def received(self, message: bytes, *, binary: bool = False) -> None:
        event = self._asking.receive(message, binary=binary)
        match event:
            case LinesCame() | GapCame() | StreamBegan():
                self._on_stream(event)
            case StreamRefused(_, _, code, description) | PageRefused(_, code, description):
                self.errors.append((code, description))
            case PageEnded(page, end):
                self.pages[page].append(end)
            case Connected(server=server):
                self.told.append(("connected", server))
            case Disconnected(server=server):
                self.told.append(("disconnected", server))
            case Available(server=server, type=log_type):
                self.told.append(("available", log_type))
                self._on_available(Source(server, log_type))
            case ChainBroke(source):
                raise AssertionError(f"a hub keeps the chain of {source}")

    def _on_stream(self, event: LinesCame | GapCame | StreamBegan) -> None:
        reading = self.reading[event.source]
        match event:
            case LinesCame(_, header, body):
                texts = [] if body is None else decode_body(unpack(body)).text
                assert len(texts) == header.n
                if header.id is not None:
                    self.pages[header.id] += texts
                    return
                assert header.after == reading.next
                reading.next = header.next
                reading.lines += texts
            case GapCame(source, gap) if gap.id is None:
                assert gap.after == reading.next
                if gap.reason == "slow":
                    self.gaps += 1
                    self._asking.go_back(source, gap.stream or "", gap.after)
                else:
                    reading.next = gap.next
                    reading.lost.append(gap)
            case StreamBegan(_, _, after, now_s):
                assert now_s is not None
                if reading.next is None:
                    reading.began = after
                else:
                    assert after == reading.next, "it begins where it was asked to"
                reading.next = after

    def received_binary(self, message: bytes) -> None:
        self.received(message, binary=True)

    def received_all(self) -> None: ...

    def refused(self, refusal: Refusal, beginning: bytes) -> None: ...

    def drained(self) -> None: ...

    def closed(self, code: int, reason: str) -> None:
        self.closes.append((code, reason))

    def enable(self, source: Source, lines_filter: Filter = NO_FILTER) -> None:
        """Begin with a source, or change its filter where it stands."""
        old = self.reading.get(source)
        if old is None:
            self.reading[source] = Reading(lines_filter)
            if source in self._offered:
                self._asking.enable(source, lines_filter)
        elif old.filter != lines_filter:
            replaced, old.filter = old.filter.stream, lines_filter
            self._asking.enable(source, lines_filter, replace=replaced)

    def ask(self, source: Source, **keys: Any) -> int:
        """Ask for a page; gives its id."""
        nothing: dict[str, Any] = dict.fromkeys(("after", "before", "since", "until"))
        wish = HistoryWanted(
            source,
            **{"filter": NO_FILTER, "id": 0, "limit": 1000, "back": False, **nothing, **keys},
        )
        page = self._asking.history(wish)
        self.pages[page] = []
        return page

    def keep_alive(self) -> None:
        self._asking.keepalive()

    def _on_available(self, source: Source) -> None:
        """Go on with what was had before this connection."""
        self._offered.add(source)
        reading = self.reading.get(source)
        key = (source, "" if reading is None else reading.filter.stream)
        if reading is not None and key not in self._asking.streams:
            self._asking.enable(source, reading.filter, after=reading.next)


class Hops:
    """A network of hubs, and what is joined to it."""

    def __init__(self, *, high_water_bytes: int = HIGH_WATER_BYTES) -> None:
        self.network = Network(high_water_bytes)
        self.clock = SettableClock()
        self.hubs: list[Hub] = []
        self.ends: list[tuple[int, str]] = []

    def hub(self, name: str, *, ring_bytes: int = RING_MAX_BYTES) -> Hub:
        hub = Hub(HubConfig(secret_file="none", name=name), secret=SECRET)
        hub._budget = RingBudget(ring_bytes=ring_bytes)
        hub.clock = self.clock
        hub.unix_time = SettableClock(float(NOW_S))
        self.hubs.append(hub)
        return hub

    def logtailor(
        self, hub: Hub, tailed: Tailed, *, instance: str = "i", subprotocol: str = ZSTD
    ) -> Wire:
        """Dial ``hub`` for a logtailor."""
        uplink = Uplink(
            name=tailed.server,
            ticket=offer_ticket(tailed.server),
            instance=instance,
            via=[],
            sources=lambda _: tailed,
            events=NodeEvents(),
            clock=self.clock,
            ended=self._ended,
        )
        return self.network.join(uplink, Door(hub), subprotocol=subprotocol)

    def dial(self, lower: Hub, upper: Hub) -> Wire:
        """Dial ``upper`` for ``lower``."""
        uplink = lower._make_uplink(offer_ticket("*"), self._ended)
        return self.network.join(uplink, Door(upper), subprotocol=ZSTD)

    def person(self, hub: Hub, *, env: str = "dev") -> Person:
        """Let someone watch at ``hub``."""
        person = Person(env=env)
        self.network.join(person, Door(hub))
        return person

    def watch(self, hub: Hub, person: ExtendedPerson, *, subprotocol: str = ZSTD) -> Wire:
        """Let someone with cursors watch at ``hub``."""
        return self.network.join(person, Door(hub), subprotocol=subprotocol)

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
