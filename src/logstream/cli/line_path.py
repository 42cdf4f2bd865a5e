"""What happens to lines between a stream and standard output: filter, limits, renderer.

Lines that came as columns stay columns; a line is touched by itself only where something asks for
it. Driven by the stream; never blocks.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import msgspec

from logstream.cli.columns import RowColumns, SourceColumns
from logstream.cli.line_filter import ColumnTest, passing
from logstream.cli.progress import Progress
from logstream.cli.render import Render
from logstream.cli.rows import TEXT, shown
from logstream.cli.tail_config import Ending
from logstream.cli.tail_news import LOSSES
from logstream.client.line_columns import LineColumns
from logstream.client.status import Gap
from logstream.protocol.messages import Message

Chosen = TypeVar("Chosen", RowColumns, SourceColumns)


class LinePath:
    """Shows lines until a limit of the run is reached.

    Args:
        rest: What lines that the servers have filtered must still be like.
        whole: What other lines must be like.
        render: Gives their bytes.
        write: Takes the bytes.
        ending: The limits.
        end: Called once, with the exit code, when one is reached.
        progress: Follows what was shown.
    """

    def __init__(
        self,
        *,
        rest: Sequence[ColumnTest],
        whole: Sequence[ColumnTest],
        render: Render,
        write: Callable[[bytes], None],
        ending: Ending,
        end: Callable[[int], None],
        progress: Progress,
    ) -> None:
        self._rest = rest
        self._whole = whole
        self._render = render
        self._write = write
        self._ending = ending
        self._left = ending.max_lines
        self._end = end
        self._ended = False
        self._progress = progress
        limits = (ending.max_lines, ending.until_match, ending.fail_on)
        self._limited = any(limit is not None for limit in limits)
        self._encode = msgspec.json.Encoder().encode

    def take_rows(self, rows: Sequence[Message]) -> None:
        """Show lines of a base session."""
        showing = self._chosen(RowColumns(rows), self._whole)
        if len(showing):
            self._write(self._render(showing))

    def take_columns(self, lines: LineColumns) -> None:
        """Show lines of one source."""
        if self._ended:
            return
        columns = SourceColumns(lines, words=partial(self._progress.words, lines.source))
        showing = self._chosen(columns, self._rest if lines.filtered else self._whole)
        if len(showing):
            self._write(self._render(showing))
        if self._has_ended():
            self._progress.end(lines.source, lines.cursor(showing.last_index))
        self._progress.note()

    def take_gap(self, gap: Gap) -> None:
        """Write what is lost as a JSON object."""
        if self._ended:
            return
        told = {
            "gap": "lost" if gap.why in LOSSES else "slow",
            "server": gap.source.server,
            "type": gap.source.log_type,
            "after": gap.after,
            "next": gap.next,
            "why": gap.why,
            "bytes": gap.size_bytes,
            "cursor": self._progress.word(),
        }
        self._write(self._encode(told) + b"\n")
        self._progress.note()

    def _has_ended(self) -> bool:
        return self._ended  # a call, for a line may have changed it

    def _chosen(self, lines: Chosen, tests: Sequence[ColumnTest]) -> Chosen:
        if tests:
            lines = passing(tests, lines)
        return self._within_limits(lines) if self._limited else lines

    def _within_limits(self, lines: Chosen) -> Chosen:
        """Give the lines up to the one that ends the run."""
        if self._ended:
            return lines.pick(())
        until, fail = self._ending.until_match, self._ending.fail_on
        texts = lines.column(TEXT) if until or fail else [""] * len(lines)
        for count, value in enumerate(texts, 1):
            text = shown(value)
            code = None
            if fail is not None and fail.search(text):
                code = 1
            elif (until is not None and until.search(text)) or count == self._left:
                code = 0
            if code is not None:
                self._ended = True
                self._end(code)
                return lines.pick(range(count))
        if self._left is not None:
            self._left -= len(lines)
        return lines
