"""The pages of history that one upstream waits for, read one after the other between live turns.

A page is read in slices of at most ``HISTORY_SLICE_S``, and only while the upstream takes more, so
that history holds neither live lines nor memory. Rule: S9.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

from logstream.errors import LogstreamError
from logstream.formats.filtering import Matcher
from logstream.logtailor.columns import body_of
from logstream.logtailor.flow import Surroundings
from logstream.logtailor.history import HistoryPage, HistoryReading, history_page
from logstream.logtailor.page_parts import PageLines
from logstream.model.filter import NO_FILTER
from logstream.node.base import HistoryWanted, StreamFrame, Upstream
from logstream.node.batch import GapFrame, LinesFrame
from logstream.tail.archive import Archive
from logstream.tail.base import Lost
from logstream.tail.kept import KEPT_S, KeptContents


class Searches:
    """What one upstream asked for.

    Args:
        upstream: Who gets the pages.
        around: What all streams share.
        contents: Keeps compressed files open between pages.
    """

    def __init__(self, upstream: Upstream, around: Surroundings, contents: KeptContents) -> None:
        self._upstream = upstream
        self._around = around
        self._contents = contents
        self._waiting: deque[tuple[HistoryWanted, Sequence[str]]] = deque()
        self._page: HistoryPage | None = None
        self._next: asyncio.Handle | None = None

    def begin(self, wish: HistoryWanted, patterns: Sequence[str]) -> None:
        """Read a page when those before it are read."""
        self._waiting.append((wish, patterns))
        self.go_on()

    def go_on(self) -> None:
        """Read on, when live lines have had their turn."""
        if self._next is None and self._waiting:
            self._next = asyncio.get_running_loop().call_soon(self._read_slice)

    def close(self) -> None:
        """Read no more."""
        self._waiting.clear()
        self._leave()
        if self._next is not None:
            self._next.cancel()

    # --- inside ----------------------------------------------------------------------------------

    def _read_slice(self) -> None:
        self._next = None
        if not self._waiting or not self._upstream.writable:
            return  # ``drained`` follows
        wish, patterns = self._waiting[0]
        try:
            self._step(wish, patterns)
        except LogstreamError as error:
            self._refuse(wish, getattr(error, "code", 500), str(error))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            self._refuse(wish, 500, f"the files cannot be read: {reason}")
        except Exception as failure:  # noqa: BLE001 - told; live lines and other pages go on
            self._around.events.mistake(f"searching {wish.source.log_type}", failure)
            self._refuse(wish, 500, "a mistake of ours; the log says which")
        self.go_on()

    def _step(self, wish: HistoryWanted, patterns: Sequence[str]) -> None:
        if self._page is None:
            self._page = self._open(wish, patterns)
        for part in self._page.step():
            self._upstream.page_frame(wish, _frame(wish, part))
        if self._page.end is not None:
            end = self._page.end
            self._leave()
            self._waiting.popleft()
            self._upstream.page_ended(wish, end)

    def _open(self, wish: HistoryWanted, patterns: Sequence[str]) -> HistoryPage:
        around = self._around
        reading = HistoryReading(
            archive=lambda: Archive(patterns),
            format_=around.formats.format_for(wish.source.log_type),
            unix_time=around.unix_time,
            clock=around.clock,
            contents=self._contents,
        )
        matcher = None if wish.filter == NO_FILTER else Matcher(wish.filter)
        return history_page(wish, reading, matcher)

    def _refuse(self, wish: HistoryWanted, code: int, description: str) -> None:
        self._leave()
        self._waiting.popleft()
        self._upstream.refused(wish, code, description)

    def _leave(self) -> None:
        page, self._page = self._page, None
        if page is not None:
            page.close()
            self._tidy_later()

    def _tidy_later(self) -> None:
        """Let go of compressed files that no next page asks for."""

        def tidy() -> None:
            self._contents.tidy(self._around.clock())

        asyncio.get_running_loop().call_later(KEPT_S + 1, tidy)


def _frame(wish: HistoryWanted, part: PageLines | Lost) -> StreamFrame:
    stream = wish.filter.stream
    if isinstance(part, Lost):
        return GapFrame(
            wish.source,
            stream,
            after=part.after,
            next=part.next,
            reason="lost",
            why=part.why,
            size_bytes=part.size_bytes,
        )
    body = None if part.read is None else body_of(part.read)
    return LinesFrame(wish.source, stream, body, after=part.after, next=part.next, gen=part.gen)
