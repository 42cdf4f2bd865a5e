"""Streams to iterate over: what a program uses.

Both forms hold at most ``ITERATOR_LINES_MAX`` lines (and what one read gave); a program that is
slower than the stream makes the hub wait. Both end the connection when the iteration ends.
"""

import asyncio
import queue
import threading
from collections import deque
from collections.abc import (
    AsyncGenerator,
    Callable,
    Collection,
    Generator,
    Mapping,
    Sequence,
)
from typing import Any, Literal, NamedTuple, TypedDict, Unpack, overload

from logstream.client.cloud_api import CloudAPI
from logstream.client.credentials import Credentials, find_credentials
from logstream.client.line import Line
from logstream.client.position import Position
from logstream.client.session import Wanted
from logstream.client.start import Start
from logstream.client.status import FilterRefused, Gap, OnlyBase, Status
from logstream.client.stream import EnvironmentDetails, LineStream
from logstream.errors import Unsupported
from logstream.model.filter import make_filter
from logstream.model.limits import ITERATOR_LINES_MAX
from logstream.model.source import DEFAULT_TYPES, Source

_NO_ENVIRONMENT: Mapping[str, str] = {}

Expressions = Mapping[str, Sequence[str]]
"""Columns with RE2 expressions on them; the columns are those of a line, `model/filter.py`."""


class Wishes(TypedDict, total=False):
    """What a stream can be asked for; see `stream`."""

    types: Collection[str] | None
    servers: Collection[str] | None
    credentials: Credentials | None
    endpoint: str
    reconnect: bool
    on_status: Callable[[Status], None] | None
    lines: int | None
    since: float | None
    until: float | None
    follow: bool
    after: Mapping[Source, str] | str | None
    show: Expressions | None
    hide: Expressions | None


@overload
def stream(
    application: str, environment: str, *, gaps: Literal[False] = False, **wishes: Unpack[Wishes]
) -> AsyncGenerator[Line, None]: ...


@overload
def stream(
    application: str, environment: str, *, gaps: Literal[True], **wishes: Unpack[Wishes]
) -> AsyncGenerator[Line | Gap, None]: ...


def stream(
    application: str, environment: str, *, gaps: bool = False, **wishes: Unpack[Wishes]
) -> AsyncGenerator[Any, None]:
    """Stream an environment's lines, for as long as the iteration goes on.

    What stands below ``on_status``, and ``gaps``, needs a service that speaks the extended
    protocol, as Logstream does; one that does not is named in an ``Unsupported`` error.

    Args:
        application: UUID, name or hosting id ``realm:sitename``.
        environment: The environment's name, as ``prod``.
        gaps: Give a `Gap` where lines are lost for good; without, only ``on_status`` is told.
        **wishes: What else is wanted:
            ``types``: log types to stream; None: all. Default: ``DEFAULT_TYPES``.
            ``servers``: servers to stream from; None: all, also those that come later.
            ``credentials``: None: those in ``$HOME/.acquia/cloudapiv2.conf``.
            ``endpoint``: the Cloud API's base; empty: the one that the credentials name, or Acquia
            Cloud.
            ``reconnect``: go on after a lost connection: on the extended protocol where it was
            lost; on the base protocol lines written meanwhile are missed.
            ``on_status``: told of connections, servers, sources and gaps; must not block. What it
            raises ends the iteration.
            ``lines``: begin with the last so many lines of all sources together.
            ``since``: begin with the lines of this time and later, Unix seconds.
            ``until``: end with the lines before this time.
            ``follow``: go on live; False: end with what is there.
            ``after``: go on at cursors: one for each source, as lines have them.
            ``show``: columns with RE2 expressions; a line must match one of each column it has.
            ``hide``: columns with RE2 expressions; a line must match none of them.

    Returns:
        Lines, in the order of each source, and what was written before in the order of time. A loop
        that is left early ends the connection soon after; ``contextlib.aclosing`` ends it at once.

    Raises:
        LogstreamError: Here, if there are no credentials, or what is asked for makes no sense; from
            the iteration, what no other try mends, and without ``reconnect`` also a lost
            connection.
    """
    choice = _Choice(application, environment, gaps=gaps, **wishes)
    waiting = _Waiting()
    waiting.source = _line_stream(choice, waiting.take)
    return waiting.lines()


@overload
def stream_sync(
    application: str, environment: str, *, gaps: Literal[False] = False, **wishes: Unpack[Wishes]
) -> Generator[Line, None, None]: ...


@overload
def stream_sync(
    application: str, environment: str, *, gaps: Literal[True], **wishes: Unpack[Wishes]
) -> Generator[Line | Gap, None, None]: ...


