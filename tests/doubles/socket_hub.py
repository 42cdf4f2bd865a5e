"""A hub on a real socket, on a thread of its own: says to clients exactly what a test wants."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from doubles.memory_hub import HUB
from logstream.model.source import Source, display_name
from logstream.protocol.answering import Answering
from logstream.protocol.wishes import EnableWanted
from logstream.transport.base import Connection, Receiver, Refusal
from logstream.transport.handshake import Handshake
from logstream.transport.picows_server import Server, serve

T = TypeVar("T")


class _Visitor:
    """One client's connection."""

    def __init__(self, hub: "SocketHub") -> None:
        self._hub = hub
        self._answering: Answering | None = None
        self._waiting: deque[bytes] = deque()
        self.connection: Connection

    def opened(self, connection: Connection) -> None:
        self.connection = connection
        connection.send(msgspec.json.encode({"cmd": "connected", "server": HUB}))

    def received(self, message: bytes) -> None:
        if self._answering is None:
            self._hub.tickets.append(msgspec.json.decode(message))
            self._answering = Answering(name=HUB, send=self.connection.send)
            for source in self._hub.sources:
                self._answering.server_connected(source.server)
                self._answering.available(source, display_name(source.log_type))
            return
        request = self._answering.receive(message)
        if isinstance(request, EnableWanted):
            self._answering.enabled(request, after="", now_s=0.0)
            self._hub.flows(self)

    def received_binary(self, message: bytes) -> None: ...

    def received_all(self) -> None: ...

    def refused(self, refusal: Refusal, beginning: bytes) -> None: ...

    def drained(self) -> None:
        self.say(())

    def say(self, messages: Iterable[bytes]) -> None:
        """Send as far as the client reads; the rest waits."""
        self._waiting.extend(messages)
        while self._waiting and self.connection.writable:
            self.connection.send(self._waiting.popleft())

    def closed(self, code: int, reason: str) -> None:
        self._hub.left(self, code)


class SocketHub:
    """Offers ``sources`` to whoever comes.

    Attributes:
        tickets: The ``stream-environment`` of each connection.
        codes: The close codes of connections that have ended.
    """

    def __init__(self, *sources: Source) -> None:
        self.sources = sources
        self.tickets: list[dict[str, object]] = []
        self.codes: list[int] = []
        self._visitors: set[_Visitor] = set()
        self._flowing: list[_Visitor] = []
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: Server

    @property
    def url(self) -> str:
        return f"{self._server.url}/ah_websocket/logstream/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            serve(self._accept, host="127.0.0.1", port=0), self._loop
        ).result(5)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        closing = self._server.close(drain_s=0.1)
        asyncio.run_coroutine_threadsafe(closing, self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def say(self, *messages: bytes) -> None:
        """Send messages to every client for whom a source flows."""

        def send() -> None:
            for visitor in self._visitors:
                visitor.say(messages)

        self._call(send)

    def drop(self) -> None:
        """End every connection without a word."""

        def drop() -> None:
            for visitor in tuple(self._visitors):
                visitor.connection.abort()

        self._call(drop)

    def wait_until_flowing(self, times: int = 1) -> None:
        """Wait until ``times`` sources flow."""
        self._wait(lambda: len(self._flowing) >= times)

    def wait_until_left(self, times: int = 1) -> None:
        """Wait until ``times`` connections have ended."""
        self._wait(lambda: len(self.codes) >= times)

    def flows(self, visitor: _Visitor) -> None:
        with self._changed:
            self._visitors.add(visitor)
            self._flowing.append(visitor)
            self._changed.notify_all()

    def left(self, visitor: _Visitor, code: int) -> None:
        with self._changed:
            self._visitors.discard(visitor)
            self._flowing = [each for each in self._flowing if each is not visitor]
            self.codes.append(code)
            self._changed.notify_all()

    def _accept(self, handshake: Handshake) -> Receiver:
        assert handshake
        return _Visitor(self)

    def _wait(self, true: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(true, 15)

    def _call(self, action: Callable[[], T]) -> T:
        async def call() -> T:
            return action()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(5)
