"""A hub in memory with one connection to it, to play the examples of the protocol's reference.

Hub, doors, sessions, links and routers are the real ones; sockets, files and clocks are not.
An example is lines: ``-> `` what is sent to the hub, ``<- `` what comes back, ``== `` what happens
elsewhere meanwhile. A line that begins with a space goes on with the line before.
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from doubles.router_sides import RecordedUpstream
from logstream.formats.catalogue import format_for
from logstream.hub.config import HubConfig
from logstream.hub.service import Hub
from logstream.model.filter import Filter
from logstream.model.source import Environment, Source, display_name
from logstream.node.base import EnableWanted, HistoryWanted
from logstream.node.batch import LinesFrame
from logstream.node.door import Door
from logstream.node.fetch import PageSink
from logstream.protocol.frame import PLAIN
from logstream.protocol.messages import LinesBody
from logstream.transport.assembly import TOO_BIG, UNSUPPORTED
from logstream.transport.base import Refusal

HUB: Final = "logstream-hub-1"
SECRET: Final = b"an example secret, 32 bytes long"
NOW_S: Final = 1795425242
ENVIRONMENT: Final = Environment("example:mysite", "prod")

_STEP: Final = re.compile(r"(->|<-|==) (.*)", re.DOTALL)
_CLOSES: Final = {Refusal.BINARY: UNSUPPORTED, Refusal.TOO_BIG: TOO_BIG}


class Wire:
    """The connection: keeps what the hub says until the example has told it."""

    def __init__(self) -> None:
        self.peer = "192.0.2.1:50000"
        self.subprotocol: str | None = None
        self.writable = True
        self.limit_bytes = 0
        self.said: list[Any] = []
        self.close_reason = ""
        self.receiver: Door

    def send(self, message: bytes) -> None:
        if self.writable:
            head, _, body = message.partition(b"\n")
            self.said.append(json.loads(head))
            if body:
                self.said.append(json.loads(body))

    def send_binary(self, message: bytes) -> None:
        raise AssertionError("the examples are text")

    def send_all(self, messages: Sequence[bytes]) -> None:
        for message in messages:
            self.send(message)

    def send_framed(self, frames: bytes) -> None:
        while frames:
            header_bytes = {126: 4, 127: 10}.get(frames[1], 2)
            length = int.from_bytes(frames[2:header_bytes], "big") or frames[1]
            self.send(frames[header_bytes : header_bytes + length])
            frames = frames[header_bytes + length :]

    def set_message_limit(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def close(self, code: int, reason: str = "") -> None:
        if self.writable:
            self.writable = False
            self.said.append(f"close {code}")
            self.close_reason = reason
            self.receiver.closed(code, reason)

    def fail(self, code: int, reason: str = "") -> None:
        self.close(code, reason)

    def abort(self) -> None:
        self.close(1006)


class Files:
    """The servers' files as the hub's router sees them: each enable is answered at once."""

    waits = False

    def __init__(self, hub: Hub) -> None:
        self._router = hub.router(ENVIRONMENT)
        self._ends: dict[Source, int] = {}
        """Where the lines of each source end."""

    def enable(
        self, source: Source, lines_filter: Filter, *, after: str | None, within: int | None
    ) -> None:
        begin = f"A:{self._ends.setdefault(source, 0)}" if after is None else after
        now_s = self._router.unix_time()
        self._router.began(source, lines_filter.stream, self, after=begin, now_s=now_s)

    def disable(self, source: Source, stream: str) -> None: ...

    def history(self, wish: HistoryWanted, sink: PageSink) -> None: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def write(self, source: Source, body: LinesBody) -> None:
        begin = self._ends.get(source, 0)
        end = self._ends[source] = begin + sum(len(text.encode()) + 1 for text in body.text)
        body.at = [begin]
        after, next_ = f"A:{begin}", f"A:{end}"
        self._router.frame(LinesFrame(source, "", body, after=after, next=next_, gen=0), self)


class Onlooker(RecordedUpstream):
    """Somebody else who watches, so that the hub asks a link for lines."""


class Stage:
    """A hub, its surroundings, and the connection that an example is about."""

    def __init__(self) -> None:
        self.hub = Hub(HubConfig(secret_file="", name=HUB), secret=SECRET)
        self.elapsed_s = 0.0
        self.hub.clock = lambda: self.elapsed_s
        self.hub.unix_time = lambda: NOW_S + self.elapsed_s + self._later_s
        self._later_s = 0
        self._files: dict[str, Files] = {}
        self._onlooker = Onlooker()
        self.wire = Wire()
        self.door = Door(self.hub)
        self.wire.receiver = self.door
        self.door.opened(self.wire)

    def play(self, example: str) -> None:
        """Play an example; what the hub says must be what it shows, and nothing else."""
        for kind, text in steps_of(example):
            if kind == "->":
                self.door.received(text.encode())
                self.door.received_all()
            elif kind == "==":
                self._happen(text)
            else:
                expected = text if text.startswith("close ") else json.loads(text)
                assert self.wire.said, f"the hub says nothing more, not {text}"
                assert self.wire.said.pop(0) == expected
        assert self.wire.said == []

    # --- what happens elsewhere ------------------------------------------------------------------

    def _happen(self, event: str) -> None:
        for pattern, action in self._events.items():
            if found := re.fullmatch(pattern, event):
                action(self, *found.groups())
                return
        raise AssertionError(f"the stage knows no event {event!r}")

    def _offers(self, server: str, log_types: str) -> None:
        router = self.hub.router(ENVIRONMENT)
        files = self._files[server] = Files(self.hub)
        router.server_connected(server, files)
        for log_type in re.split(r", | and ", log_types):
            router.available(Source(server, log_type), display_name(log_type), files)

    def _leaves(self, server: str) -> None:
        self.hub.router(ENVIRONMENT).downstream_left(self._files.pop(server))

    def _writes(self, server: str, log_type: str, text: str) -> None:
        source, now_s = Source(server, log_type), self.hub.unix_time()
        columns = format_for(log_type).columns([text], now_s=now_s)
        body = LinesBody(
            at=[0],
            unix_time=columns.unix_time,
            http_status=columns.http_status,
            request_id=columns.request_id,
            text=[text],
        )
        self._files[server].write(source, body)

    def _enables(self, log_type: str, server: str) -> None:
        router = self.hub.router(ENVIRONMENT)
        router.join(self._onlooker)
        router.enable(self._onlooker, EnableWanted(Source(server, log_type)))

    def _stops(self) -> None:
        router = self.hub.router(ENVIRONMENT)
        router.leave(self._onlooker, now_s=self.elapsed_s)

    def _is_later(self, count: str) -> None:
        """Set the time of day only, as if the connection had been made then."""
        self._later_s = int(count)

    def _passes(self, count: str, unit: str) -> None:
        self.elapsed_s += int(count) * {"s": 1, "hour": 3600}[unit]
        self.hub.router(ENVIRONMENT).tick(self.elapsed_s)
        self.door.tick(self.elapsed_s)

    def _refuse(self, refusal: Refusal, beginning: str) -> None:
        self.door.refused(refusal, beginning.encode())
        self.wire.close(_CLOSES[refusal])

    def _too_long(self, size_bytes: str, beginning: str) -> None:
        assert int(size_bytes) > self.wire.limit_bytes
        self._refuse(Refusal.TOO_BIG, beginning)

    def _replaced(self) -> None:
        other = Stage.__new__(Stage)  # another connection to the same hub
        other.hub, other.wire, other.door = self.hub, Wire(), Door(self.hub)
        other.wire.receiver = other.door
        other.wire.subprotocol = PLAIN
        other.door.opened(other.wire)
        other.door.received(json.dumps(OFFER).encode())

    _events: Final[dict[str, Callable[..., None]]] = {
        r"(\S+) offers (.+)": _offers,
        r"(\S+) leaves": _leaves,
        r"(\S+) writes to (\S+): (.*)": _writes,
        r"somebody enables (\S+) on (\S+)": _enables,
        r"nobody watches any more": _stops,
        r"(\d+) (s|hour)s? pass(?:es)?": _passes,
        r"it is (\d+) s later": _is_later,
        r"a binary frame is sent: (.*)": lambda stage, it: stage._refuse(Refusal.BINARY, it),
        r"a message of (\d+) bytes is sent, of which this has come: (.*)": _too_long,
        r"another process offers srv-6": _replaced,
    }


SIGNED: Final = {
    "site": "example:mysite",
    "env": "prod",
    "t": NOW_S,
    "d": "3d390ef0dddb183d4af2c325a4f6e854f6443b98c55d2870d97aaa454a37407e.ann",
}
"""What ann shows."""
OFFER: Final = {
    "cmd": "offer",
    "site": "example:mysite",
    "env": "prod",
    "server": "srv-6",
    "instance": "5f0c",
    "t": NOW_S,
    "d": "129478dee106c76cc2940fea073cde63d833df6cb2d8d976609eeab06461ad8a.srv-6-key",
}
"""What srv-6 shows."""


def open_session(stage: Stage) -> None:
    """Let ann in; srv-6 is there."""
    stage._offers("srv-6", "apache-request and php-error")
    stage.door.received(json.dumps({"cmd": "stream-environment", **SIGNED}).encode())
    stage.wire.said.clear()


def dial_link(stage: Stage) -> None:
    """Let a logtailor connect, and say nothing yet."""
    stage.wire.subprotocol = PLAIN


def open_link(stage: Stage) -> None:
    """Let srv-6 in; it has two sources."""
    stage.wire.subprotocol = PLAIN
    reports = [{"cmd": "connected", "server": "srv-6"}] + [
        {"cmd": "available", "type": log_type, "display_type": name, "server": "srv-6"}
        for log_type, name in (("apache-request", "Apache request"), ("php-error", "PHP error"))
    ]
    for message in (OFFER, *reports):
        stage.door.received(json.dumps(message).encode())
        stage.door.received_all()
    stage.wire.said.clear()


def steps_of(example: str) -> list[tuple[str, str]]:
    """Take an example apart: what kind each step is, and its text."""
    joined = re.sub(r"\n +", " ", example)
    steps: list[tuple[str, str]] = []
    for line in joined.splitlines():
        found = _STEP.fullmatch(line)
        assert found, f"no step: {line!r}"
        steps.append((found[1], found[2]))
    return steps
