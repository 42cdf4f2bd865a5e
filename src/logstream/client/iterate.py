"""Streams to iterate over: what a program uses.

Both forms hold at most ``ITERATOR_LINES_MAX`` lines (and what one read gave); a program that is
slower than the stream makes the hub wait. Both end the connection when the iteration ends.
"""

import asyncio
import queue
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Collection, Generator, Mapping
from typing import NamedTuple

from logstream.client.cloud_api import CloudAPI
from logstream.client.credentials import Credentials, find_credentials
from logstream.client.session import Wanted
from logstream.client.status import Status
from logstream.client.stream import EnvironmentDetails, LineStream
from logstream.model.limits import ITERATOR_LINES_MAX
from logstream.model.source import DEFAULT_TYPES
from logstream.protocol.messages import Line

_NO_ENVIRONMENT: Mapping[str, str] = {}


class _Choice(NamedTuple):
    """What both forms are asked for."""

    application: str
    environment: str
    types: Collection[str] | None
    servers: Collection[str] | None
    credentials: Credentials | None
    endpoint: str
    reconnect: bool
    on_status: Callable[[Status], None] | None


def stream(
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
        on_status: Told of connections, servers and sources; must not block. What it raises ends
            the iteration.

    Returns:
        Lines, in the order of each source. A loop that is left early ends the connection soon
        after; ``contextlib.aclosing`` ends it at once.

    Raises:
        LogstreamError: Here, if there are no credentials; from the iteration, what no other try
            mends, and without ``reconnect`` also a lost connection.
    """
    choice = _Choice(
        application, environment, types, servers, credentials, endpoint, reconnect, on_status
    )
    waiting = _Waiting()
    waiting.source = _line_stream(choice, waiting.take)
    return waiting.lines()


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

    Returns:
        Lines, in the order of each source.

    Raises:
        LogstreamError: As `stream`.
    """
    choice = _Choice(
        application, environment, types, servers, credentials, endpoint, reconnect, on_status
    )
    handed = _Handed()
    handed.source = _line_stream(choice, handed.take)
    return handed.lines()


class _Waiting:
    """Lines between a stream and a loop on the same event loop."""

    source: LineStream[Line]

    def __init__(self) -> None:
        self._lines: deque[Line] = deque()
        self._came = asyncio.Event()

    def take(self, lines: list[Line]) -> None:
        self._lines.extend(lines)
        self._came.set()
        if len(self._lines) > ITERATOR_LINES_MAX:
            self.source.pause_reading()

    async def lines(self) -> AsyncGenerator[Line, None]:
        waiting, came = self._lines, self._came
        running = asyncio.create_task(self.source.run())
        running.add_done_callback(lambda _: came.set())
        try:
            while True:
                while waiting:
                    yield waiting.popleft()
                    if len(waiting) == ITERATOR_LINES_MAX // 2:
                        self.source.resume_reading()
                if running.done():
                    running.result()
                came.clear()
                await came.wait()
        finally:
            running.cancel()
            await asyncio.wait((running,))


class _Handed:
    """Lines between a stream on a thread of its own and a loop on another."""

    source: LineStream[Line]

    def __init__(self) -> None:
        self._batches: queue.SimpleQueue[list[Line] | BaseException] = queue.SimpleQueue()
        self._count = _Count()

    def take(self, lines: list[Line]) -> None:
        self._batches.put(lines)
        if self._count.add(len(lines)) > ITERATOR_LINES_MAX:
            self.source.pause_reading()

    def lines(self) -> Generator[Line, None, None]:
        runner = _Runner(self.source, self._batches.put)
        runner.start()
        try:
            while True:
                batch = self._batches.get()
                if isinstance(batch, BaseException):
                    raise batch
                yield from batch
                before, after = self._count.take(len(batch))
                if after <= ITERATOR_LINES_MAX // 2 < before:
                    runner.call(self.source.resume_reading)
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


def _line_stream(choice: _Choice, take: Callable[[list[Line]], None]) -> LineStream[Line]:
    credentials = choice.credentials or find_credentials(_NO_ENVIRONMENT)
    api = CloudAPI(credentials, choice.endpoint)
    types = None if choice.types is None else frozenset(choice.types)
    servers = None if choice.servers is None else frozenset(choice.servers)
    return LineStream(
        EnvironmentDetails(api, choice.application, choice.environment),
        line=Line,
        take=take,
        wanted=Wanted(types, None if servers is None else servers.__contains__),
        notify=choice.on_status or (lambda _: None),
        reconnect=choice.reconnect,
    )
