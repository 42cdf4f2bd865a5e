"""What a page of history is, whichever way it is read: its range, its bounds, its files.

A page searches its generations piece by piece until it has enough, has searched enough, or has
taken long enough. Whoever drives it calls `step` between turns of live lines, until there is an
`end`. It knows neither sockets nor the event loop.

Times: of a plain file only the range that can hold them is read, found by bisection; a file that
was last written before ``since`` is not read at all; then each record is asked. Rule: S9.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final, NamedTuple

from logstream.formats.base import Format
from logstream.formats.filtering import Matcher
from logstream.logtailor.page_parts import Chain, PageLines, text_bytes, trimmed
from logstream.logtailor.sieve import UNKNOWN_S, Sieve, Sifted
from logstream.model.limits import (
    HISTORY_LIMIT_MAX,
    HISTORY_PAGE_MAX_BYTES,
    HISTORY_PAGE_MAX_S,
    HISTORY_REACH_MAX_S,
    HISTORY_SCAN_MAX_BYTES,
    HISTORY_SLICE_S,
    TIME_SLACK_S,
)
from logstream.protocol.wishes import HistoryWanted, PageEnd
from logstream.tail.archive import Archive, Stretch
from logstream.tail.base import Lost
from logstream.tail.cursors import GenerationName
from logstream.tail.kept import KeptContents
from logstream.tail.locate import range_of_time
from logstream.tail.opened import OpenedFile
from logstream.tail.scan import PIECE_MIN_BYTES, Piece, Scan

PIECE_MAX_BYTES: Final = 120 * 1024
"""What is searched in one go: less than a millisecond. Larger ones are no faster, as the system
maps each anew."""
TIME_BEFORE_MAX_BYTES: Final = 1024 * 1024
"""How far back the time of a record without one is looked for."""
RETRIES_MAX: Final = 3
"""How often the files are looked up anew for one page, as they were renamed or compressed."""

REPLACED: Final = "the file holds something else now: it was truncated"

TOO_FAR: Final = (
    f"the place in a compressed file was not reached in {HISTORY_REACH_MAX_S:.0f} s:"
    " ask again, or for another range"
)


class HistoryReading(NamedTuple):
    """What the pages of one source are read with.

    Attributes:
        archive: Looks at the disk.
        format_: How the records are written.
        unix_time: Gives Unix time.
        clock: Gives seconds that never jump.
        contents: Keeps compressed files open between pages.
    """

    archive: Callable[[], Archive]
    format_: Format
    unix_time: Callable[[], float]
    clock: Callable[[], float]
    contents: KeptContents


class Opened:
    """The stretch that is being read."""

    def __init__(self, stretch: Stretch, content: OpenedFile, scan: Scan) -> None:
        self.stretch = stretch
        self.content = content
        self.scan = scan
        self.low = stretch.start
        self.high = stretch.end
        """The range that can hold what is wanted; None: up to the end, not known yet."""
        self.position = stretch.start
        name = GenerationName.parse(stretch.generation)
        self._head = b"" if content.compressed else content.pread(0, name.head_bytes)
        if self._head and not name.begins(self._head):
            raise OSError(REPLACED)

    def check(self) -> None:
        """See that it is still the same content, of which something was just read.

        Raises:
            OSError: It was truncated, and written anew.
        """
        if self._head and self.content.pread(0, len(self._head)) != self._head:
            raise OSError(REPLACED)

    def cursor(self) -> str:
        """Give the cursor of the position."""
        return self.stretch.cursor_at(self.position)


class HistoryPage(ABC):
    """A page that is being made.

    Attributes:
        end: What ends the page, once it has.
    """

    def __init__(
        self, wish: HistoryWanted, reading: HistoryReading, matcher: Matcher | None
    ) -> None:
        self.end: PageEnd | None = None
        self._wish = wish
        self._reading = reading
        format_ = reading.format_
        self._sieve = Sieve(
            format_, matcher, since=wish.since, until=wish.until, now_s=reading.unix_time()
        )
        self._grouping = format_.grouping
        self._limit = max(1, min(wish.limit, HISTORY_LIMIT_MAX))
        self._piece_bytes = PIECE_MIN_BYTES
        self._count = self._text_bytes = self._scanned_bytes = 0
        self._last_piece: Piece | None = None
        self._ends_at_s: float | None = None
        self._retries = 0
        self._full = False
        self._opened: Opened | None = None
        self._stretches = reading.archive().stretches(wish.after, wish.before)
        self._index = 0
        self._chain = Chain("")

    def close(self) -> None:
        """Let go of the files."""
        self._leave()
        self._reading.contents.tidy(self._reading.clock())

    def step(self, budget_s: float = HISTORY_SLICE_S) -> list[PageLines | Lost]:
        """Search on.

        Args:
            budget_s: How long; a piece more may be searched.

        Returns:
            What is to be sent now, in order. Then, if the page has ended, there is an ``end``.

        Raises:
            OSError: A file cannot be read, and nobody can tell what is lost by that.
        """
        clock = self._reading.clock
        now_s = clock()
        if self._ends_at_s is None:
            self._ends_at_s = now_s + HISTORY_PAGE_MAX_S
        stop_at_s = now_s + budget_s
        if not self._scanned_bytes and now_s > self._ends_at_s + HISTORY_REACH_MAX_S:
            raise OSError(TOO_FAR)
        while self.end is None:
            try:
                self._advance()
            except OSError as failure:
                self._look_again(failure)
            now_s = clock()
            if now_s >= self._ends_at_s and self._scanned_bytes:
                self._full = True
            if now_s >= stop_at_s:
                break
        return self._chain.take()

    @abstractmethod
    def _advance(self) -> None:
        """Search one piece more, or enter or leave a stretch, or end the page."""

    @abstractmethod
    def _rest(self) -> tuple[str | None, str | None]:
        """Give the range that is still to be searched."""

    @abstractmethod
    def _give_up(self) -> bool:
        """Tell that a stretch is lost, as it cannot be read; False: nobody knows how much it is."""

    def _open(self, stretch: Stretch) -> Opened:
        content = self._reading.contents.exchange(stretch.open())
        scan = Scan(content, stretch.start, stretch.end, self._grouping)
        opened = self._opened = Opened(stretch, content, scan)
        if opened.high is not None and not content.compressed:
            self._narrow(opened, opened.high)
        return opened

    def _narrow(self, opened: Opened, high: int) -> None:
        """Leave out what cannot be of the times that are wanted."""
        since, until = self._wish.since, self._wish.until
        find = self._sieve.first_time
        low = opened.low
        if since is not None:
            low, _ = range_of_time(opened.content, low, high, since - TIME_SLACK_S, find)
        if until is not None:
            _, high = range_of_time(opened.content, low, high, until + TIME_SLACK_S, find)
        opened.low, opened.high = low, high

    def _is_older(self, opened: Opened) -> bool:
        """Tell whether it was last written before the times that are wanted."""
        since = self._wish.since
        return since is not None and opened.content.status.st_mtime + TIME_SLACK_S < since

    def _leave(self) -> None:
        if self._opened is not None:
            self._reading.contents.keep(self._opened.content, self._reading.clock())
            self._opened = None

    def _sift(self, opened: Opened, piece: Piece) -> Sifted:
        """Find what is wanted in a piece, as much as fits."""
        newest = self._wish.back
        whole = self._sieve.sift(
            opened.scan,
            piece,
            need=self._limit - self._count,
            newest=newest,
            time_before=self._time_before,
        )
        opened.check()
        left_bytes = HISTORY_PAGE_MAX_BYTES - self._text_bytes
        sifted = trimmed(whole, left_bytes, at_least=int(not self._count), newest=newest)
        self._count += len(sifted.ends)
        self._text_bytes += text_bytes(sifted)
        self._scanned_bytes += sifted.end - sifted.start
        self._piece_bytes = PIECE_MAX_BYTES
        self._full = (
            self._full
            or sifted is not whole
            or self._count >= self._limit
            or self._text_bytes >= HISTORY_PAGE_MAX_BYTES
            or self._scanned_bytes >= HISTORY_SCAN_MAX_BYTES
        )
        self._last_piece = piece
        return sifted

    def _reached(self) -> float | None:
        """Give the time that the search has come to."""
        piece = self._last_piece
        return piece and self._sieve.time_at_end(piece, newest=not self._wish.back)

    def _time_before(self, offset: int) -> float:
        """Give the time of the last record before ``offset`` that has one."""
        if self._opened is None:
            return UNKNOWN_S
        scan = Scan(self._opened.content, 0, offset, self._grouping)
        position = offset
        while position > max(0, offset - TIME_BEFORE_MAX_BYTES):
            piece = scan.backward(position, PIECE_MIN_BYTES)
            if piece is None:
                continue
            times = self._reading.format_.columns(
                scan.records(piece).texts, now_s=self._reading.unix_time()
            ).unix_time
            for time_s in reversed(times):
                if time_s is not None:
                    return time_s
            position = piece.start
        return UNKNOWN_S

    def _start_of(self, index: int) -> str | None:
        """Give the cursor where a stretch begins; None: there is no such."""
        if not 0 <= index < len(self._stretches):
            return None
        stretch = self._stretches[index]
        return stretch.lost.after if stretch.lost else stretch.cursor_at(stretch.start)

    def _look_again(self, failure: OSError) -> None:
        """Find the files anew, which were renamed or compressed; or tell what is lost."""
        if self._retries >= RETRIES_MAX:
            if not self._give_up():
                raise failure
            return
        self._retries += 1
        after, before = self._rest()
        self._leave()
        self._stretches = self._reading.archive().stretches(after, before)
        self._index = len(self._stretches) - 1 if self._wish.back else 0

    def _ended(self, first: str, *, more: bool) -> None:
        self.end = PageEnd(first, self._chain.at, more, self._scanned_bytes, self._reached())
        self._leave()
