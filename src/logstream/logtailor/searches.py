"""The pages of history that one upstream waits for, read one after the other between live turns.

A page is read in slices of at most ``HISTORY_SLICE_S``, and only while the upstream takes more, so
that history holds neither live lines nor memory. Rule: S9.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

from logstream.node.base import HistoryWanted, Upstream
from logstream.logtailor.flow import Surroundings


class Searches:
    """What one upstream asked for.

    Args:
        upstream: Who gets the pages.
        around: What all streams share.
    """

    def __init__(self, upstream: Upstream, around: Surroundings) -> None:
        self._upstream = upstream
        self._around = around
        self._waiting: deque[tuple[HistoryWanted, Sequence[str]]] = deque()
        self._next: asyncio.Handle | None = None

    def begin(self, wish: HistoryWanted, patterns: Sequence[str]) -> None:
        """Read a page when those before it are read."""
        self._upstream.refused(wish, 500, "not there yet")

    def go_on(self) -> None:
        """The upstream takes more again."""

    def close(self) -> None:
        """Read no more."""
        if self._next is not None:
            self._next.cancel()
