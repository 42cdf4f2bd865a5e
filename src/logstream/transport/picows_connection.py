"""An open WebSocket of either side: the duties of RFC 6455 between a socket and a receiver.

What is read goes through a ``FrameReader`` and an ``Assembly``, and whole messages go to the
receiver. Everything that must end the connection ends in ``_fail`` (the peer broke a rule), in
``_end`` (a close frame came or went) or in ``connection_lost`` (the socket is gone); whichever is
first tells the receiver ``closed``, once, and nothing is said to it after that.

One event loop, one thread; nothing here blocks.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from picows import WSFrame, WSMsgType

from logstream.model.limits import CLOSE_TIMEOUT_S, HIGH_WATER_BYTES, UNSENT_MAX_BYTES
from logstream.protocol.frame import ZSTD
from logstream.transport import assembly, framing
from logstream.transport.assembly import Assembly, ProtocolViolation
from logstream.transport.base import Receiver, Refusal
from logstream.transport.heartbeat import Heartbeat, is_gone
from logstream.transport.lingering import Lingering
from logstream.transport.picows_frames import FrameReader, FrameReaders
from logstream.transport.state import State

_logger = logging.getLogger(__name__)

_TEXT: Final = WSMsgType.TEXT
_BINARY: Final = WSMsgType.BINARY
_CONTINUATION: Final = WSMsgType.CONTINUATION
_CLOSE: Final = WSMsgType.CLOSE
_PING: Final = WSMsgType.PING
_REFUSALS: Final = {assembly.UNSUPPORTED: Refusal.BINARY, assembly.TOO_BIG: Refusal.TOO_BIG}


class PicowsConnection(asyncio.BufferedProtocol):
    """What the two sides have in common; see ``transport.base.Connection``."""

    __slots__ = (
        "_assembly",
        "_can_write",
        "_given",
        "_heartbeat",
        "_lost",
        "_peer",
        "_ping",
        "_reader",
        "_readers",
        "_reading_paused",
        "_receiver",
        "_slot",
        "_state",
        "_timer",
        "_transport",
        "subprotocol",
    )

    def __init__(
        self,
        transport: asyncio.Transport,
        receiver: Receiver,
        *,
        peer: str,
        readers: FrameReaders,
        heartbeat: Heartbeat,
        message_limit_bytes: int,
        lost: Callable[[asyncio.Transport], None],
        subprotocol: str | None = None,
    ) -> None:
        """Take over a transport whose handshake is done; ``begin`` starts it.

        Args:
            transport: Connected.
            receiver: Whose connection this is.
            peer: ``host:port``.
            readers: Shared by the connections of one side.
            heartbeat: Beats for it while it is open.
            message_limit_bytes: The longest message at first.
            lost: Is given the transport when its socket is gone, after the receiver was told.
            subprotocol: What the handshake chose.
        """
        self.subprotocol = subprotocol
        self._transport = transport
        self._receiver = receiver
        self._peer = peer
        self._readers = readers
        self._reader: FrameReader | None = None
        self._assembly = Assembly(message_limit_bytes)
        self._state = State.OPEN
        self._can_write = True
        self._reading_paused = False
        self._given = False
        self._ping: bytes | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._heartbeat = heartbeat
        self._slot = heartbeat.add(self)
        self._lost = lost

    def begin(self, early: bytes) -> None:
        """Tell the receiver that it is open, and take what came with the handshake."""
        self._transport.set_protocol(self)
        self._transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)
        self._call(self._receiver.opened, self)
        if early and self._state is not State.ENDED:
            self._take(memoryview(early))

    # --- what a node asks: transport.base.Connection --------------------------------------------

    @property
    def peer(self) -> str:
        """The other end as ``host:port``, for logs."""
        return self._peer

    @property
    def writable(self) -> bool:
        """False while more than ``HIGH_WATER_BYTES`` are unsent, and after the close."""
        return self._can_write and self._state is State.OPEN

    def send(self, message: bytes) -> None:
        """Send one text message; ``message`` is UTF-8."""
        if self._may_send():
            self._write_text(message)

    def send_binary(self, message: bytes) -> None:
        """Send one binary message."""
        if self._may_send():
            self._write_binary(message)

    def send_all(self, messages: Sequence[bytes]) -> None:
        """Send text messages, one after the other."""
        if self._may_send():
            self._write_texts(messages)

    def set_message_limit(self, limit_bytes: int) -> None:
        """Refuse longer messages from now on."""
        self._assembly.limit_bytes = limit_bytes

    def pause_reading(self) -> None:
        """Stop taking messages, but for those of the present read."""
        if self._state is State.OPEN:
            self._reading_paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take messages again."""
        if self._state is State.OPEN:
            self._reading_paused = False
            self._transport.resume_reading()

    def close(self, code: int, reason: str = "") -> None:
        """Start the closing handshake; no message is received from now on."""
        if self._state is not State.OPEN:
            return
        self._write_control(framing.CLOSE, assembly.close_payload(code, reason))
        self._state = State.CLOSING
        self._reading_paused = False
        self._transport.resume_reading()
        self._abort_later()

    def fail(self, code: int, reason: str = "") -> None:
        """Close, and wait for nobody."""
        if self._state is State.OPEN:
            self._write_control(framing.CLOSE, assembly.close_payload(code, reason))
            self._end(code, reason)

    def abort(self) -> None:
        """Drop the connection at once; ``closed`` follows."""
        if self._state is not State.ENDED:
            self._state = State.CLOSING
            self._transport.abort()

    # --- what the event loop tells: asyncio.BufferedProtocol ------------------------------------

    def get_buffer(self, _hint: int) -> memoryview:
        """Give the place where to read to."""
        return self._readers.buffer

    def buffer_updated(self, length: int) -> None:
        """Take what was read."""
        self._take(self._readers.buffer[:length])

    def eof_received(self) -> None:
        """Close, as the peer did so without a close frame; what is unsent has its time."""
        self._state = State.CLOSING
        self._abort_later()

    def pause_writing(self) -> None:
        """Note that too much is unsent."""
        self._can_write = False

    def resume_writing(self) -> None:
        """Answer the last ping that had to wait, and tell the receiver."""
        self._can_write = True
        if self._state is State.OPEN and self._ping is not None:
            ping, self._ping = self._ping, None
            self._write_control(framing.PONG, ping)
        if self._state is State.OPEN:
            self._call(self._receiver.drained)

    def connection_lost(self, _error: Exception | None) -> None:
        """End, if that has not happened."""
        self._tell_closed(assembly.ABNORMAL, "")
        self._lost(self._transport)

    # --- what the heartbeat tells ---------------------------------------------------------------

    def beat(self) -> None:
        """Ping, so that no proxy finds the connection idle; drop it if nobody is there."""
        if self._reader is not None and not self._reader.pending_bytes:
            self._reader = None
        if is_gone(self._transport.get_extra_info("socket")):
            self.abort()
        elif self.writable:
            self._write_control(framing.PING)

    # --- receiving ------------------------------------------------------------------------------

    def _take(self, data: memoryview) -> None:
        own = self._reader
        reader = own or self._readers.lend()
        error = reader.feed(data, self._receive_frame, self._readers.texts)
        pending_bytes = reader.pending_bytes
        if own is None:
            self._readers.take_back(reader)
        self._give_texts()
        if self._state is State.ENDED:
            return
        if error is not None:
            self._fail(error.code, error.reason)
        elif pending_bytes:
            if own is None:
                beginning = data[len(data) - pending_bytes :]
                self._reader = self._readers.continue_with(beginning)
            self._check_unfinished(data, pending_bytes)
        self._tell_all_given()

    def _give_texts(self) -> None:
        """Give the text messages that came since the last frame of another kind."""
        texts = self._readers.texts[:]
        self._readers.texts.clear()
        # Nearly all messages are as they must be, so that is asked of all of them at once.
        if texts and self._assembly.takes_whole(texts):
            self._give(texts)
            return
        for text in texts:
            self._receive_checked(_TEXT, text, final=True)

    def _receive_frame(self, frame: WSFrame) -> None:
        self._give_texts()
        if self._state is State.ENDED:
            return
        payload = frame.get_payload_as_bytes()
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            self._fail(assembly.PROTOCOL_ERROR, "a reserved bit is set")
        else:
            self._receive_checked(frame.msg_type, payload, final=frame.fin)

    def _receive_checked(self, kind: WSMsgType, payload: bytes, *, final: bool) -> None:
        if self._state is State.ENDED:
            return
        try:
            if kind is _TEXT or kind is _CONTINUATION or kind is _BINARY:
                if self._state is State.OPEN:
                    self._receive_data(kind, payload, final=final)
            else:
                self._receive_control(kind, payload)
        except ProtocolViolation as violation:
            self._fail(violation.code, violation.reason, payload)

    def _receive_data(self, kind: WSMsgType, payload: bytes, *, final: bool) -> None:
        if len(payload) > self._assembly.room_bytes:
            raise self._assembly.too_big()
        if kind is _TEXT:
            message = self._assembly.receive_text(payload, final=final)
        elif kind is _CONTINUATION:
            message = self._assembly.receive_continuation(payload, final=final)
        elif self.subprotocol == ZSTD:
            message = self._assembly.receive_binary(payload, final=final)
        else:
            raise ProtocolViolation(assembly.UNSUPPORTED, "only text messages are spoken here")
        if message is not None:
            self._give((message,), binary=self._assembly.is_binary)

    def _give(self, messages: Iterable[bytes], *, binary: bool = False) -> None:
        self._given = True
        receiver, still_open = self._receiver, State.OPEN
        receive = receiver.received_binary if binary else receiver.received
        try:
            for message in messages:
                if self._state is not still_open:
                    return
                receive(message)
        except Exception:
            _logger.exception("the receiver of %s failed", self._peer)
            self._end_for_our_mistake()

    def _receive_control(self, kind: WSMsgType, payload: bytes) -> None:
        if kind is _PING:
            if self.writable:
                self._write_control(framing.PONG, payload)
            else:
                self._ping = payload
        elif kind is _CLOSE:
            code, reason = assembly.read_close(payload)
            if self._state is State.OPEN:
                self._tell_all_given()
                self._write_control(framing.CLOSE, payload)
            self._end(code, reason)

    def _check_unfinished(self, data: memoryview, pending_bytes: int) -> None:
        """Refuse a message that is going to be too long by its header, before it has come."""
        payload = self._assembly.foresee_too_big(data, pending_bytes)
        if payload is not None:
            violation = self._assembly.too_big()
            self._fail(violation.code, violation.reason, payload)

    def _tell_all_given(self) -> None:
        if self._given and self._state is State.OPEN:
            self._given = False
            self._call(self._receiver.received_all)

    def _may_write(self) -> bool:
        return self._state is not State.ENDED

    # --- sending --------------------------------------------------------------------------------

    def _may_send(self) -> bool:
        if self._state is not State.OPEN:
            return False
        if self._can_write or self._transport.get_write_buffer_size() <= UNSENT_MAX_BYTES:
            return True
        _logger.warning("%s reads nothing of what it asks for: dropped", self._peer)
        self.abort()
        return False

    def _write_text(self, message: bytes) -> None:
        raise NotImplementedError

    def _write_binary(self, message: bytes) -> None:
        raise NotImplementedError

    def _write_texts(self, messages: Sequence[bytes]) -> None:
        raise NotImplementedError

    def _write_control(self, opcode: int, payload: bytes = b"") -> None:
        raise NotImplementedError

    # --- ending ---------------------------------------------------------------------------------

    def _fail(self, code: int, reason: str, payload: bytes = b"") -> None:
        """End because of the peer; a receiver may still say something if a frame was unusable."""
        self._tell_all_given()
        refusal = _REFUSALS.get(code)
        if refusal is not None and self._state is State.OPEN:
            self._call(self._receiver.refused, refusal, self._assembly.beginning(payload))
        if self._state is State.OPEN:
            self._write_control(framing.CLOSE, assembly.close_payload(code, reason))
        self._end(code, reason)

    def _end(self, code: int, reason: str) -> None:
        if self._tell_closed(code, reason):
            Lingering(self._transport, self._readers.buffer, self._lost)

    def _tell_closed(self, code: int, reason: str) -> bool:
        if self._state is State.ENDED:
            return False
        self._state = State.ENDED
        self._reader = None
        self._ping = None
        self._heartbeat.remove(self, self._slot)
        if self._timer is not None:
            self._timer.cancel()
        try:
            self._receiver.closed(code, reason)
        except Exception:
            _logger.exception("the receiver of %s failed", self._peer)
        return True

    def _abort_later(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(CLOSE_TIMEOUT_S, self._transport.abort)

    def _call(self, callback: Callable[..., None], *arguments: object) -> None:
        try:
            callback(*arguments)
        except Exception:
            _logger.exception("the receiver of %s failed", self._peer)
            self._end_for_our_mistake()

    def _end_for_our_mistake(self) -> None:
        """End this connection, and no other, as its receiver cannot go on."""
        if self._state is State.OPEN:
            payload = assembly.close_payload(assembly.INTERNAL_ERROR, "internal error")
            self._write_control(framing.CLOSE, payload)
        self._end(assembly.INTERNAL_ERROR, "internal error")
