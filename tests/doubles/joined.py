"""Real peers joined in memory: two sides of a dialogue, or a door and an uplink without a socket.

What one end sends waits on its way until it is carried, so that a test decides how far the other
side lags.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from doubles.connections import unframe
from logstream.model.limits import HIGH_WATER_BYTES
from logstream.protocol.answering import Answering, Request
from logstream.protocol.asking import Asking, Event
from logstream.protocol.messages import Line
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


class Closing(NamedTuple):
    """The last thing on its way."""

    code: int
    reason: str


class End:
    """One end's ``transport.base.Connection``."""

    def __init__(self, receiver: Receiver, *, peer: str) -> None:
        self.peer = peer
        self.receiver = receiver
        self.on_its_way: deque[bytes | Closing] = deque()
        self.is_open = True
        self.reading = True
        self.limit_bytes: int | None = None
        self._unsent_bytes = 0
        self._was_full = False

    @property
    def writable(self) -> bool:
        return self.is_open and self._unsent_bytes <= HIGH_WATER_BYTES

    def send(self, message: bytes) -> None:
        if self.is_open:
            self.on_its_way.append(message)
            self._unsent_bytes += len(message)
            self._was_full = self._was_full or not self.writable

    def send_all(self, messages: Sequence[bytes]) -> None:
        for message in messages:
            self.send(message)

    def send_framed(self, frames: bytes) -> None:
        for message in unframe(frames):
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

    def take(self) -> bytes | Closing:
        """Let the first message leave; the receiver hears when there is room again."""
        taken = self.on_its_way.popleft()
        if isinstance(taken, bytes):
            self._unsent_bytes -= len(taken)
        if self._was_full and self.writable:
            self._was_full = False
            self.receiver.drained()
        return taken


class Wire:
    """What joins two receivers, one that dialled and one that was dialled."""

    def __init__(self, dialling: Receiver, dialled: Receiver) -> None:
        self.dialling = End(dialling, peer="192.0.2.1:8081")
        self.dialled = End(dialled, peer="192.0.2.2:50000")
        self._ended = False
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
            if self._ended or not taker.reading or not sender.on_its_way:
                break
            moved = True
            message = sender.take()
            if isinstance(message, Closing):
                self._end(message.code, message.reason)
            elif taker.is_open:
                taker.receiver.received(message)
                given = True
        if given and taker.is_open:
            taker.receiver.received_all()
        return moved

    def _end(self, code: int, reason: str) -> None:
        if not self._ended:
            self._ended = True
            for end in (self.dialling, self.dialled):
                end.is_open = False
                end.on_its_way.clear()
                end.receiver.closed(code, reason)


class Network:
    """All wires of a test."""

    def __init__(self) -> None:
        self.wires: list[Wire] = []

    def join(self, dialling: Receiver, dialled: Receiver) -> Wire:
        """Connect two receivers."""
        wire = Wire(dialling, dialled)
        self.wires.append(wire)
        return wire

    def settle(self) -> None:
        """Carry everything until nothing moves any more."""
        for _ in range(10_000):
            if not any(wire.carry() for wire in self.wires):
                return
        raise AssertionError("the peers never stop talking")
