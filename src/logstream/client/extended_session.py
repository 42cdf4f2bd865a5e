"""One connection of a stream on the extended protocol: asks, checks what comes, and keeps alive.

Driven by a transport, as `client/session.py` is for the base protocol. Which sources are asked for,
and from where, is its follower's to say. Whatever of the hub breaks the protocol ends the
connection: the stream then goes on at its cursors, so nothing is lost or guessed. All calls happen
on the event loop's thread; none of them blocks. Rules: S2, S5 to S9, S12.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from logstream.client import status
from logstream.client.cloud_api_types import ConnectionDetails
from logstream.client.follower import Follower
from logstream.client.foreign_text import one_line
from logstream.client.line_columns import read_columns
from logstream.client.page import Page, Question
from logstream.client.pages import Pages
from logstream.client.refusals import opening_failure
from logstream.client.session import Trace
from logstream.client.source_flow import SourceFlow
from logstream.client.status import Gap
from logstream.client.upkeep import Upkeep
from logstream.errors import (
    BadCursor,
    BadMessage,
    ConnectionFailed,
    LogstreamError,
    StreamRefused,
)
from logstream.model.filter import NO_FILTER, Filter
from logstream.model.limits import (
    LINK_SILENCE_MAX_S,
    SOURCES_REMEMBERED_MAX,
)
from logstream.model.source import Source, is_name
from logstream.protocol import codec, messages
from logstream.protocol.frame import Packed, divide
from logstream.protocol.messages import (
    Available,
    Connected,
    Disconnected,
    Enable,
    Enabled,
    Error,
    Keepalive,
    LinesHeader,
    Message,
    StreamEnvironment,
    Success,
)
from logstream.transport.base import Connection, Refusal

_Report = (
    Connected | Available | Success | Error | Enabled | Disconnected | messages.Gap | LinesHeader
)
_decode: Final = msgspec.json.Decoder(_Report).decode
_NAMES: Final = frozenset(
    ("connected", "available", "success", "error", "enabled", "disconnected", "gap", "lines")
)
_BAD_REQUEST: Final = 400
_NO_CLOSE: Final = 1006


class ExtendedSession:
    """The receiver of one connection (see `transport/base.py`).

    Args:
        details: Where to and with which ticket.
        follower: Is told what comes.
        renew: Gets fresh details, before the session's life ends.
        ended: Called once, with why, when the connection is over.
        trace: Sees every message, of frames of lines the header.
    """

    def __init__(
        self,
        details: ConnectionDetails,
        *,
        follower: Follower,
        renew: Callable[[], Awaitable[ConnectionDetails]],
        ended: Callable[[LogstreamError], None],
        trace: Trace | None = None,
    ) -> None:
        self.url = details.url
        self.wanted_filter = NO_FILTER
        """What a filtered source is filtered by; its follower sets it."""
        self.accepted = False
        """The hub has let us in."""
        self.servers: set[str] = set()
        self._details = details
        self._follower = follower
        self._ended = ended
        self._trace = trace
        self._secrets: set[bytes] = set()
        self._connection: Connection | None = None
        self._failure: LogstreamError | None = None
        self._messages: list[bytes | tuple[bytes]] = []  # a binary one is in a tuple
        # A transport calls this for every message: no frame of Python's between it and the list.
        self.received: Callable[[bytes], None] = self._messages.append
        self._flows: dict[Source, SourceFlow] = {}
        self._offered: set[Source] = set()
        self._enabling: dict[int, SourceFlow] = {}
        self._last_id = 0
        self._settling_id = 0
        self._upkeep = Upkeep(
            keep_alive=lambda: self._say(Keepalive()),
            silent=self._fall_silent,
            renew=renew,
            show=self._show_ticket,
        )
        self._pages = Pages(next_id=self._next_id, say=self._say, waits=lambda: self._upkeep.paused)

    # --- what its owner asks --------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._connection is not None

    def enable(self, source: Source, lines_filter: Filter, after: str | None) -> None:
        """Ask for a source's lines, unless that was done; ``after`` None: from now on."""
        if source not in self._flows:
            flow = self._flows[source] = SourceFlow(source, self._say_enable)
            flow.enable(lines_filter, after)

    async def page(self, question: Question) -> Page:
        """Ask for a page of history.

        Raises:
            StreamRefused: The hub refuses it, or it does not come.
            ConnectionFailed: The connection ended.
        """
        return await self._pages.ask(question)

    def pause_reading(self) -> None:
        """Let the hub wait."""
        self._upkeep.paused = True
        if self._connection is not None:
            self._connection.pause_reading()

    def resume_reading(self) -> None:
        """Take messages again."""
        self._upkeep.heard()
        self._upkeep.paused = False
        if self._connection is not None:
            self._connection.resume_reading()

    def close(self) -> None:
        """Start to end the connection; the follower is told when it has."""
        if self._connection is not None:
            self._connection.close(1000)

    def abort(self, failure: LogstreamError | None = None) -> None:
        """Drop the connection at once."""
        self._failure = self._failure or failure
        if self._connection is not None:
            self._connection.abort()

    # --- what a transport tells: transport.base.Receiver ----------------------------------------

    def opened(self, connection: Connection) -> None:
        """Show the ticket, and ask for a sign that all sources were named."""
        self._connection = connection
        self._show_ticket(self._details)
        self._settling_id = self._next_id()
        self._say(Keepalive(id=self._settling_id))

    def received_binary(self, message: bytes) -> None:
        """Note a message; see ``received_all``."""
        self._messages.append((message,))

    def received_all(self) -> None:
        """Read what one read of the transport gave."""
        received = self._messages[:]
        self._messages.clear()
        self._upkeep.heard()
        try:
            for message in received:
                if self._failure is not None:
                    return
                if isinstance(message, tuple):
                    self._receive(*divide(message[0], binary=True))
                else:
                    self._receive(*divide(message, binary=False))
        except (BadMessage, BadCursor) as failure:
            self._fail(ConnectionFailed(f"the hub broke the protocol: {one_line(str(failure))}"))

    def refused(self, refusal: Refusal, _beginning: bytes) -> None:
        """The hub sent what no client can use."""
        self._fail(ConnectionFailed(f"the hub sent a message that is {refusal.value}"))

    def drained(self) -> None:
        """Nothing waits for this: a client sends little."""

    def closed(self, code: int, reason: str) -> None:
        """The connection has ended."""
        self._connection = None
        self._upkeep.stop()
        said = f": {one_line(reason)}" if reason else ""
        broke = code == _NO_CLOSE
        why = "the connection broke" if broke else f"the hub closed it ({code}{said})"
        failure = self._failure or ConnectionFailed(why)
        self._pages.end(failure)
        self._ended(failure)

    # --- what comes -----------------------------------------------------------------------------

    def _receive(self, head: bytes, body: Packed | None) -> None:
        if self._trace is not None:
            self._trace("<-", self._masked(head))
        try:
            report: Any = _decode(head)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as failure:
            name = codec.command_name(head)
            if name is None or name in _NAMES:
                raise BadMessage(f"unreadable message: {failure}") from None
            return  # a later version's
        match report:
            case LinesHeader():
                self._receive_lines(report, body)
            case messages.Gap():
                self._receive_gap(report)
            case Success():
                self._receive_success(report)
            case Error():
                self._receive_error(report)
            case _:
                self._receive_news(report)

    def _receive_lines(self, header: LinesHeader, body: Packed | None) -> None:
        if header.id is not None:
            self._pages.receive_lines(header, body)
            return
        source = Source(header.server, header.type)
        flow = self._flows.get(source)
        if flow is None or not flow.takes(header):
            return
        if header.n and body is not None:
            filtered = flow.filter == self.wanted_filter
            self._follower.take(read_columns(source, header, body, filtered=filtered))
        elif header.n:
            raise BadMessage("lines without a body")
        else:
            self._follower.progress(source, header.next)

    def _receive_gap(self, gap: messages.Gap) -> None:
        if gap.id is not None:
            self._pages.receive_gap(gap)
            return
        flow = self._flows.get(Source(gap.server, gap.type))
        lost = None if flow is None else flow.receive_gap(gap)
        if lost is not None:
            self._follower.gap(lost)

    def _receive_news(self, report: Connected | Available | Disconnected | Enabled) -> None:
        if max(len(self.servers), len(self._offered)) > SOURCES_REMEMBERED_MAX:
            bound = SOURCES_REMEMBERED_MAX
            self._fail(ConnectionFailed(f"the hub offers more than {bound} sources or servers"))
            return
        match report:
            case Connected(server=server):
                if server not in self.servers:
                    self.servers.add(server)
                    self._follower.notify(status.ServerJoined(server))
            case Disconnected(server=server):
                self.servers.discard(server)
                self._follower.notify(status.ServerLeft(server))
            case Available():
                source = Source(report.server, report.type)
                if not (is_name(source.server) and is_name(source.log_type)):
                    raise BadMessage("a source has no name that can be shown")
                self._offered.add(source)
                self._follower.source_offered(source)
            case Enabled():
                pass

    # --- answers --------------------------------------------------------------------------------

    def _receive_success(self, answer: Success) -> None:
        if answer.id is None:
            if answer.life_s is not None:
                self.accepted = True
                self._upkeep.lives(answer.life_s)
        elif answer.id == self._settling_id:
            self._settling_id = 0
            self.accepted = True
            self._follower.settled()
        elif self._pages.awaits(answer.id):
            self._pages.succeeded(answer)
        elif answer.id in self._enabling:
            self._enabled(self._enabling.pop(answer.id), answer)

    def _enabled(self, flow: SourceFlow, answer: Success) -> None:
        if not flow.awaits(answer.id):
            return
        first = not flow.flows
        skipped = flow.succeeded(answer)
        if skipped is not None:
            self._follower.gap(skipped)
        if first:
            self._follower.source_flows(flow.source, flow.next or "")
            self._follower.notify(status.SourceFlows(flow.source))

    def _receive_error(self, error: Error) -> None:
        said = f"{error.code} {one_line(error.description)}".rstrip()
        if error.id is not None and self._pages.awaits(error.id):
            self._pages.refused(error.id, StreamRefused(said, code=error.code))
            return
        flow = self._enabling.pop(error.id or 0, None)
        if flow is not None:
            self._enable_refused(flow, error)
            return
        cmd = codec.command_name(error.during.encode("utf-8", "replace"))
        failure = opening_failure(error.code, said, cmd=cmd, accepted=self.accepted)
        if failure is not None:
            self._fail(failure)
        else:
            self._notify_error(error)

    def _enable_refused(self, flow: SourceFlow, error: Error) -> None:
        """Ask for less: without the filter first, then without the cursor."""
        again = flow.flows
        asked = flow.refused()
        source = flow.source
        if again:  # what flowed must not end in silence
            self._fail(ConnectionFailed(f"the hub refused to go on: {one_line(error.description)}"))
        elif error.code == _BAD_REQUEST and flow.filter != NO_FILTER:
            self._follower.notify(status.FilterRefused(source, one_line(error.description)))
            flow.enable(NO_FILTER, asked)
        elif error.code == _BAD_REQUEST and asked is not None:
            self._follower.gap(Gap(source, asked, asked, "refused", None))
            flow.enable(flow.filter, None)
        else:
            del self._flows[source]  # asked for again when it is offered again
            self._notify_error(error)

    def _notify_error(self, error: Error) -> None:
        self._follower.notify(
            status.HubError(error.code, one_line(error.description), one_line(error.server))
        )

    # --- saying ---------------------------------------------------------------------------------

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _say_enable(self, flow: SourceFlow, enable: Enable) -> int:
        enable.id = self._next_id()
        self._enabling[enable.id] = flow
        self._say(enable)
        return enable.id

    def _show_ticket(self, details: ConnectionDetails) -> None:
        self._secrets.add(codec.encode_text(details.hmac)[1:-1])
        self._say(
            StreamEnvironment(site=details.site, env=details.env, t=details.t, d=details.hmac)
        )

    def _fall_silent(self) -> None:
        self.abort(ConnectionFailed(f"nothing came from the hub for {LINK_SILENCE_MAX_S:g} s"))

    def _say(self, message: Message) -> None:
        if self._connection is not None:
            encoded = codec.encode(message)
            if self._trace is not None:
                self._trace("->", self._masked(encoded))
            self._connection.send(encoded)

    def _masked(self, message: bytes) -> bytes:
        """Hide the signatures, which a hub may also repeat in an ``error``."""
        for secret in self._secrets:
            message = message.replace(secret, b"***") if secret else message
        return message

    def _fail(self, failure: LogstreamError) -> None:
        if self._failure is None:
            self._failure = failure
            self.close()
