"""A stream that lasts: connects with fresh details, and again whenever the connection is lost.

Final are: what the Cloud API says of the key, the application or the environment, a refused ticket,
and details that are refused as expired ``EXPIRED_TICKETS_MAX`` times in a row. All else (networks,
restarting hubs, a busy API; once it has worked, any fault of the API) goes away, and is tried again
for as long as it takes.

A receiver that cannot keep up calls ``pause_reading``: the hub then waits, and nothing grows here.
A connection that ends meanwhile is noticed when reading goes on; one on which nothing comes, though
the transport pings, is given up by the transport. Lines that are written while there is no
connection are missed: the base protocol has no way to ask for them.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final, Generic, Protocol

from logstream.client import status
from logstream.client.blocking import in_thread
from logstream.client.cloud_api import CloudAPI
from logstream.client.cloud_api_types import ConnectionDetails
from logstream.client.http import BUSY
from logstream.client.session import Session, Trace, Wanted
from logstream.client.status import Status
from logstream.errors import (
    ApiError,
    AuthenticationError,
    ConnectionFailed,
    LogstreamError,
    TicketExpired,
)
from logstream.model.backoff import Backoff
from logstream.model.limits import EXPIRED_TICKETS_MAX, FRAME_MAX_BYTES, OPEN_TIMEOUT_S
from logstream.protocol.codec import LineType
from logstream.transport.base import Connection, Receiver

_ACCEPTED_AFTER_S: Final = 3.0
"""A hub that has refused nothing by then has let us in."""
_CLOSE_WAIT_S: Final = 0.5
"""How long the closing handshake may take before the connection is dropped: a person waits."""


class Connect(Protocol):
    """What opens a connection; `transport/picows_client.py` has the real one."""

    def __call__(
        self, url: str, receiver: Receiver, *, open_timeout_s: float, max_message_bytes: int
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
    ) -> None:
        self._details = details
        self._line = line
        self._take = take
        self._wanted = wanted
        self._notify = notify
        self._reconnect = reconnect
        self._trace = trace
        self._connect = connect
        self._backoff = backoff or Backoff(random.uniform)
        self._session: Session[LineType] | None = None
        self._ended: asyncio.Future[LogstreamError] | None = None
        self._paused = False
        self._worked = False
        self._announced = False
        self._expired = 0

    async def run(self) -> None:
        """Stream; returns only by an error or a cancellation.

        Raises:
            LogstreamError: What is final.
        """
        while True:
            failure = await self._until_lost()
            again = self._reconnect and self._goes_away(failure)
            if not again:
                raise _as_final(failure)
            wait_s = self._backoff.next_wait_s()
            self._notify(
                status.Reconnecting(str(failure), self._backoff.attempt, wait_s, self._worked)
            )
            await asyncio.sleep(wait_s)

    def pause_reading(self) -> None:
        """Let the hub wait until ``resume_reading``; holds across connections."""
        self._paused = True
        if self._session is not None:
            self._session.pause_reading()

    def resume_reading(self) -> None:
        """Take lines again."""
        if self._paused and self._session is not None:
            self._session.resume_reading()
        self._paused = False

    async def _until_lost(self) -> LogstreamError:
        """Connect and stream; gives why it ended."""
        ended: asyncio.Future[LogstreamError] = asyncio.get_running_loop().create_future()
        self._ended = ended
        try:
            details = await in_thread(self._details)
            session = Session(
                details,
                line=self._line,
                wanted=self._wanted,
                take=lambda lines: self._guarded(self._take, lines),
                notify=lambda news: self._guarded(self._pass_on, news),
                ended=lambda why: None if ended.done() else ended.set_result(why),
                trace=self._trace,
            )
            if self._trace is not None:
                self._trace("->", b"connect to " + details.url.encode())
            self._session, self._announced = session, False
            await self._open(session)
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
            if session.is_open:
                session.resume_reading()  # or the answer to the close is never read
                session.close()
                await asyncio.wait((ended,), timeout=_CLOSE_WAIT_S)
                session.abort()

    async def _open(self, session: Session[LineType]) -> None:
        connect = self._connect
        if connect is None:
            from logstream.transport import picows_client  # noqa: PLC0415 - tests need none

            connect = picows_client.connect
        await connect(
            session.url, session, open_timeout_s=OPEN_TIMEOUT_S, max_message_bytes=FRAME_MAX_BYTES
        )

    def _pass_on(self, news: Status) -> None:
        self._announce()
        self._notify(news)

    def _accept(self, session: Session[LineType]) -> None:
        """Take it that the hub has let us in: it refuses at once, and may have nothing to say."""
        session.accepted = True
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


def _as_final(failure: LogstreamError) -> LogstreamError:
    if isinstance(failure, TicketExpired):
        return AuthenticationError(
            f"{failure}; is this machine's, the hub's or the Cloud API's clock wrong?"
        )
    return failure
