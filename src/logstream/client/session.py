"""One connection of a stream: shows the ticket, enables what is wanted, passes lines on.

Driven by a transport; the dialogue itself is `protocol/asking.py`. The messages of one read are
gathered and read together. All calls happen on the event loop's thread; none of them blocks.
"""

from collections.abc import Callable, Collection
from typing import Generic, NamedTuple

from logstream.client import status
from logstream.client.cloud_api_types import ConnectionDetails
from logstream.client.foreign_text import one_line
from logstream.client.lines import LineReader
from logstream.client.refusals import opening_failure
from logstream.client.status import Status
from logstream.errors import BadMessage, ConnectionFailed, LogstreamError
from logstream.model.limits import SOURCES_REMEMBERED_MAX
from logstream.model.source import HUB_NAMES_START, Source
from logstream.protocol.asking import (
    Asking,
    EnabledListed,
    Refused,
    ServerConnected,
    SourceFlows,
    SourceOffered,
    Succeeded,
)
from logstream.protocol.codec import LineType, encode_text
from logstream.transport.base import Connection, Refusal

Trace = Callable[[str, bytes], None]
"""Takes ``->`` or ``<-`` and a message with its ticket's signature masked, for debugging."""


class Wanted(NamedTuple):
    """Which sources to enable, now and whenever they are offered; None: all."""

    types: Collection[str] | None = None
    server: Callable[[str], bool] | None = None

    def wants(self, source: Source) -> bool:
        """Say whether to enable ``source``."""
        return (self.types is None or source.log_type in self.types) and (
            self.server is None or self.server(source.server)
        )


class Session(Generic[LineType]):
    """The receiver of one connection (see `transport/base.py`).

    Args:
        details: Where to and with which ticket.
        line: The type to read lines as.
        wanted: Which sources to enable.
        take: Gets the lines of each read, in order.
        notify: Gets all else that a person may want to know.
        ended: Called once, with why, when the connection is over.
        trace: Sees every message.
    """

    def __init__(
        self,
        details: ConnectionDetails,
        *,
        line: type[LineType],
        wanted: Wanted,
        take: Callable[[list[LineType]], None],
        notify: Callable[[Status], None],
        ended: Callable[[LogstreamError], None],
        trace: Trace | None = None,
    ) -> None:
        self.url = details.url
        self._details = details
        self._wanted = wanted
        self._take = take
        self._notify = notify
        self._ended = ended
        self._trace = trace
        self._secret = encode_text(details.hmac)[1:-1]
        self._reader = LineReader(line)
        self._line = line
        self._asking = Asking(send=self._send, line=line)
        self._connection: Connection | None = None
        self._failure: LogstreamError | None = None
        self._messages: list[bytes] = []
        # A transport calls this for every message: no frame of Python's between it and the list.
        self.received: Callable[[bytes], None] = self._messages.append
        self.accepted = False
        """The hub has let us in: it said more than its own ``connected``."""

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._connection is not None

    def opened(self, connection: Connection) -> None:
        """Show the ticket."""
        self._connection = connection
        details = self._details
        self._asking.stream_environment(
            site=details.site, env=details.env, t=details.t, d=details.hmac
        )

    def received_binary(self, message: bytes) -> None:
        """Never called: the base protocol is text."""

    def received_all(self) -> None:
        """Read what one read of the transport gave."""
        messages = self._messages[:]
        self._messages.clear()
        if self._failure is not None or not messages:
            return
        if self._trace is not None:
            for message in messages:
                self._trace("<-", self._masked(message))
        lines = self._reader.read_all(messages)
        if lines is None:
            lines = self._read_singly(messages)
        if lines:
            self._take(lines)

    def refused(self, refusal: Refusal, _beginning: bytes) -> None:
        """The hub sent what no client can use."""
        self._fail(ConnectionFailed(f"the hub sent a message that is {refusal.value}"))

    def drained(self) -> None:
        """Nothing waits for this: a client sends little."""

    def closed(self, code: int, reason: str) -> None:
        """The connection has ended."""
        self._connection = None
        said = f": {one_line(reason)}" if reason else ""
        why = "the connection broke" if code == 1006 else f"the hub closed it ({code}{said})"  # noqa: PLR2004
        self._ended(self._failure or ConnectionFailed(why))

    def pause_reading(self) -> None:
        """Let the hub wait."""
        if self._connection is not None:
            self._connection.pause_reading()

    def resume_reading(self) -> None:
        """Take messages again."""
        if self._connection is not None:
            self._connection.resume_reading()

    def close(self) -> None:
        """Start to end the connection; ``ended`` is called when it has."""
        if self._connection is not None:
            self._connection.close(1000)

    def abort(self, failure: LogstreamError | None = None) -> None:
        """Drop the connection at once."""
        self._failure = self._failure or failure
        if self._connection is not None:
            self._connection.abort()

    def _send(self, message: bytes) -> None:
        if self._connection is not None:
            if self._trace is not None:
                self._trace("->", self._masked(message))
            self._connection.send(message)

    def _masked(self, message: bytes) -> bytes:
        """Hide the signature, which a hub may also repeat in an ``error``."""
        return message.replace(self._secret, b"***") if self._secret else message

    def _read_singly(self, messages: list[bytes]) -> list[LineType]:
        lines: list[LineType] = []
        for message in messages:
            try:
                read = self._asking.receive(message)
            except BadMessage:
                odd = self._reader.read_loosely(message)
                if odd is not None:  # what is no line and cannot be read says nothing
                    lines.append(odd)
                continue
            if isinstance(read, self._line):
                lines.append(read)
            elif read is not None:
                self._act_on(read)  # type: ignore[arg-type] # mypy keeps LineType in the union
                if self._failure is not None:
                    break
        return lines

    def _act_on(
        self,
        event: ServerConnected | SourceOffered | SourceFlows | Succeeded | Refused | EnabledListed,
    ) -> None:
        asking = self._asking
        if max(len(asking.servers), len(asking.offered)) > SOURCES_REMEMBERED_MAX:
            bound = SOURCES_REMEMBERED_MAX
            self._fail(ConnectionFailed(f"the hub offers more than {bound} sources or servers"))
            return
        match event:
            case ServerConnected(server=server):
                # Its own name a hub gives before it has looked at the ticket.
                self.accepted = self.accepted or not server.startswith(HUB_NAMES_START)
                self._notify(status.ServerJoined(server))
            case SourceOffered(source=source):
                self.accepted = True
                wanted = self._wanted.wants(source)
                self._notify(status.SourceFound(source, wanted))
                if wanted:
                    self._asking.enable(source)
            case SourceFlows(source=source):
                self.accepted = True
                self._notify(status.SourceFlows(source))
            case Succeeded():
                self.accepted = True
            case Refused():
                self._refused_by_hub(event)
            case EnabledListed():
                pass

    def _refused_by_hub(self, refusal: Refused) -> None:
        """Tell the refusal of the ticket, which ends the session, from all others."""
        said = f"{refusal.code} {one_line(refusal.description)}".rstrip()
        failure = opening_failure(refusal.code, said, cmd=refusal.cmd, accepted=self.accepted)
        if failure is not None:
            self._fail(failure)
        else:
            self._notify(
                status.HubError(refusal.code, one_line(refusal.description), refusal.server)
            )

    def _fail(self, failure: LogstreamError) -> None:
        if self._failure is None:
            self._failure = failure
            self.close()
