"""A stream that lasts: connects with fresh details, and again whenever the connection is lost.

Final are: what the Cloud API says of the key, the application or the environment, a refused ticket,
and details that are refused as expired ``EXPIRED_TICKETS_MAX`` times in a row. All else (networks,
restarting hubs, a busy API; once it has worked, any fault of the API) goes away, and is tried again
for as long as it takes.

A receiver that cannot keep up calls ``pause_reading``: the hub then waits, and nothing grows here.
A connection that ends meanwhile is noticed when reading goes on; one on which nothing comes, though
the transport pings, is given up by the transport.

Where the connection details list an extended protocol and the hub chooses it (S1), a stream goes on
at its cursors after a loss, so no line is missed, and what was written before can be had. On the
base protocol lines that are written while there is no connection are missed.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final, Generic, Protocol
from urllib.parse import urlsplit

from logstream.client import status
from logstream.client.blocking import in_thread
from logstream.client.cloud_api import CloudAPI
from logstream.client.cloud_api_types import ConnectionDetails
from logstream.client.either_session import AnySession, SessionOfEither
from logstream.client.extended_session import ExtendedSession
from logstream.client.following import Following
from logstream.client.http import BUSY
from logstream.client.line_columns import LineColumns
from logstream.client.position import Position
from logstream.client.session import Session, Trace, Wanted
from logstream.client.start import Start
from logstream.client.status import Status
from logstream.errors import (
    ApiError,
    AuthenticationError,
    ConnectionFailed,
    LogstreamError,
    TicketExpired,
    Unsupported,
)
from logstream.model.backoff import Backoff
from logstream.model.filter import NO_FILTER, Filter
from logstream.model.limits import EXPIRED_TICKETS_MAX, FRAME_MAX_BYTES, OPEN_TIMEOUT_S
from logstream.protocol.codec import LineType
from logstream.protocol.frame import PROTOCOLS
from logstream.transport.base import Connection, Receiver

_ACCEPTED_AFTER_S: Final = 3.0
"""A hub that has refused nothing by then has let us in."""
_CLOSE_WAIT_S: Final = 0.5
"""How long the closing handshake may take before the connection is dropped: a person waits."""


class Connect(Protocol):
    """What opens a connection; `transport/picows_client.py` has the real one."""

    def __call__(
        self,
        url: str,
        receiver: Receiver,
        *,
        open_timeout_s: float,
        max_message_bytes: int,
        subprotocols: Sequence[str],
    ) -> Awaitable[Connection]:
        """Open a connection to ``url``; ``receiver`` gets all that follows."""


class EnvironmentDetails:
    """Gets connection details of one environment, and looks for it only once.

    Args:
        api: Asked with blocking calls.
        application: UUID, name or hosting id.
        environment: The environment's name.
    """

    def __init__(self, api: CloudAPI, application: str, environment: str) -> None:
        self._api = api
        self._application = application
        self._environment = environment
        self._environment_id: str | None = None

    def __call__(self) -> ConnectionDetails:
        """Get fresh details.

        Raises:
            LogstreamError: As `CloudAPI` does.
        """
        if self._environment_id is None:
            application = self._api.find_application(self._application)
            self._environment_id = self._api.environment(application, self._environment).id
        return self._api.logstream(self._environment_id)


class LineStream(Generic[LineType]):
    """Streams lines until it is cancelled, or something final happens.

    Args:
        details: Gets connection details, blocking; called on a thread for each connection.
        line: The type to read lines as; tagged ``line``.
        take: Gets lines, in the order of each source; must not block.
        wanted: Which sources to enable.
        notify: Gets all else that happens. What it or ``take`` raises ends the stream.
        reconnect: False: the first loss of the connection, or failure to get one, is final.
        trace: Sees every message.
        connect: Opens connections.
        backoff: How long to wait.
        take_columns: Gets the lines on the extended protocol, instead of ``take``; must not block.
            None: only the base protocol is spoken.
        start: Where to begin and to end. All but ``Start()`` needs the extended protocol.
        lines_filter: Evaluated by the sources, on the extended protocol; where it is not,
            `status.OnlyBase` or `status.FilterRefused` says so, and the receiver has to filter.
        reorder_s: How long to hold live lines to put those of all sources into the order of time
            (extended protocol only); 0: they come as they come.
    """

    def __init__(
        self,
        details: Callable[[], ConnectionDetails],
        *,
        line: type[LineType],
        take: Callable[[list[LineType]], None],
        wanted: Wanted = Wanted(),  # noqa: B008 - immutable
        notify: Callable[[Status], None] = lambda _: None,
        reconnect: bool = True,
        trace: Trace | None = None,
        connect: Connect | None = None,
        backoff: Backoff | None = None,
        take_columns: Callable[[LineColumns], None] | None = None,
        start: Start = Start(),  # noqa: B008 - immutable
        lines_filter: Filter = NO_FILTER,
        reorder_s: float = 0.0,
    ) -> None:
        start.check()
        self._details = details
        self._line = line
        self._take = take
        self._wanted = wanted
        self._notify = notify
        self._reconnect = reconnect
        self._trace = trace
        self._connect = connect
        self._backoff = backoff or Backoff(random.uniform)
        self._start = start
        self._filter = lines_filter
        self._extends = take_columns is not None
        self._extended = False
        self._following = Following(
            start=start,
            wanted=wanted,
            lines_filter=lines_filter,
            take=partial(self._guarded, take_columns or _ignore),
            notify=partial(self._guarded, self._pass_on),
            finished=self._finish,
            reorder_s=reorder_s,
        )
        self._session: SessionOfEither | None = None
        self._ended: asyncio.Future[LogstreamError | None] | None = None
        self._resumed = asyncio.Event()
        self._resumed.set()
        self._paused = False
        self._worked = False
        self._announced = False
        self._expired = 0

    @property
    def position(self) -> Position:
        """The cursors after what was given to ``take_columns``; empty on the base protocol."""
        return self._following.position

    async def run(self) -> None:
        """Stream; returns when all that ``start`` wants was given, else only by an error.

        Raises:
            LogstreamError: What is final.
        """
        try:
            while True:
                failure = await self._until_lost()
                if failure is None:
                    return
                await self._wait_for_another(failure)
        finally:
            self._following.stop()
            self._following.flush()

    async def _wait_for_another(self, failure: LogstreamError) -> None:
        """Wait until another connection is due; raises what is final."""
        again = self._reconnect and self._goes_away(failure)
        if not again:
            raise _as_final(failure)
        wait_s = self._backoff.next_wait_s()
        self._notify(status.Reconnecting(str(failure), self._backoff.attempt, wait_s, self._worked))
        await asyncio.sleep(wait_s)
        if self._extended:  # while nobody reads, a connection would only be closed again (S12)
            await self._resumed.wait()

    def pause_reading(self) -> None:
        """Let the hub wait until ``resume_reading``; holds across connections."""
        self._paused = True
        self._resumed.clear()
        self._following.pause()
        if self._session is not None:
            self._session.pause_reading()

    def resume_reading(self) -> None:
        """Take lines again."""
        if self._paused and self._session is not None:
            self._session.resume_reading()
        self._paused = False
        self._resumed.set()
        self._following.resume()

    async def _until_lost(self) -> LogstreamError | None:
        """Connect and stream; gives why it ended, None where all was given."""
        ended: asyncio.Future[LogstreamError | None] = asyncio.get_running_loop().create_future()
        self._ended = ended
        try:
            details = await in_thread(self._details)
            if self._trace is not None:
                self._trace("->", b"connect to " + details.url.encode())
            self._announced = False
            session = await self._open(details, ended)
        except LogstreamError as failure:
            self._session = None
            return failure
        if self._paused:
            session.pause_reading()
        silence = asyncio.get_running_loop().call_later(_ACCEPTED_AFTER_S, self._accept, session)
        try:
            return await asyncio.shield(ended)
        finally:
            silence.cancel()
            self._session = None
            self._following.stop()
            if session.is_open:
                session.resume_reading()  # or the answer to the close is never read
                session.close()
                await asyncio.wait((session.over,), timeout=_CLOSE_WAIT_S)
                session.abort()

    async def _open(
        self, details: ConnectionDetails, ended: "asyncio.Future[LogstreamError | None]"
    ) -> "SessionOfEither":
        """Connect, with the protocol that the hub chooses."""
        session = SessionOfEither(details, partial(self._chosen, details, ended))
        self._session = session
        connect = self._connect
        if connect is None:
            from logstream.transport import picows_client  # noqa: PLC0415 - tests need none

            connect = picows_client.connect
        offered = [name for name in PROTOCOLS if name in details.protocols]
        await connect(
            details.url,
            session,
            open_timeout_s=OPEN_TIMEOUT_S,
            max_message_bytes=FRAME_MAX_BYTES,
            subprotocols=offered if self._extends else (),
        )
        return session

    def _chosen(
        self,
        details: ConnectionDetails,
        ended: "asyncio.Future[LogstreamError | None]",
        subprotocol: str | None,
    ) -> AnySession:
        """Make the session of the protocol that was chosen."""

        def end(why: LogstreamError) -> None:
            if not ended.done():
                ended.set_result(why)

        self._extended = subprotocol is not None
        if self._extended:
            following = self._following
            session = ExtendedSession(
                details,
                follower=following,
                renew=lambda: in_thread(self._details),
                ended=end,
                trace=self._trace,
            )
            following.begin(session)
            return session
        base = Session(
            details,
            line=self._line,
            wanted=self._wanted,
            take=partial(self._guarded, self._take),
            notify=partial(self._guarded, self._pass_on),
            ended=end,
            trace=self._trace,
        )
        if not self._worked and not self._start.is_plain:
            end(_only_base(details.url))
        elif not self._worked and self._filter != NO_FILTER:
            self._guarded(self._notify, status.OnlyBase(details.url, ("filter",)))
        return base

    def _finish(self, failure: Exception | None) -> None:
        """End the stream: all was given, or something went wrong."""
        if self._ended is not None and not self._ended.done():
            if failure is None:
                self._following.flush()
                self._ended.set_result(None)
            else:
                self._ended.set_exception(failure)

    def _pass_on(self, news: Status) -> None:
        self._announce()
        self._notify(news)

    def _accept(self, session: SessionOfEither) -> None:
        """Take it that the hub has let us in: it refuses at once, and may have nothing to say."""
        session.accept()
        self._guarded(self._announce)

    def _guarded(self, call: Callable[..., None], *arguments: object) -> None:
        """Call what is not ours; raised where a transport calls us, nobody would hear of it."""
        try:
            call(*arguments)
        except Exception as failure:  # noqa: BLE001 - raised again by ``run``
            if self._ended is not None and not self._ended.done():
                self._ended.set_exception(failure)

    def _announce(self) -> None:
        """Say once for each connection that the hub has let us in, as soon as that is known."""
        session = self._session
        if session is not None and session.accepted and not self._announced:
            self._announced = True
            self._notify(status.Connected(session.url, again=self._worked))
            self._worked = True
            self._expired = 0
            self._backoff.reset()

    def _goes_away(self, failure: LogstreamError) -> bool:
        """Say whether it makes sense to try again."""
        if isinstance(failure, TicketExpired):
            self._expired += 1
            return self._expired < EXPIRED_TICKETS_MAX
        if isinstance(failure, ApiError):
            # Of a service that has worked an odd answer is a passing fault: it restarts.
            return self._worked or failure.status == 0 or failure.status in BUSY
        return isinstance(failure, ConnectionFailed)


def _ignore(_: object) -> None:
    pass


def _only_base(url: str) -> LogstreamError:
    host = urlsplit(url).hostname or url
    return Unsupported(
        f"the service at {host} has no history and no cursors: it only streams from now on"
    )


def _as_final(failure: LogstreamError) -> LogstreamError:
    if isinstance(failure, TicketExpired):
        return AuthenticationError(
            f"{failure}; is this machine's, the hub's or the Cloud API's clock wrong?"
        )
    return failure
