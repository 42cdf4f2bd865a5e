"""The answering side of the dialogue: what a node says to one upstream that asks.

A hub answers people, a logtailor answers hubs, a hub answers another hub: always this. It keeps
what was offered to this upstream and what it has enabled; a message that came in gives at most
one request for the node to carry out, and the node tells back what has become of it.

A base upstream is answered as the base protocol says, and what only the extended one knows is
passed over. Pure: messages go out through ``send``, which must not call back. The opening (ticket,
``offer``) is over before this begins. States of a base upstream's source here:

    offered ──enable──▶ wanted ──acknowledged──▶ active
       ▲                  │ ▲ enable: waits         │ │ enable: success at once
       │                  │ └───the server leaves───│─┘
       └──────disable─────┴─────────disable─────────┘

An extended upstream's ``enable`` is answered one by one, as each has its own place to begin.
Rules: S3, S5, S6, S9, S10, S12.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from logstream.errors import BadMessage
from logstream.model.limits import (
    HISTORIES_MAX,
    PENDING_ENABLES_MAX,
    PENDING_ENABLES_MAX_BYTES,
    SOURCES_REMEMBERED_MAX,
    STREAMS_PER_SOURCE_MAX,
)
from logstream.model.source import Source
from logstream.protocol import codec
from logstream.protocol.messages import (
    Connected,
    Disable,
    Disconnected,
    Enable,
    Enabled,
    History,
    Keepalive,
    ListAvailable,
    ListEnabled,
    Success,
)
from logstream.protocol.wishes import (
    DisableWanted,
    EnableWanted,
    HistoryWanted,
    PageEnd,
    Request,
    read_enable,
    read_history,
)


class Answering:
    """What one upstream was offered and has enabled, and what it is told.

    Args:
        name: This node's own name, the ``server`` of what it says for itself.
        send: Takes one message, UTF-8 JSON.
        extended: Whether the upstream speaks the extended protocol.
        streams_max: Streams of one source that it may have; extended only.
        histories_max: Pages that it may wait for; extended only.
    """

    def __init__(
        self,
        *,
        name: str,
        send: Callable[[bytes], None],
        extended: bool = False,
        streams_max: int = STREAMS_PER_SOURCE_MAX,
        histories_max: int = HISTORIES_MAX,
    ) -> None:
        self._name = name
        self._send = send
        self.extended = extended
        self._streams_max = streams_max
        self._histories_max = histories_max
        self._connected: dict[str, bool] = {}  # server → is it there now
        self._offered: dict[Source, str] = {}  # source → its display name
        self._wanted: dict[Source, deque[EnableWanted]] = {}  # source → the enables that wait
        self._active: dict[Source, set[str]] = {}  # source → the streams that flow
        self._pages: set[int] = set()  # ids of the pages that are waited for
        self._waiting_bytes = 0

    # --- what the node tells ---------------------------------------------------------------------

    def server_connected(self, server: str) -> None:
        """A server is there. A base upstream is told so once, whatever comes and goes later."""
        was_there = self._connected.get(server)
        if was_there is None or (self.extended and not was_there):
            self._send(codec.encode(Connected(server=server)))
        self._connected[server] = True

    def server_left(self, server: str) -> None:
        """A server is away; its sources stay enabled, and base upstreams are told nothing."""
        if self._connected.get(server):
            self._connected[server] = False
            if self.extended:
                self._send(codec.encode(Disconnected(server=server)))
        if not self.extended:
            self._active = {
                source: streams
                for source, streams in self._active.items()
                if source.server != server
            }

    def available(self, source: Source, display_name: str) -> None:
        """A source can be enabled. A base upstream is told so once."""
        is_new = source not in self._offered
        if is_new and len(self._offered) >= SOURCES_REMEMBERED_MAX:
            self._forget_away()
        if is_new or self.extended:
            self._send_available(source, display_name)
        self._offered[source] = display_name

    def enabled(self, wish: EnableWanted, *, after: str, now_s: float) -> None:
        """A stream flows: its lines follow, so each ``enable`` that waits is answered first."""
        source = wish.source
        waiting = self._wanted.get(source)
        if waiting is None:
            return
        if self.extended:
            if wish not in waiting:
                return
            self._no_longer_waits(source, wish)
            streams = self._active.setdefault(source, set())
            if wish.replace is not None:
                streams.discard(wish.replace)
            streams.add(wish.filter.stream)
            self._send(_success(wish, stream=wish.filter.stream, after=after, now=now_s))
            return
        self._active.setdefault(source, set()).add("")
        while waiting:
            answered = waiting.popleft()
            self._waiting_bytes -= len(answered.message)
            self._send(codec.success(answered.message, server=source.server))

    def refused(self, wish: EnableWanted | HistoryWanted, code: int, description: str) -> None:
        """A wish is not granted."""
        if isinstance(wish, HistoryWanted):
            if wish.id not in self._pages:
                return
            self._pages.discard(wish.id)
        else:
            if wish not in self._wanted.get(wish.source, ()):
                return
            self._no_longer_waits(wish.source, wish)
            if not self._active.get(wish.source) and not self._wanted[wish.source]:
                del self._wanted[wish.source]
        during = codec.as_during(wish.message)
        self._say_error(code, description, during=during, answers=wish.id)

    def page_ended(self, wish: HistoryWanted, end: PageEnd) -> None:
        """A page is complete."""
        if wish.id in self._pages:
            self._pages.discard(wish.id)
            first, last, more, scanned_bytes, reached = end
            self._send(
                _success(
                    wish,
                    first=first,
                    last=last,
                    more=more,
                    scanned_bytes=scanned_bytes,
                    reached=reached,
                )
            )

    def awaits_page(self, wish: HistoryWanted) -> bool:
        """Whether the upstream waits for this page."""
        return wish.id in self._pages

    # --- what the upstream says ------------------------------------------------------------------

    def receive(self, message: bytes) -> Request | None:
        """Answer one message.

        Returns:
            What the node has to do, if anything.
        """
        try:
            return self._answer(message)
        except BadMessage as bad:
            answers = codec.command_id(message) if self.extended else None
            self._say_error(bad.code, str(bad), during=bad.during, answers=answers)
            return None

    def _say_error(self, code: int, description: str, *, during: str, answers: int | None) -> None:
        self._send(
            codec.error(code, description, during=during, server=self._name, answers=answers)
        )

    def _answer(self, message: bytes) -> Request | None:
        match codec.decode_command(message, extended=self.extended):
            case Enable() as enable:
                return self._enable(enable, message)
            case Disable() as disable:
                return self._disable(disable, message)
            case History() as history if self.extended:
                return self._history(history, message)
            case ListAvailable(server=server):
                self._list_available(server, message)
            case ListEnabled(server=server):
                self._list_enabled(server, message)
            case Keepalive(id=answers):
                answers = answers if self.extended else None
                self._send(codec.success(message, server=self._name, answers=answers))
            case History():
                raise BadMessage(
                    "history: open the connection with one of Logstream's subprotocols",
                    during=codec.as_during(message),
                )
            case _:  # stream-environment, offer
                raise BadMessage(
                    "this connection already has its environment: open another connection",
                    during=codec.as_during(message),
                )
        return None

    def _enable(self, enable: Enable, message: bytes) -> Request | None:
        source = Source(enable.server, enable.type)
        self._check_offered(source, message)
        if not self.extended:
            return self._enable_base(EnableWanted(source, message=message))
        wish = read_enable(enable, message)
        waiting = self._wanted.get(source, deque())
        streams = {each.filter.stream for each in waiting} | self._active.get(source, set())
        if wish.replace is not None:
            streams.discard(wish.replace)
        if len(streams | {wish.filter.stream}) > self._streams_max:
            raise BadMessage(
                f"over {self._streams_max} streams of {source.log_type[:64]} on one connection",
                code=429,
                during=codec.as_during(message),
            )
        if len(waiting) >= max(PENDING_ENABLES_MAX, self._streams_max) or wish in waiting:
            raise BadMessage(
                "too many enable messages wait for their answers",
                code=429,
                during=codec.as_during(message),
            )
        self._wait_for(wish)
        return wish

    def _enable_base(self, wish: EnableWanted) -> Request | None:
        source, message = wish.source, wish.message
        if source in self._active:
            self._send(codec.success(message, server=source.server))
            return None
        is_new = not self._wanted.get(source)
        if len(self._wanted.get(source, ())) == PENDING_ENABLES_MAX:
            # The oldest goes unanswered: an error would end some clients.
            self._waiting_bytes -= len(self._wanted[source].popleft().message)
        self._wait_for(wish)
        return wish if is_new else None

    def _wait_for(self, wish: EnableWanted) -> None:
        size_bytes = len(wish.message)
        if self._waiting_bytes + size_bytes > PENDING_ENABLES_MAX_BYTES:
            raise BadMessage(
                f"over {PENDING_ENABLES_MAX_BYTES} bytes of enable messages wait for their servers",
                during=codec.as_during(wish.message),
            )
        self._wanted.setdefault(wish.source, deque()).append(wish)
        self._waiting_bytes += size_bytes

    def _no_longer_waits(self, source: Source, wish: EnableWanted) -> None:
        self._wanted[source].remove(wish)
        self._waiting_bytes -= len(wish.message)

    def _disable(self, disable: Disable, message: bytes) -> Request | None:
        source = Source(disable.server, disable.type)
        self._check_offered(source, message)
        stream = disable.stream if self.extended else None
        answers = disable.id if self.extended else None
        self._send(codec.success(message, server=source.server, answers=answers))
        waiting = self._wanted.get(source)
        if waiting is None:
            return None
        for wish in [each for each in waiting if stream in (None, each.filter.stream)]:
            self._no_longer_waits(source, wish)
        streams = self._active.get(source, set())
        if stream is None:
            streams.clear()
        else:
            streams.discard(stream)
        if not streams:
            self._active.pop(source, None)
        if not waiting and not streams:
            del self._wanted[source]
        return DisableWanted(source, stream)

    def _history(self, history: History, message: bytes) -> Request:
        self._check_offered(Source(history.server, history.type), message)
        wish = read_history(history, message)
        during = codec.as_during(message)
        if history.id in self._pages:
            raise BadMessage("this id is another page's that is not answered yet", during=during)
        if len(self._pages) >= self._histories_max:
            raise BadMessage(
                f"over {self._histories_max} pages of history asked for on one connection",
                code=429,
                during=during,
            )
        self._pages.add(history.id)
        return wish

    def _list_available(self, server: str | None, message: bytes) -> None:
        self._check_known(server, message)
        for source, display_name in self._offered.items():
            if server in (None, source.server) and self._connected.get(source.server):
                self._send_available(source, display_name)

    def _list_enabled(self, server: str | None, message: bytes) -> None:
        self._check_known(server, message)
        # This node itself is always there, so that someone who asks gets an answer.
        for name, is_there in {self._name: True, **self._connected}.items():
            if server == name or (server is None and is_there):
                types = [source.log_type for source in self._wanted if source.server == name]
                self._send(codec.encode(Enabled(enabled=types, server=name)))

    def _send_available(self, source: Source, display_name: str) -> None:
        self._send(
            codec.available(
                log_type=source.log_type, server=source.server, display_name=display_name
            )
        )

    def _forget_away(self) -> None:
        """Forget sources that are away and not wanted here, and servers that have no others."""
        self._offered = {
            source: name
            for source, name in self._offered.items()
            if self._connected.get(source.server) or source in self._wanted
        }
        remembered = {source.server for source in self._offered}
        self._connected = {
            name: is_there
            for name, is_there in self._connected.items()
            if is_there or name in remembered
        }

    def _check_offered(self, source: Source, message: bytes) -> None:
        if source not in self._offered:
            raise BadMessage(
                f"no source {source.log_type[:64]} on {source.server[:64]} was offered here",
                code=404,
                during=codec.as_during(message),
            )

    def _check_known(self, server: str | None, message: bytes) -> None:
        if server is not None and server != self._name and server not in self._connected:
            raise BadMessage(
                f"no server {server[:64]} is connected", code=404, during=codec.as_during(message)
            )


def _success(wish: EnableWanted | HistoryWanted, **keys: Any) -> bytes:
    """Give the ``success`` of a wish with what it says beside."""
    return codec.encode(
        Success(server=wish.source.server, msg=msgspec.Raw(wish.message), id=wish.id, **keys)
    )
