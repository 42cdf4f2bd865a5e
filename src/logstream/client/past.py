"""What was written before: pages of history of several sources, in the order of time.

Forward from a place, or the last so many lines of all sources together. Pages are fetched as they
are needed: of each source about one is held, and a share of ``HISTORY_HELD_LINES``. Where a source
ends is told, so that the live stream can go on there without a seam. Rule: S9.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Final

from logstream.client.line_columns import LineColumns
from logstream.client.merge import (
    EARLIEST,
    LATEST,
    BackwardMerge,
    ForwardMerge,
    Head,
    falling_keys,
    rising_keys,
)
from logstream.client.page import Page, Question
from logstream.client.status import Gap
from logstream.errors import BadMessage
from logstream.model.limits import HISTORY_HELD_LINES, HISTORY_LIMIT_MAX
from logstream.model.source import Source

Ask = Callable[[Question], Awaitable[Page | None]]
"""Asks for a page of history; None where none can be had."""

_PAGE_MIN_LINES: Final = 100


class SourcePast:
    """The pages of one source, one after the other, in either direction.

    Args:
        question: Its source, range, direction and filter.
        ask: Asks for a page.
        limit: Lines of one page.

    Attributes:
        begin: The cursor before all of it, where it is read forward; None before the first page.
        end: The cursor after all of it; None before the first page.
    """

    def __init__(self, question: Question, ask: Ask, *, limit: int) -> None:
        self.source = question.source
        self.begin: str | None = None
        self.end: str | None = None
        self._question = question._replace(limit=limit)
        self._ask = ask
        self._ended = False
        self._key = LATEST if question.back else EARLIEST

    async def next_page(self) -> tuple[list[Head], list[Gap]]:
        """Get the next page that has something; without lines and gaps: that was all.

        Raises:
            BadMessage: The pages do not move on.
        """
        while not self._ended:
            page = await self._ask(self._question)
            if page is None:
                self._ended = True
                break
            self._go_on(page)
            if page.lines or page.gaps:
                return self._heads(page.lines), page.gaps
        return [], []

    def _go_on(self, page: Page) -> None:
        back = self._question.back
        if self.begin is None and not back:
            self.begin = page.first
        if self.end is None or not back:
            self.end = page.last
        self._ended = not page.more
        if back:
            moved = self._question._replace(before=page.first)
        else:
            moved = self._question._replace(after=page.last)
        if page.more and moved == self._question:
            raise BadMessage(f"the history of {self.source.log_type} does not move on")
        self._question = moved

    def _heads(self, lines: list[LineColumns]) -> list[Head]:
        """Give a page's lines with their keys, in the order in which they are to be taken."""
        heads = []
        for columns in reversed(lines) if self._question.back else lines:
            if self._question.back:
                keys = falling_keys(columns.unix_time, self._key)
                self._key = keys[0]
            else:
                keys = rising_keys(columns.unix_time, self._key)
                self._key = keys[-1]
            heads.append(Head(columns, keys))
        return heads


class _Queue:
    """The heads of one source that are at hand, and where more come from."""

    def __init__(self, past: SourcePast, tell: Callable[[Gap], None]) -> None:
        self._past = past
        self._tell = tell
        self._heads: list[Head] = []

    async def next_head(self) -> Head | None:
        while not self._heads:
            heads, gaps = await self._past.next_page()
            for gap in gaps:
                self._tell(gap)
            if not heads and not gaps:
                return None
            self._heads = heads[::-1]
        return self._heads.pop()


def page_lines(sources: int) -> int:
    """Give how many lines a page may have where so many sources are read at once."""
    return min(max(HISTORY_HELD_LINES // max(sources, 1), _PAGE_MIN_LINES), HISTORY_LIMIT_MAX)


async def read_forward(
    pasts: Iterable[SourcePast], tell: Callable[[Gap], None]
) -> AsyncIterator[LineColumns]:
    """Give all lines of some sources in the order of time.

    Args:
        pasts: Of each source, forward.
        tell: Is told of what is lost.
    """
    merge = ForwardMerge()
    queues: dict[Source, _Queue] = {past.source: _Queue(past, tell) for past in pasts}
    for head in await asyncio.gather(*(queue.next_head() for queue in queues.values())):
        if head is not None:
            merge.put(head)
    while merge:
        head, run = merge.take_run()
        yield run
        if head.is_empty:
            following = await queues[run.source].next_head()
            if following is not None:
                merge.put(following)


async def read_last(
    pasts: Iterable[SourcePast], lines: int, tell: Callable[[Gap], None]
) -> list[LineColumns]:
    """Give the last ``lines`` lines of some sources together, in the order of time.

    Args:
        pasts: Of each source, backward.
        lines: How many.
        tell: Is told of what is lost.
    """
    merge = BackwardMerge()
    queues: dict[Source, _Queue] = {past.source: _Queue(past, tell) for past in pasts}
    for head in await asyncio.gather(*(queue.next_head() for queue in queues.values())):
        if head is not None:
            merge.put(head)
    taken: list[LineColumns] = []
    while merge and lines > 0:
        head, run = merge.take_run(lines)
        lines -= len(run)
        taken.append(run)
        if head.is_empty and lines > 0:
            following = await queues[run.source].next_head()
            if following is not None:
                merge.put(following)
    taken.reverse()
    return taken
