"""Real peers joined in memory: two sides of a dialogue, or a door and an uplink without a socket.

What one end sends waits on its way until it is carried, so that a test decides how far the other
side lags.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from doubles.connections import unframe_all
from logstream.model.limits import HIGH_WATER_BYTES
from logstream.protocol.answering import Answering
from logstream.protocol.asking import Asking, Event
from logstream.protocol.frame import ZSTD
from logstream.protocol.messages import Line
from logstream.protocol.wishes import Request
from logstream.transport.base import Receiver


class JoinedDialogue:
    """Both sides of the dialogue, and the messages on their way.

    ``wanted`` is told of each request that the answering side has for its node.
    """

    def __init__(self, *, name: str = "srv-1", wanted: Callable[[Request], None]) -> None:
        self.down: deque[bytes] = deque()
        self.up: deque[bytes] = deque()
        self.heard: list[Event | Line] = []
        self.carried_up: list[bytes] = []
        self._wanted = wanted
        self.asking = Asking(send=self.down.append, line=Line)
        self.answering = Answering(name=name, send=self.up.append)

    def carry_down(self, messages: int | None = None) -> None:
        """Let the answering side receive what waits, or the first few of it."""
        for _ in range(len(self.down) if messages is None else min(messages, len(self.down))):
            request = self.answering.receive(self.down.popleft())
            if request is not None:
                self._wanted(request)

    def carry_up(self, messages: int | None = None) -> list[Event | Line]:
        """Let the asking side receive what waits, or the first few; give what it made of it."""
        heard: list[Event | Line] = []
        for _ in range(len(self.up) if messages is None else min(messages, len(self.up))):
            self.carried_up.append(self.up.popleft())
            event = self.asking.receive(self.carried_up[-1])
            if event is not None:
                heard.append(event)
        self.heard += heard
        return heard


class Text(NamedTuple):
    """A text message on its way."""

    payload: bytes


class Binary(NamedTuple):
    """A binary message on its way."""

    payload: bytes


class Closing(NamedTuple):
    """The last thing on its way."""

    code: int
    reason: str


class End:
    """One end's ``transport.base.Connection``."""

    def __init__(
        self,
        receiver: Receiver,
        *,
        peer: str,
        subprotocol: str | None = None,
        high_water_bytes: int = HIGH_WATER_BYTES,
    ) -> None:
        self._high_water_bytes = high_water_bytes
        self.peer = peer
        self.subprotocol = subprotocol
        self.receiver = receiver
        self.on_its_way: deque[Text | Binary | Closing] = deque()
        self.is_open = True
        self.reading = True
        self.limit_bytes: int | None = None
        self._unsent_bytes = 0
        self._was_full = False

    @property
    def writable(self) -> bool:
        return self.is_open and self._unsent_bytes <= self._high_water_bytes

    def send(self, message: bytes) -> None:
        self._send(Text(message))

    def send_binary(self, message: bytes) -> None:
        assert self.subprotocol == ZSTD
        self._send(Binary(message))

    def _send(self, message: "Text | Binary") -> None:
        if self.is_open:
            self.on_its_way.append(message)
            self._unsent_bytes += len(message.payload)
            self._was_full = self._was_full or not self.writable

    def send_all(self, messages: Sequence[bytes]) -> None:
        for message in messages:
            self.send(message)

    def send_framed(self, frames: bytes) -> None:
        for message, binary in unframe_all(frames):
            if binary:
                self.send_binary(message)
            else:
                self.send(message)

    def set_message_limit(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def close(self, code: int, reason: str = "") -> None:
        if self.is_open:
            self.is_open = False
            self.reading = True
            self.on_its_way.append(Closing(code, reason))

    def fail(self, code: int, reason: str = "") -> None:
        self.close(code, reason)

    def abort(self) -> None:
        self.is_open = False
        self.on_its_way.clear()
        self.on_its_way.append(Closing(1006, ""))

    def take(self) -> "Text | Binary | Closing":
        """Let the first message leave; the receiver hears when there is room again."""
        taken = self.on_its_way.popleft()
        if not isinstance(taken, Closing):
            self._unsent_bytes -= len(taken.payload)
        if self._was_full and self.writable:
            self._was_full = False
            self.receiver.drained()
        return taken


class Wire:
    """What joins two receivers, one that dialled and one that was dialled."""

    def __init__(
        self,
        dialling: Receiver,
        dialled: Receiver,
        *,
        subprotocol: str | None = None,
        high_water_bytes: int = HIGH_WATER_BYTES,
    ) -> None:
        self.dialling = End(dialling, peer="192.0.2.1:8081", subprotocol=subprotocol)
        self.dialled = End(
            dialled,
            peer="192.0.2.2:50000",
            subprotocol=subprotocol,
            high_water_bytes=high_water_bytes,
        )
        self.has_ended = False
        dialled.opened(self.dialled)
        dialling.opened(self.dialling)

    def carry(self) -> bool:
        """Let both ends receive what the other sent so far; say whether that was anything."""
        going_up = self._carry(self.dialling, self.dialled)
        going_down = self._carry(self.dialled, self.dialling)
        return going_up or going_down

    def cut(self) -> None:
        """The network fails: what was on its way is lost."""
        self._end(1006, "")

    def _carry(self, sender: End, taker: End) -> bool:
        moved = False
        given = False
        for _ in range(len(sender.on_its_way)):
            if self.has_ended or not taker.reading or not sender.on_its_way:
                break
            moved = True
            message = sender.take()
            if isinstance(message, Closing):
                self._end(message.code, message.reason)
            elif taker.is_open:
                if isinstance(message, Binary):
                    taker.receiver.received_binary(message.payload)
                else:
                    taker.receiver.received(message.payload)
                given = True
        if given and taker.is_open:
            taker.receiver.received_all()
        return moved

    def _end(self, code: int, reason: str) -> None:
        if not self.has_ended:
            self.has_ended = True
            for end in (self.dialling, self.dialled):
                end.is_open = False
                end.on_its_way.clear()
                end.receiver.closed(code, reason)


class Network:
    """All wires of a test; ``high_water_bytes`` is what a hub's end takes before it is full."""

    def __init__(self, high_water_bytes: int = HIGH_WATER_BYTES) -> None:
        self._high_water_bytes = high_water_bytes
        self.wires: list[Wire] = []

    def join(
        self, dialling: Receiver, dialled: Receiver, *, subprotocol: str | None = None
    ) -> Wire:
        """Connect two receivers; None: they speak the base protocol."""
        wire = Wire(
            dialling,
            dialled,
            subprotocol=subprotocol,
            high_water_bytes=self._high_water_bytes,
        )
        self.wires.append(wire)
        return wire

    def settle(self) -> None:
        """Carry everything until nothing moves any more."""
        for _ in range(10_000):
            if not any(wire.carry() for wire in self.wires):
                return
        raise AssertionError("the peers never stop talking")
