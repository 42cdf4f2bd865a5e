"""The work of `logstream tail`: a stream, a filter, a renderer and an output, wired together."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final, TextIO

from logstream.cli import line_filter, render, settings
from logstream.cli.output import OutputWriter
from logstream.cli.rows import TEXT, getter, row_type, shown
from logstream.cli.tail_config import Ending, TailConfig
from logstream.cli.tail_news import News
from logstream.client.cloud_api import CloudAPI
from logstream.client.cloud_api_types import ConnectionDetails
from logstream.client.session import Wanted
from logstream.client.status import Connected, Status
from logstream.client.stream import EnvironmentDetails, LineStream
from logstream.errors import LogstreamError
from logstream.protocol.messages import Message
from logstream.transport import event_loop

TIMED_OUT: Final = 124
"""The exit code of ``--timeout``, as of the program ``timeout``."""
_NOTHING_FLOWS_S: Final = 5.0
"""How long servers may take to offer what was asked for, before a person is told."""


def run_tail(config: TailConfig, *, out_fd: int, err: TextIO) -> int:
    """Stream until something ends it.

    Args:
        config: What to stream, and how to show it.
        out_fd: Gets the lines, and nothing else.
        err: Gets the news.

    Returns:
        The exit code.

    Raises:
        LogstreamError: What ended the stream, where that was a fault.
    """
    news = News(err, config.types)
    credentials = settings.credentials(config.credentials_file)
    if credentials.exposed:
        path = credentials.origin
        news.say(f"warning: other users can read {path}: protect it with chmod 600 {path}")
    api = CloudAPI(credentials, config.endpoint)
    if api.in_clear:
        news.say(f"warning: {api.host} is asked without TLS: others on the way can read your key")
    details = EnvironmentDetails(api, config.application, config.environment)
    return event_loop.run(tail(config, details, out_fd=out_fd, news=news))


async def tail(
    config: TailConfig,
    details: Callable[[], ConnectionDetails],
    *,
    out_fd: int,
    news: News,
) -> int:
    """Stream until something ends it; as `run_tail`, on the running event loop."""
    loop = asyncio.get_running_loop()
    run = _Run(config, details, out_fd=out_fd, news=news)
    # A stream has no end of its own: to end it by a signal is how it is meant to be used.
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, run.end, 0)
    if config.ending.timeout_s is not None:
        loop.call_later(config.ending.timeout_s, run.end, TIMED_OUT)
    running = asyncio.create_task(run.stream.run())
    try:
        await asyncio.wait((running, run.ended), return_when=asyncio.FIRST_COMPLETED)
        if not run.ended.done():
            await running  # raises what ended it
        return await run.ended
    finally:
        running.cancel()
        await asyncio.wait((running,))
        await run.output.finish()


class _Run:
    """The parts of one run, and when it ends."""

    def __init__(
        self,
        config: TailConfig,
        details: Callable[[], ConnectionDetails],
        *,
        out_fd: int,
        news: News,
    ) -> None:
        self._news = news
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[int] = self._loop.create_future()
        self.output = OutputWriter(
            out_fd, full=self._pause_reading, drained=self._resume_reading, broken=self._broken
        )
        columns = render.shown_columns(config.columns, config.output)
        rows = _Rows(
            passes=line_filter.line_test(config.line_filter),
            render=render.renderer(columns, config.output, config.colour),
            write=self.output.write,
            ending=config.ending,
            end=self.end,
        )
        self.stream: LineStream[Any] = LineStream(
            details,
            line=row_type(_needed_columns(config, columns)),
            take=rows.take,
            wanted=Wanted(config.types, _server_test(config.servers)),
            notify=self._notify,
            reconnect=config.reconnect,
            trace=news.trace if config.debug else None,
        )

    def end(self, code: int) -> None:
        """End the run with an exit code, unless it has ended."""
        if not self.ended.done():
            self.ended.set_result(code)

    def _broken(self, failure: LogstreamError | None) -> None:
        if failure is not None and not self.ended.done():
            self.ended.set_exception(failure)
        self.end(0)  # what reads our output has seen enough: no fault of anyone's

    def _notify(self, status: Status) -> None:
        self._news.tell(status)
        if isinstance(status, Connected) and not status.again:
            self._loop.call_later(_NOTHING_FLOWS_S, self._news.tell_if_nothing_flows)

    def _pause_reading(self) -> None:
        self.stream.pause_reading()

    def _resume_reading(self) -> None:
        self.stream.resume_reading()


class _Rows:
    """What happens to rows: the filter, the limits of the run, the renderer, the output."""

    def __init__(
        self,
        *,
        passes: line_filter.Passes | None,
        render: render.Render,
        write: Callable[[bytes], None],
        ending: Ending,
        end: Callable[[int], None],
    ) -> None:
        self._passes = passes
        self._render = render
        self._write = write
        self._ending = ending
        self._left = ending.max_lines
        self._end = end
        self._ended = False
        limits = (ending.max_lines, ending.until_match, ending.fail_on)
        self._limited = any(limit is not None for limit in limits)

    def take(self, rows: Sequence[Message]) -> None:
        """Show rows."""
        if self._passes is not None:
            rows = [row for row in rows if self._passes(row)]
        if self._limited:
            rows = self._within_limits(rows)
        if rows:
            self._write(self._render(rows))

    def _within_limits(self, rows: Sequence[Message]) -> Sequence[Message]:
        """Give the rows up to the one that ends the run."""
        if self._ended:
            return ()
        until, fail = self._ending.until_match, self._ending.fail_on
        get_text = getter(TEXT)
        for count, row in enumerate(rows, 1):
            text = shown(get_text(row)) if until or fail else ""
            code = None
            if fail is not None and fail.search(text):
                code = 1
            elif (until is not None and until.search(text)) or count == self._left:
                code = 0
            if code is not None:
                self._ended = True
                self._end(code)
                return rows[:count]
        if self._left is not None:
            self._left -= len(rows)
        return rows


def _needed_columns(config: TailConfig, columns: Sequence[str]) -> set[str]:
    needed = render.columns_of(columns, config.output, config.colour)
    needed |= line_filter.columns_of(config.line_filter)
    if config.ending.until_match is not None or config.ending.fail_on is not None:
        needed.add(TEXT)
    return needed


def _server_test(patterns: Sequence[str]) -> Callable[[str], bool] | None:
    if not patterns:
        return None
    return lambda server: any(fnmatchcase(server, pattern) for pattern in patterns)
