"""Streams to iterate over: what a program uses.

Both forms hold at most ``ITERATOR_LINES_MAX`` lines (and what one read gave); a program that is
slower than the stream makes the hub wait. Both end the connection when the iteration ends.
"""

import asyncio
import queue
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Collection, Generator, Mapping

from logstream.client.cloud_api import CloudAPI
from logstream.client.credentials import Credentials, find_credentials
from logstream.client.session import Wanted
from logstream.client.status import Status
from logstream.client.stream import EnvironmentDetails, LineStream
from logstream.model.limits import ITERATOR_LINES_MAX
from logstream.protocol.messages import Line

DEFAULT_TYPES: tuple[str, ...] = (
    "apache-request",
    "php-error",
    "drupal-watchdog",
    "varnish-request",
)
"""The log types that are streamed where nobody says which; the same as in other clients."""

_NO_ENVIRONMENT: Mapping[str, str] = {}


async def stream(
    application: str,
    environment: str,
    *,
    types: Collection[str] | None = DEFAULT_TYPES,
    servers: Collection[str] | None = None,
    credentials: Credentials | None = None,
    endpoint: str = "",
    reconnect: bool = True,
    on_status: Callable[[Status], None] | None = None,
) -> AsyncGenerator[Line, None]:
    """Stream an environment's lines, for as long as the iteration goes on.

    Args:
        application: UUID, name or hosting id ``realm:sitename``.
        environment: The environment's name, as ``prod``.
        types: Log types to stream; None: all.
        servers: Servers to stream from; None: all, also those that come later.
        credentials: None: those in ``$HOME/.acquia/cloudapiv2.conf``.
        endpoint: The Cloud API's base; empty: the one that the credentials name, or Acquia Cloud.
        reconnect: Go on after a lost connection; lines written meanwhile are missed.
        on_status: Told of connections, servers and sources; must not block.

    Yields:
        Lines, in the order of each source.

    Raises:
        LogstreamError: What no other try mends; without ``reconnect`` also a lost connection.
    """
    waiting: deque[Line] = deque()
    came = asyncio.Event()

    def take(lines: list[Line]) -> None:
        waiting.extend(lines)
        came.set()
        if len(waiting) > ITERATOR_LINES_MAX:
            source.pause_reading()

    source = _line_stream(
        application,
        environment,
        types=types,
        servers=servers,
        credentials=credentials,
        endpoint=endpoint,
        reconnect=reconnect,
        on_status=on_status,
        take=take,
    )
    running = asyncio.create_task(source.run())
    running.add_done_callback(lambda _: came.set())
    paused_at = ITERATOR_LINES_MAX // 2
    try:
        while True:
            while waiting:
                yield waiting.popleft()
                if len(waiting) == paused_at:
                    source.resume_reading()
            if running.done():
                running.result()
            came.clear()
            await came.wait()
    finally:
        running.cancel()
        await asyncio.wait((running,))


def stream_sync(
    application: str,
    environment: str,
    *,
    types: Collection[str] | None = DEFAULT_TYPES,
    servers: Collection[str] | None = None,
    credentials: Credentials | None = None,
    endpoint: str = "",
    reconnect: bool = True,
    on_status: Callable[[Status], None] | None = None,
) -> Generator[Line, None, None]:
    """Stream as `stream` does, in a program without an event loop.

    The connection lives on a thread of its own, which also calls ``on_status``. It ends with the
    iteration: by ``break``, by ``close()``, or by an error.

    Yields:
        Lines, in the order of each source.

    Raises:
        LogstreamError: As `stream`.
    """
    batches: queue.SimpleQueue[list[Line] | BaseException] = queue.SimpleQueue()
    count = _Count()

    def take(lines: list[Line]) -> None:
        batches.put(lines)
        if count.add(len(lines)) > ITERATOR_LINES_MAX:
            source.pause_reading()

    source = _line_stream(
        application,
        environment,
        types=types,
        servers=servers,
        credentials=credentials,
        endpoint=endpoint,
        reconnect=reconnect,
        on_status=on_status,
        take=take,
    )
    runner = _Runner(source, batches.put)
    runner.start()
    try:
        while True:
            batch = batches.get()
            if isinstance(batch, BaseException):
                raise batch
            yield from batch
            before, after = count.take(len(batch))
            if after <= ITERATOR_LINES_MAX // 2 < before:
                runner.call(source.resume_reading)
    finally:
        runner.end()


class _Count:
    """Lines that wait, counted from two threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines = 0

    def add(self, lines: int) -> int:
        with self._lock:
            self._lines += lines
            return self._lines

    def take(self, lines: int) -> tuple[int, int]:
        with self._lock:
            before = self._lines
            self._lines -= lines
            return before, self._lines


class _Runner(threading.Thread):
    """Runs a stream on an event loop of its own."""

    def __init__(self, source: LineStream[Line], failed: Callable[[BaseException], None]) -> None:
        super().__init__(name="logstream-stream", daemon=True)
        self._source = source
        self._failed = failed
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._ready = threading.Event()

    def run(self) -> None:
        from logstream.transport import event_loop  # noqa: PLC0415 - only this form needs a loop

        try:
            event_loop.run(self._stream())
        except asyncio.CancelledError:
            return
        except BaseException as failure:  # noqa: BLE001 - raised again where the lines are read
            self._failed(failure)
        finally:
            self._ready.set()

    def call(self, action: Callable[[], object]) -> None:
        """Call on the loop's thread; nothing happens once the loop has ended."""
        self._ready.wait()
        if self._loop is not None and not self._loop.is_closed():
            try:
                self._loop.call_soon_threadsafe(action)
            except RuntimeError:
                return  # closed in between

    def end(self) -> None:
        """Close the connection and wait until that is done."""
        self._ready.wait()
        if self._task is not None:
            self.call(self._task.cancel)
        self.join()

    async def _stream(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._ready.set()
        await self._source.run()


def _line_stream(
    application: str,
    environment: str,
    *,
    types: Collection[str] | None,
    servers: Collection[str] | None,
    credentials: Credentials | None,
    endpoint: str,
    reconnect: bool,
    on_status: Callable[[Status], None] | None,
    take: Callable[[list[Line]], None],
) -> LineStream[Line]:
    api = CloudAPI(credentials or find_credentials(_NO_ENVIRONMENT), endpoint)
    wanted_servers = None if servers is None else frozenset(servers)
    return LineStream(
        EnvironmentDetails(api, application, environment),
        line=Line,
        take=take,
        wanted=Wanted(
            None if types is None else frozenset(types),
            None if wanted_servers is None else wanted_servers.__contains__,
        ),
        notify=on_status or (lambda _: None),
        reconnect=reconnect,
    )
