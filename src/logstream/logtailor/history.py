"""Pages of history: the records of a source between two cursors and two times, from either end.

Read from the start, the parts of a page are given as they are found; from the end, when it is
complete, as they ascend in any case. Rule: S9.
"""

from typing import NamedTuple

from logstream.errors import InvertedRange
from logstream.formats.filtering import Matcher
from logstream.logtailor.page import HistoryPage, HistoryReading, Opened
from logstream.logtailor.page_parts import Chain
from logstream.logtailor.sieve import Sifted
from logstream.model.limits import TIME_SLACK_S
from logstream.protocol.wishes import HistoryWanted
from logstream.tail.archive import Stretch
from logstream.tail.base import Lost
from logstream.tail.scan import Piece

__all__ = ["HistoryPage", "HistoryReading", "history_page"]


def history_page(
    wish: HistoryWanted, reading: HistoryReading, matcher: Matcher | None = None
) -> HistoryPage:
    """Begin a page; step it until there is an ``end``, then close it.

    Args:
        wish: What was asked for.
        reading: The source's.
        matcher: The wish's filter; None: all records pass.

    Raises:
        BadCursor: One is garbage, or another source's.
        InvertedRange: A range ends before it begins.
    """
    if wish.since is not None and wish.until is not None and wish.since >= wish.until:
        raise InvertedRange("since is not before until: exchange them")
    return (_BackwardPage if wish.back else _OnwardPage)(wish, reading, matcher)


class _OnwardPage(HistoryPage):
    """A page from the start of its range on."""

    def __init__(
        self, wish: HistoryWanted, reading: HistoryReading, matcher: Matcher | None
    ) -> None:
        super().__init__(wish, reading, matcher)
        self._first = wish.after or self._start_of(0) or wish.before or ""
        self._chain = Chain(self._first)
        self._behind = self._first
        """The cursor behind what was read before the stretch that is open now."""

    def _advance(self) -> None:
        opened = self._opened
        if self._full or self._index >= len(self._stretches):
            self._finish()
        elif opened is None:
            self._enter(self._stretches[self._index])
        elif self._is_read(opened):
            self._behind = opened.cursor()
            self._chain.progress(self._behind)
            self._leave()
            self._index += 1
        else:
            self._read(opened)

    def _enter(self, stretch: Stretch) -> None:
        if stretch.lost is not None:
            self._chain.progress(self._behind)
            self._chain.lost(stretch.lost)
            self._behind = stretch.lost.next
            self._index += 1
            return
        opened = self._open(stretch)
        opened.position = opened.low
        if self._is_older(opened):
            if opened.high is not None:
                opened.position = opened.high
            elif self._index + 1 < len(self._stretches):
                self._leave()
                self._index += 1

    @staticmethod
    def _is_read(opened: Opened) -> bool:
        end = opened.scan.end if opened.high is None else opened.high
        return end is not None and opened.position >= end

    def _read(self, opened: Opened) -> None:
        piece = opened.scan.forward(opened.position, self._piece_bytes)
        if piece is None:
            return
        sifted = self._sift(opened, piece)
        self._chain.records(opened.stretch, piece, sifted)
        opened.position = sifted.end
        until = self._wish.until
        if opened.high is None and until is not None:
            reached = self._reached()
            opened.high = opened.position if (reached or 0) >= until + TIME_SLACK_S else None

    def _finish(self) -> None:
        last = len(self._stretches) - 1
        opened = self._opened
        more = self._index < last or (
            self._index == last and (opened is None or not self._is_read(opened))
        )
        end = self._behind if opened is None else opened.cursor()
        if not more and self._wish.before is not None:
            end = self._wish.before
        self._chain.progress(end)
        self._ended(self._first, more=more)

    def _rest(self) -> tuple[str | None, str | None]:
        after = self._behind if self._opened is None else self._opened.cursor()
        return after, self._wish.before

    def _give_up(self) -> bool:
        after, _ = self._rest()
        behind = self._start_of(self._index + 1)
        if behind is None or after is None:
            return False
        self._chain.progress(after)
        self._chain.lost(Lost(after, behind, "unreadable", None))
        self._behind = behind
        self._leave()
        self._index += 1
        return True


