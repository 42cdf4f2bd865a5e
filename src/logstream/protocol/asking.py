"""The asking side of the dialogue: what a client says to a hub, and a hub to a logtailor.

It knows what was offered and what flows; each message that comes up gives at most one event.
What it is told that it cannot understand is passed over where the protocol allows it.

Answers come in the order of the commands. So what comes about a source between its ``disable`` and
the answer to that belongs to an earlier ``enable``, and says nothing about a later one.

Pure: messages go out through ``send``, which must not call back. A line is given as the type that
was asked for, so that a hub reads no more of it than its source.
"""

from collections import Counter
from collections.abc import Callable
from typing import Generic, NamedTuple, cast

import msgspec

from logstream.model.source import Source, display_name
from logstream.protocol import codec
from logstream.protocol.codec import LineType
from logstream.protocol.messages import (
    Available,
    Connected,
    Disable,
    Enable,
    Enabled,
    Error,
    Keepalive,
    ListAvailable,
    ListEnabled,
    Message,
    StreamEnvironment,
    Success,
)


class ServerConnected(NamedTuple):
    """A server (or a hub) is there."""

    server: str


class SourceOffered(NamedTuple):
    """A source can be enabled."""

    source: Source
    display_name: str


class SourceFlows(NamedTuple):
    """The ``enable`` of a source was answered; its lines follow."""

    source: Source


class Succeeded(NamedTuple):
    """Any other command was answered by ``success``."""

    cmd: str
    server: str


class Refused(NamedTuple):
    """The other side answered with an ``error``.

    ``source`` is the one that the refused ``enable`` or ``disable`` named, if it was such.
    """

    code: int
    description: str
    server: str
    cmd: str | None
    source: Source | None


class EnabledListed(NamedTuple):
    """The answer of one server to ``list-enabled``."""

    server: str
    log_types: tuple[str, ...]


Event = ServerConnected | SourceOffered | SourceFlows | Succeeded | Refused | EnabledListed


class _Echo(msgspec.Struct):
    """What is read of a command of ours that comes back in ``success`` or ``error``."""

    cmd: str | None = None
    type: str | None = None
    server: str | None = None


_echo_decoder = msgspec.json.Decoder(_Echo)


class Asking(Generic[LineType]):
    """One dialogue with a side that has logs.

    Args:
        send: Takes one message, UTF-8 JSON.
        line: The type to read lines as; it must be tagged ``line``.
    """

    def __init__(self, *, send: Callable[[bytes], None], line: type[LineType]) -> None:
        self._send = send
        self._line = line
        self.servers: set[str] = set()
        self.offered: dict[Source, str] = {}
        self.flowing: set[Source] = set()
        """The sources whose last ``enable`` was answered: only their lines were asked for."""
        self._enabled: set[Source] = set()  # those whose last command was ``enable``
        self._disabling: Counter[Source] = Counter()  # ``disable`` messages not answered yet

    def stream_environment(self, *, site: str, env: str, t: int | str, d: str) -> None:
        """Open the session; ``t`` and ``d`` are passed on as the Cloud API gave them."""
        self._say(StreamEnvironment(site=site, env=env, t=t, d=d))

    def enable(self, source: Source) -> None:
        """Ask for a source's lines."""
        self._enabled.add(source)
        self._say(Enable(type=source.log_type, server=source.server))

    def disable(self, source: Source) -> None:
        """Ask for no more of a source's lines."""
        self._enabled.discard(source)
        self.flowing.discard(source)
        self._disabling[source] += 1
        self._say(Disable(type=source.log_type, server=source.server))

    def list_available(self, server: str | None = None) -> None:
        """Ask which sources there are."""
        self._say(ListAvailable(server=server))

    def list_enabled(self, server: str | None = None) -> None:
        """Ask which sources are enabled here."""
        self._say(ListEnabled(server=server))

    def keepalive(self) -> None:
        """Show that this side is there."""
        self._say(Keepalive())

    def receive(self, message: bytes) -> Event | LineType | None:
        """Read one message.

        Returns:
            A line, an event, or None for what is unknown or says nothing new.

        Raises:
            BadMessage: The message breaks the protocol.
        """
        report = codec.decode_report(message, self._line)
        if report is None or isinstance(report, self._line):
            return report
        return self._event(cast("codec.Report", report))

    def _event(self, report: codec.Report) -> Event | None:
        match report:
            case Connected(server=server):
                self.servers.add(server)
                return ServerConnected(server)
            case Available():
                return self._available(report)
            case Success():
                return self._success(report)
            case Error():
                return self._error(report)
            case Enabled(enabled=log_types, server=server):
                return EnabledListed(server, tuple(log_types))

    def _say(self, message: Message) -> None:
        self._send(codec.encode(message))

    def _available(self, report: Available) -> SourceOffered:
        source = Source(report.server, report.type)
        name = report.display_type or report.display or display_name(report.type)
        self.offered[source] = name
        return SourceOffered(source, name)

    def _success(self, report: Success) -> Event | None:
        echo = _read_echo(bytes(report.msg))
        source = _source_of(echo)
        if echo.cmd == "enable" and source is not None:
            if source in self._disabling:
                return None
            if source not in self._enabled:  # nobody asked: remembered, it would cost memory
                return Succeeded(echo.cmd, source.server)
            self.flowing.add(source)
            return SourceFlows(source)
        self._answered(echo.cmd, source)
        return Succeeded(echo.cmd or "", report.server)

    def _error(self, report: Error) -> Refused:
        echo = _read_echo(report.during.encode("utf-8", "replace"))
        source = _source_of(echo)
        self._answered(echo.cmd, source)
        return Refused(report.code, report.description, report.server, echo.cmd, source)

    def _answered(self, cmd: str | None, source: Source | None) -> None:
        """Count a ``disable`` that was answered, with success or not."""
        if cmd == "disable" and source is not None:
            self._disabling[source] -= 1
            if self._disabling[source] <= 0:
                del self._disabling[source]


def _read_echo(message: bytes) -> _Echo:
    try:
        return _echo_decoder.decode(message)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _Echo()  # cut, or not ours: it names nothing


def _source_of(echo: _Echo) -> Source | None:
    if echo.cmd in ("enable", "disable") and echo.server is not None and echo.type is not None:
        return Source(echo.server, echo.type)
    return None