def stream_sync(
    application: str, environment: str, *, gaps: bool = False, **wishes: Unpack[Wishes]
) -> Generator[Any, None, None]:
    """Stream as `stream` does, in a program without an event loop.

    The connection lives on a thread of its own, which also calls ``on_status``. It ends with the
    iteration: by ``break``, by ``close()``, or by an error.

    Args:
        application: As for `stream`.
        environment: As for `stream`.
        gaps: As for `stream`.
        **wishes: As for `stream`.

    Returns:
        Lines, as `stream` gives them.

    Raises:
        LogstreamError: As `stream`.
    """
    choice = _Choice(application, environment, gaps=gaps, **wishes)
    handed = _Handed()
    handed.source = _line_stream(choice, handed.take)
    return handed.lines()


class _Choice(NamedTuple):
    """What both forms are asked for."""

    application: str
    environment: str
    gaps: bool = False
    types: Collection[str] | None = DEFAULT_TYPES
    servers: Collection[str] | None = None
    credentials: Credentials | None = None
    endpoint: str = ""
    reconnect: bool = True
    on_status: Callable[[Status], None] | None = None
    lines: int | None = None
    since: float | None = None
    until: float | None = None
    follow: bool = True
    after: Mapping[Source, str] | str | None = None
    show: Expressions | None = None
    hide: Expressions | None = None


class _Waiting:
    """Lines between a stream and a loop on the same event loop."""

    source: LineStream[Line]

    def __init__(self) -> None:
        self._lines: deque[Line | Gap] = deque()
        self._came = asyncio.Event()

    def take(self, lines: Sequence[Line | Gap]) -> None:
        self._lines.extend(lines)
        self._came.set()
        if len(self._lines) > ITERATOR_LINES_MAX:
            self.source.pause_reading()

    async def lines(self) -> AsyncGenerator[Line | Gap, None]:
        waiting, came = self._lines, self._came
        running = asyncio.create_task(self.source.run())
        running.add_done_callback(lambda _: came.set())
        try:
            while True:
                while waiting:
                    yield waiting.popleft()
                    if len(waiting) == ITERATOR_LINES_MAX // 2:
                        self.source.resume_reading()
                if running.done() and not waiting:
                    running.result()
                    return
                came.clear()
                await came.wait()
        finally:
            running.cancel()
            await asyncio.wait((running,))


class _Handed:
    """Lines between a stream on a thread of its own and a loop on another."""

    source: LineStream[Line]

    def __init__(self) -> None:
        self._batches: queue.SimpleQueue[Sequence[Line | Gap] | BaseException | None] = (
            queue.SimpleQueue()
        )
        self._count = _Count()

    def take(self, lines: Sequence[Line | Gap]) -> None:
        self._batches.put(lines)
        if self._count.add(len(lines)) > ITERATOR_LINES_MAX:
            self.source.pause_reading()

    def lines(self) -> Generator[Line | Gap, None, None]:
        runner = _Runner(self.source, self._batches.put)
        runner.start()
        try:
            while True:
                batch = self._batches.get()
                if batch is None:
                    return
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
    """Runs a stream on an event loop of its own.

    Args:
        source: The stream.
        ended: Is told how it ended: None where all was given.
    """

    def __init__(
        self, source: LineStream[Line], ended: Callable[[BaseException | None], None]
    ) -> None:
        super().__init__(name="logstream-stream", daemon=True)
        self._source = source
        self._ended = ended
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
            self._ended(failure)
        else:
            self._ended(None)
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


def _line_stream(choice: _Choice, take: Callable[[Sequence[Line | Gap]], None]) -> LineStream[Line]:
    credentials = choice.credentials or find_credentials(_NO_ENVIRONMENT)
    api = CloudAPI(credentials, choice.endpoint)
    types = None if choice.types is None else frozenset(choice.types)
    servers = None if choice.servers is None else frozenset(choice.servers)
    after = Position.parse(choice.after) if isinstance(choice.after, str) else choice.after

    def notify(news: Status) -> None:
        if isinstance(news, FilterRefused | OnlyBase):
            raise Unsupported(_cannot_filter(news))
        if choice.gaps and isinstance(news, Gap):
            take((news,))
        if choice.on_status is not None:
            choice.on_status(news)

    return LineStream(
        EnvironmentDetails(api, choice.application, choice.environment),
        line=Line,
        take=take,
        take_columns=lambda columns: take(columns.lines()),
        wanted=Wanted(types, None if servers is None else servers.__contains__),
        notify=notify,
        reconnect=choice.reconnect,
        start=Start(choice.lines, choice.since, choice.until, choice.follow, after or {}),
        lines_filter=make_filter(choice.show, choice.hide),
    )


def _cannot_filter(news: FilterRefused | OnlyBase) -> str:
    if isinstance(news, OnlyBase):
        return f"the service at {news.url} cannot filter: leave show and hide out"
    return f"show or hide is not understood: {news.description}"