class _Visited(NamedTuple):
    """A stretch that was read from its end; or that is lost."""

    stretch: Stretch
    lost: Lost | None
    found: list[tuple[Piece, Sifted]]
    """From the end."""


class _BackwardPage(HistoryPage):
    """A page from the end of its range back."""

    def __init__(
        self, wish: HistoryWanted, reading: HistoryReading, matcher: Matcher | None
    ) -> None:
        super().__init__(wish, reading, matcher)
        self._index = len(self._stretches) - 1
        self._visited: list[tuple[_Visited, str]] = []
        """From the end; and the cursor where each ends."""
        self._before = wish.before
        """The cursor before what was read; None: nothing was, and the range has no end."""

    def _advance(self) -> None:
        opened = self._opened
        if self._full or self._index < 0:
            self._finish()
        elif opened is None:
            self._enter(self._stretches[self._index])
        elif opened.high is None:
            if opened.scan.settle():
                self._begin(opened, opened.scan.end or 0)
        elif opened.position <= opened.low:
            self._before = self._start_of(self._index)
            self._leave()
            self._index -= 1
        else:
            self._read(opened)

    def _enter(self, stretch: Stretch) -> None:
        if stretch.lost is not None:
            self._visited.append((_Visited(stretch, stretch.lost, []), stretch.lost.next))
            self._before = stretch.lost.after
            self._index -= 1
            return
        opened = self._open(stretch)
        if opened.high is not None:
            self._begin(opened, opened.high)
        elif self._is_older(opened) and self._before is not None:
            self._begin(opened, opened.low)

    def _begin(self, opened: Opened, end: int) -> None:
        """Read a stretch back from ``end``."""
        stretch = opened.stretch
        known = stretch.end if stretch.end is not None else end if end > opened.low else None
        cursor = self._before if known is None else stretch.cursor_at(known)
        self._visited.append((_Visited(stretch, None, []), cursor or stretch.cursor_at(end)))
        opened.high = opened.position = end
        if self._is_older(opened):
            opened.position = opened.low

    def _read(self, opened: Opened) -> None:
        piece = opened.scan.backward(opened.position, self._piece_bytes)
        if piece is None:
            return
        sifted = self._sift(opened, piece)
        opened.position = sifted.start
        if sifted.ends:
            self._visited[-1][0].found.append((piece, sifted))

    def _finish(self) -> None:
        wish, opened = self._wish, self._opened
        more = self._index > 0 or (
            self._index == 0 and (opened is None or opened.position > opened.low)
        )
        first = self._before if opened is None else opened.cursor()
        if not more:
            first = wish.after or self._start_of(0) or first
        first = first or wish.after or ""
        chain = self._chain = Chain(first)
        for (stretch, lost, found), cursor in reversed(self._visited):
            if lost is not None:
                chain.lost(lost)
                continue
            for piece, sifted in reversed(found):
                chain.records(stretch, piece, sifted)
            chain.progress(cursor)
        if wish.before is not None:
            chain.progress(wish.before)
        self._ended(first, more=more)

    def _rest(self) -> tuple[str | None, str | None]:
        opened = self._opened
        if opened is None or opened.high is None:
            return self._wish.after, self._before
        return self._wish.after, opened.cursor()

    def _give_up(self) -> bool:
        _, behind = self._rest()
        after = self._start_of(self._index)
        if behind is None or after is None:
            return False
        lost = Lost(after, behind, "unreadable", None)
        self._visited.append((_Visited(self._stretches[self._index], lost, []), behind))
        self._before = after
        self._leave()
        self._index -= 1
        return True
