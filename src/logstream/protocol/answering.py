"""The answering side of the dialogue: what a node says to one upstream that asks.

A hub answers people, a logtailor answers hubs, a hub answers another hub: always this. It keeps
what was offered to this upstream and what it has enabled; a message that came in gives at most
one request for the node to carry out, and the node tells back what has become of it.

Pure: messages go out through ``send``, which must not call back. The opening (ticket, ``offer``) is
over before this begins. States of a source here:

    offered ──enable──▶ wanted ──acknowledged──▶ active
       ▲                  │ ▲ enable: waits         │ │ enable: success at once
       │                  │ └───the server leaves───│─┘
       └──────disable─────┴─────────disable─────────┘
"""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from logstream.errors import BadMessage
from logstream.model.limits import (
    PENDING_ENABLES_MAX,
    PENDING_ENABLES_MAX_BYTES,
    SOURCES_REMEMBERED_MAX,
)
from logstream.model.source import Source
from logstream.protocol import codec
from logstream.protocol.messages import (
    Connected,
    Disable,
    Enable,
    Enabled,
    Keepalive,
    ListAvailable,
    ListEnabled,
)


class EnableWanted(NamedTuple):
    """The upstream wants a source; tell ``acknowledged`` when it flows."""

    source: Source


class DisableWanted(NamedTuple):
    """The upstream no longer wants a source that it had enabled."""

    source: Source


Request = EnableWanted | DisableWanted


class Answering:
    """What one upstream was offered and has enabled, and what it is told.

    Args:
        name: This node's own name, the ``server`` of what it says for itself.
        send: Takes one message, UTF-8 JSON.
    """

    def __init__(self, *, name: str, send: Callable[[bytes], None]) -> None:
        self._name = name
        self._send = send
        self._connected: dict[str, bool] = {}  # server → is it there now
        self._offered: dict[Source, str] = {}  # source → its display name
        self._wanted: dict[Source, deque[bytes]] = {}  # source → the enables that wait
        self._active: set[Source] = set()
        self._waiting_bytes = 0

    # --- what the node tells ---------------------------------------------------------------------

    def server_connected(self, server: str) -> None:
        """A server is there. An upstream is told so once, whatever comes and goes later."""
        if server not in self._connected:
            self._send(codec.encode(Connected(server=server)))
        self._connected[server] = True

    def server_left(self, server: str) -> None:
        """A server is away; its sources stay enabled, and base upstreams are told nothing."""
        if server in self._connected:
            self._connected[server] = False
        self._active = {source for source in self._active if source.server != server}

    def available(self, source: Source, display_name: str) -> None:
        """A source can be enabled. An upstream is told so once."""
        if source not in self._offered:
            if len(self._offered) >= SOURCES_REMEMBERED_MAX:
                self._forget_away()
            self._send_available(source, display_name)
        self._offered[source] = display_name

    def acknowledged(self, source: Source) -> None:
        """A source flows: its lines follow, so each ``enable`` that waits is answered first."""
        waiting = self._wanted.get(source)
        if waiting is None:
            return
        self._active.add(source)
        while waiting:
            message = waiting.popleft()
            self._waiting_bytes -= len(message)
            self._send(codec.success(message, server=source.server))

    # --- what the upstream says ------------------------------------------------------------------

    def receive(self, message: bytes) -> Request | None:
        """Answer one message.

        Returns:
            What the node has to do, if anything.
        """
        try:
            return self._answer(message)
        except BadMessage as bad:
            self._send(codec.error(bad.code, str(bad), during=bad.during, server=self._name))
            return None

    def _answer(self, message: bytes) -> Request | None:
        match codec.decode_command(message):
            case Enable(type=log_type, server=server):
                return self._enable(Source(server, log_type), message)
            case Disable(type=log_type, server=server):
                return self._disable(Source(server, log_type), message)
            case ListAvailable(server=server):
                self._list_available(server, message)
            case ListEnabled(server=server):
                self._list_enabled(server, message)
            case Keepalive():
                self._send(codec.success(message, server=self._name))
            case _:  # stream-environment, offer
                raise BadMessage(
                    "this connection already has its environment: open another connection",
                    during=codec.as_during(message),
                )
        return None

    def _enable(self, source: Source, message: bytes) -> Request | None:
        self._check_offered(source, message)
        if source in self._active:
            self._send(codec.success(message, server=source.server))
            return None
        if self._waiting_bytes + len(message) > PENDING_ENABLES_MAX_BYTES:
            raise BadMessage(
                f"over {PENDING_ENABLES_MAX_BYTES} bytes of enable messages wait for their servers",
                during=codec.as_during(message),
            )
        is_new = source not in self._wanted
        waiting = self._wanted.setdefault(source, deque())
        if len(waiting) == PENDING_ENABLES_MAX:
            # The oldest goes unanswered: an error would end some clients.
            self._waiting_bytes -= len(waiting.popleft())
        waiting.append(message)
        self._waiting_bytes += len(message)
        return EnableWanted(source) if is_new else None

    def _disable(self, source: Source, message: bytes) -> Request | None:
        self._check_offered(source, message)
        waiting = self._wanted.pop(source, None)
        self._active.discard(source)
        self._send(codec.success(message, server=source.server))
        if waiting is None:
            return None
        self._waiting_bytes -= sum(map(len, waiting))
        return DisableWanted(source)

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
