"""Receivers for tests of a transport: one that echoes, and one that notes all that happens."""

import asyncio

from logstream.transport.base import Connection, Refusal

ERROR = b'{"cmd":"error"}'


class NotingReceiver:
    """Notes what it is told, in order, as ``events``; ``until`` waits for it."""

    def __init__(self) -> None:
        self.events: list[tuple[object, ...]] = []
        self.refused_beginning = b""
        self._changed = asyncio.Event()

    def opened(self, connection: Connection) -> None:
        self.connection = connection
        self._note("opened")

    def received(self, message: bytes) -> None:
        self._note("received", message)

    def received_binary(self, message: bytes) -> None:
        self._note("received_binary", message)

    def received_all(self) -> None:
        self._note("received_all")

    def refused(self, refusal: Refusal, beginning: bytes) -> None:
        self._note("refused", refusal)
        self.refused_beginning = beginning

    def drained(self) -> None:
        self._note("drained")

    def closed(self, code: int, reason: str) -> None:
        self._note("closed", code, reason)

    @property
    def messages(self) -> list[object]:
        return [event[1] for event in self.events if event[0] == "received"]

    @property
    def names(self) -> list[object]:
        return [event[0] for event in self.events]

    async def until(
        self, name: str, *, count: int = 1, timeout_s: float = 5.0
    ) -> tuple[object, ...]:
        """Wait until ``name`` was noted ``count`` times, and give the event."""
        async with asyncio.timeout(timeout_s):
            while True:
                found = [event for event in self.events if event[0] == name]
                if len(found) >= count:
                    return found[count - 1]
                self._changed.clear()
                await self._changed.wait()

    def _note(self, *event: object) -> None:
        self.events.append(event)
        self._changed.set()


class EchoReceiver(NotingReceiver):
    """Sends each message back, and an ``error`` where a frame is refused."""

    def received(self, message: bytes) -> None:
        super().received(message)
        self.connection.send(message)

    def received_binary(self, message: bytes) -> None:
        super().received_binary(message)
        self.connection.send_binary(message)

    def refused(self, refusal: Refusal, beginning: bytes) -> None:
        super().refused(refusal, beginning)
        self.connection.send(ERROR)
