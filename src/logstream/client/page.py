"""A page of history: what is asked for, and what has come of it. Pure. Rule: S9."""

from typing import NamedTuple

from logstream.client.line_columns import LineColumns, read_columns
from logstream.client.status import Gap
from logstream.errors import BadMessage
from logstream.model.cursor import distance_bytes, parse
from logstream.model.filter import NO_FILTER, Filter
from logstream.model.limits import HISTORY_LIMIT_DEFAULT_LINES, HISTORY_PAGE_FRAMES_MAX_BYTES
from logstream.model.source import Source
from logstream.protocol import messages
from logstream.protocol.frame import Packed
from logstream.protocol.messages import History, LinesHeader, Success


class Question(NamedTuple):
    """What a page is asked for; None: no bound."""

    source: Source
    after: str | None = None
    before: str | None = None
    since: float | None = None
    until: float | None = None
    limit: int = HISTORY_LIMIT_DEFAULT_LINES
    back: bool = False
    lines_filter: Filter = NO_FILTER
    filtered: bool = True
    """Whether ``lines_filter`` is what the lines were to be filtered by."""

    def message(self, question_id: int) -> History:
        """Give it as a message."""
        show, hide = self.lines_filter.keys()
        return History(
            id=question_id,
            type=self.source.log_type,
            server=self.source.server,
            after=self.after,
            before=self.before,
            since=self.since,
            until=self.until,
            limit=self.limit,
            back=self.back,
            show=show,
            hide=hide,
        )


class Page(NamedTuple):
    """A whole page."""

    lines: list[LineColumns]
    """In file order."""
    gaps: list[Gap]
    first: str
    """Where it begins."""
    last: str
    """Where it ends."""
    more: bool
    """Whether there is more of the range that was asked for."""


class PageReader:
    """What has come of one page."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._lines: list[LineColumns] = []
        self._gaps: list[Gap] = []
        self._next: str | None = None
        self._left = question.limit
        self._left_bytes = HISTORY_PAGE_FRAMES_MAX_BYTES

    @property
    def source(self) -> Source:
        """Whose page it is."""
        return self._question.source

    def receive_lines(self, header: LinesHeader, body: Packed | None) -> None:
        """Take a frame.

        Raises:
            BadMessage: It does not follow the one before, or is more than was asked for.
        """
        self._go_on(header.after, header.next)
        if body is None or header.n == 0:
            return
        columns = read_columns(self.source, header, body, filtered=self._question.filtered)
        self._left -= len(columns)
        self._left_bytes -= sum(map(len, columns.text))
        if self._left < 0 or self._left_bytes < 0:
            raise BadMessage("a page of history has more than was asked for")
        self._lines.append(columns)

    def receive_gap(self, gap: messages.Gap) -> None:
        """Take a stretch that is gone.

        Raises:
            BadMessage: It does not follow the frame before.
        """
        self._go_on(gap.after, gap.next)
        if len(self._gaps) < self._question.limit:
            why = gap.why or gap.reason
            self._gaps.append(Gap(self.source, gap.after, gap.next, why, gap.bytes))

    def finish(self, answer: Success) -> Page:
        """Take the answer after the last frame.

        Raises:
            BadMessage: It does not say where the page begins and ends.
            BadCursor: It begins or ends at no place.
        """
        if answer.first is None or answer.last is None:
            raise BadMessage("a page of history without first and last")
        parse(answer.first)
        parse(answer.last)
        return Page(self._lines, self._gaps, answer.first, answer.last, bool(answer.more))

    def _go_on(self, after: str, then: str) -> None:
        expected = self._next
        if expected not in (None, after) and distance_bytes(expected or "", after) != 0:
            raise BadMessage("a page of history leaves lines out")
        parse(then)
        self._next = then
