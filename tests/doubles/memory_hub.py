"""A hub in memory, as a client's stream sees one: no sockets, but the real answering side.

Each connection answers with `protocol/answering.py`. What the hub says waits until ``deliver`` or,
on an event loop, until its next turn; all that waits makes one read.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from logstream.errors import ConnectionFailed
from logstream.model.source import Source, display_name
from logstream.protocol import codec
from logstream.protocol.answering import Answering
from logstream.protocol.opening import read_opening
from logstream.protocol.wishes import EnableWanted
from logstream.transport.base import Connection, Receiver

HUB = "logstream-hub-1"


def line(source: Source, text: str, **keys: Any) -> bytes:
    """A ``line`` message."""
    return msgspec.json.encode(
        {
            "cmd": "line",
            "log_type": source.log_type,
            "type": source.log_type,
            "server": source.server,
            "unix_time": 1404764933,
            "disp_time": "2014-07-07 20:28:53",
            "text": text,
            **keys,
        }
    )


class HubSide:
    """One connection; what the client holds of it is a `transport.base.Connection`."""

    def __init__(self, hub: "MemoryHub", receiver: Receiver) -> None:
        self.hub = hub
        self.receiver = receiver
        self.peer = "192.0.2.1:443"
        self.subprotocol: str | None = None
        self.writable = True
        self.heard: list[dict[str, Any]] = []
        self.paused = False
        self.open = True
        self.closed_with: int | None = None
        self._waiting: list[bytes] = []
        self._answering: Answering | None = None
        self.say(msgspec.json.encode({"cmd": "connected", "server": HUB}))

    def is_paused(self) -> bool:
        """Whether the client wants us to wait."""
        return self.paused

    # --- the client's side ------------------------------------------------------------------------

    def send(self, message: bytes) -> None:
        self.heard.append(msgspec.json.decode(message))
        if self._answering is None:
            self._open(message)
            return
        request = self._answering.receive(message)
        if isinstance(request, EnableWanted):
            self._answering.enabled(request, after="", now_s=0.0)

    def send_binary(self, message: bytes) -> None:
        raise NotImplementedError

    def send_all(self, messages: Sequence[bytes]) -> None:
        for message in messages:
            self.send(message)

    def send_framed(self, frames: bytes) -> None:
        raise NotImplementedError

    def set_message_limit(self, limit_bytes: int) -> None: ...

    def pause_reading(self) -> None:
        self.paused = True
        self.hub.happened()

    def resume_reading(self) -> None:
        self.paused = False
        self._soon()

    def close(self, code: int, reason: str = "") -> None:
        self.closed_with = code
        self.lose(code, reason)

    def fail(self, code: int, reason: str = "") -> None:
        self.close(code, reason)

    def abort(self) -> None:
        self.lose()

    # --- the test's side --------------------------------------------------------------------------

    def say(self, *messages: bytes) -> None:
        """Send messages to the client."""
        self._waiting += messages
        self._soon()

    def deliver(self) -> None:
        """Give the client all that waits, as one read."""
        if self.open and not self.paused and self._waiting:
            messages, self._waiting = self._waiting, []
            for message in messages:
                self.receiver.received(message)
            self.receiver.received_all()

    def lose(self, code: int = 1006, reason: str = "") -> None:
        """End the connection."""
        if self.open:
            self.deliver()
        if self.open:
            self.open = False
            self.receiver.closed(code, reason)

    def offer(self, sources: Iterable[Source]) -> None:
        """Offer sources that came later."""
        assert self._answering is not None
        for source in sources:
            self._answering.server_connected(source.server)
            self._answering.available(source, display_name(source.log_type))

    def enabled(self) -> list[Source]:
        """The sources that the client asked for, in order."""
        return [
            Source(each["server"], each["type"]) for each in self.heard if each["cmd"] == "enable"
        ]

    def _open(self, message: bytes) -> None:
        read_opening(message)
        if self.hub.refusals:
            code = self.hub.refusals.pop(0)
            during = codec.as_during(message)
            self.say(codec.error(code, "bad ticket", during=during, server=HUB))
            self.say()
            if code != 401:  # some hubs close by themselves, some leave it to the client
                self.deliver()
                self.lose(1008)
            return
        self._answering = Answering(name=HUB, send=self.say)
        self.offer(self.hub.sources)

    def _soon(self) -> None:
        try:
            asyncio.get_running_loop().call_soon(self.deliver)
        except RuntimeError:
            return  # no event loop: the test delivers


class MemoryHub:
    """Accepts connections; ``connect`` is what a stream opens them with.

    Attributes:
        sources: What it offers.
        refusals: Codes with which it refuses the next tickets.
        failures: How the next attempts to connect fail.
        happened: Called after a connection was opened or paused.
    """

    def __init__(self, *sources: Source) -> None:
        self.sources = list(sources)
        self.refusals: list[int] = []
        self.failures: list[str] = []
        self.happened: Callable[[], None] = lambda: None
        self.connections: list[HubSide] = []

    async def connect(
        self,
        url: str,
        receiver: Receiver,
        *,
        open_timeout_s: float,
        max_message_bytes: int,
        subprotocols: Sequence[str],
    ) -> Connection:
        assert not subprotocols  # a service that knows none is offered none
        assert url
        assert open_timeout_s > 0
        assert max_message_bytes > 0
        if self.failures:
            raise ConnectionFailed(self.failures.pop(0))
        side = HubSide(self, receiver)
        self.connections.append(side)
        self.happened()
        receiver.opened(side)
        return side

    @property
    def last(self) -> HubSide:
        """The newest connection."""
        return self.connections[-1]
