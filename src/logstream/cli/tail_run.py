"""The work of `logstream tail`: a stream, a filter, a renderer and an output, wired together."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final, TextIO

from logstream.cli import line_filter, moment, render, settings
from logstream.cli.columns import keys_of
from logstream.cli.cursor_file import CursorFile
from logstream.cli.line_path import LinePath
from logstream.cli.output import OutputWriter
from logstream.cli.position import NOWHERE
from logstream.cli.progress import Progress
from logstream.cli.rows import TEXT, row_type
from logstream.cli.source_filter import divide
from logstream.cli.tail_config import Output, TailConfig
from logstream.cli.tail_news import News
from logstream.client.cloud_api import CloudAPI
from logstream.client.cloud_api_types import ConnectionDetails
from logstream.client.line_columns import LineColumns
from logstream.client.session import Wanted
from logstream.client.status import Connected, Gap, Status
from logstream.client.stream import EnvironmentDetails, LineStream
from logstream.errors import LogstreamError, Unsupported, UsageError
from logstream.protocol.messages import Message
from logstream.transport import event_loop

TIMED_OUT: Final = 124
"""The exit code of ``--timeout``, as of the program ``timeout``."""
_NOTHING_FLOWS_S: Final = 5.0
"""How long servers may take to offer what was asked for, before a person is told."""
_CURSOR_FILE_INTERVAL_S: Final = 1.0
"""How often the cursor file is written: so much is shown again after a run was killed."""


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
    _say_what_is_not_obvious(config, news)
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
            await running  # raises what ended it; else all that was asked for was given
            run.end(0)
        return await run.ended
    finally:
        running.cancel()
        await asyncio.wait((running,))
        await run.output.finish()
        run.remember()


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
        self._config = config
        self._news = news
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[int] = self._loop.create_future()
        self.output = output = OutputWriter(
            out_fd, full=self._pause_reading, drained=self._resume_reading, broken=self._broken
        )
        self._progress = Progress(
            config.start.after,
            given=lambda: self.stream.position,
            queued_bytes=lambda: output.queued_bytes,
            written_bytes=lambda: output.written_bytes,
        )
        division = divide(config.line_filter)
        columns = render.shown_columns(config.columns, config.output)
        self._path = LinePath(
            rest=division.rest,
            whole=division.whole,
            render=render.renderer(columns, config.output, config.colour, config.highlight),
            write=output.write,
            ending=config.ending,
            end=self.end,
            progress=self._progress,
        )
        self.stream: LineStream[Any] = LineStream(
            details,
            line=row_type(keys_of(_needed_columns(config, columns))),
            take=self._take_rows,
            take_columns=self._take_columns,
            wanted=Wanted(config.types, _server_test(config.servers)),
            notify=self._notify,
            reconnect=config.reconnect,
            trace=news.trace if config.debug else None,
            start=config.start,
            lines_filter=division.at_source,
            reorder_s=config.reorder_s,
        )
        path = config.resuming.cursor_file
        self._cursor_file = None if path is None else CursorFile(path)
        if self._cursor_file is not None:
            self._loop.call_later(_CURSOR_FILE_INTERVAL_S, self._remember_again)

    def end(self, code: int) -> None:
        """End the run with an exit code, unless it has ended."""
        if not self.ended.done():
            self.ended.set_result(code)

    def remember(self) -> None:
        """Write where the stream is, and say it, as the person wants.

        Raises:
            LogstreamError: The file cannot be written.
        """
        word = self._progress.shown_word()
        if word == NOWHERE:
            return
        if self._config.resuming.show_cursor:
            self._news.say(f"cursor: {word}")
        if self._cursor_file is not None:
            self._cursor_file.write(word)

    def _remember_again(self) -> None:
        if self.ended.done() or self._cursor_file is None:
            return
        word = self._progress.shown_word()
        if word != NOWHERE:
            try:
                self._cursor_file.write(word)
            except LogstreamError as failure:
                self.ended.set_exception(failure)
                return
        self._loop.call_later(_CURSOR_FILE_INTERVAL_S, self._remember_again)

    def _take_rows(self, rows: Sequence[Message]) -> None:
        config = self._config
        if config.resuming.cursor_file or config.resuming.show_cursor or config.reorder_s:
            raise Unsupported(
                "this service has no cursors: leave out --cursor-file, --show-cursor and --reorder"
            )
        self._path.take_rows(rows)

    def _take_columns(self, lines: LineColumns) -> None:
        if lines.late and self._config.output is not Output.JSON:
            self._news.tell_late(lines.source, len(lines))
        self._path.take_columns(lines)

    def _broken(self, failure: LogstreamError | None) -> None:
        if failure is not None and not self.ended.done():
            self.ended.set_exception(failure)
        self.end(0)  # what reads our output has seen enough: no fault of anyone's

    def _notify(self, news: Status) -> None:
        if isinstance(news, Gap) and news.why == "refused":
            self._refuse_a_foreign_cursor(news)
        if isinstance(news, Gap) and self._config.output is Output.JSON:
            self._path.take_gap(news)
            return
        self._news.tell(news, goes_on=bool(self.stream.position))
        if isinstance(news, Connected) and not news.again:
            self._loop.call_later(_NOTHING_FLOWS_S, self._news.tell_if_nothing_flows)

    def _refuse_a_foreign_cursor(self, gap: Gap) -> None:
        """End the run where a cursor that it was to begin with is none of its source.

        Raises:
            UsageError: It is not.
        """
        source, config = gap.source, self._config
        if config.start.after.get(source) == gap.after:
            raise UsageError(
                f"{config.resuming.origin}: {source.server} {source.log_type} does not know its "
                "cursor: it is of another environment, or was changed"
            )

    def _pause_reading(self) -> None:
        self.stream.pause_reading()

    def _resume_reading(self) -> None:
        self.stream.resume_reading()


def _say_what_is_not_obvious(config: TailConfig, news: News) -> None:
    """Say how the times and the filter of the person were understood."""
    start, mine = config.start, config.line_filter.mine
    if start.since is not None:
        news.say(f"since {moment.shown(start.since)}")
    if start.until is not None:
        news.say(f"until {moment.shown(start.until)}")
    if mine:
        news.say(f"lines are shown of requests with the header: X-Request-ID: {mine}1 (2, 3, …)")
    refused = divide(config.line_filter).refused
    if refused:
        news.say(f"the servers cannot filter so, lines are filtered here: {refused}")


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
