"""What a stream wants on the extended protocol, and how far it has come: outlives connections.

First comes what was written before, if that is wanted (`client/past.py`); then each source is
asked for from where its past ended. After a lost connection, at the same hub or another, each goes
on at its last cursor. All calls happen on the event loop's thread. Rules: S5, S7, S9, S11.
"""

import asyncio
import time
from collections.abc import Callable

from logstream.client import status
from logstream.client.extended_session import ExtendedSession
from logstream.client.foreign_text import one_line
from logstream.client.line_columns import LineColumns
from logstream.client.page import Page, Question
from logstream.client.past import SourcePast, page_lines, read_forward, read_last
from logstream.client.position import Position
from logstream.client.reorder import Reorder
from logstream.client.session import Wanted
from logstream.client.start import Start
from logstream.client.status import Gap, Status
from logstream.errors import BadMessage, ConnectionFailed, NotFound, StreamRefused
from logstream.model import cursor as cursors
from logstream.model.filter import NO_FILTER, Filter
from logstream.model.limits import SOURCES_GATHER_S, SOURCES_SETTLE_S
from logstream.model.source import Source

_BAD_REQUEST = 400


class Following:
    """The follower of one session after the other (see `client/extended_session.py`).

    Args:
        start: Where to begin and to end.
        wanted: Which sources.
        lines_filter: What their lines must be like.
        take: Gets lines.
        notify: Gets all else.
        finished: Called with None when all that was wanted was given, or with what went wrong.
        reorder_s: How long to hold live lines to put them into the order of time; 0: not at all.
    """

    def __init__(
        self,
        *,
        start: Start,
        wanted: Wanted,
        lines_filter: Filter,
        take: Callable[[LineColumns], None],
        notify: Callable[[Status], None],
        finished: Callable[[Exception | None], None],
        reorder_s: float = 0.0,
    ) -> None:
        self._start = start
        self._wanted = wanted
        self._filter = lines_filter
        self._take = take
        self._notify = notify
        self._finished = finished
        self._reorder = Reorder(reorder_s) if reorder_s > 0 else None
        self._release: asyncio.TimerHandle | None = None
        self._given: dict[Source, str] = dict(start.after)
        self._received: dict[Source, str] = dict(start.after)
        self._unfiltered: set[Source] = set()
        self._missing: StreamRefused | None = None
        self._live = not start.wants_past
        self._session: ExtendedSession | None = None
        self._offered: dict[Source, None] = {}  # in the order in which they were offered
        self._settled = False
        self._waiting: asyncio.TimerHandle | None = None
        self._reading: asyncio.Task[None] | None = None
        self._resumed = asyncio.Event()
        self._resumed.set()

    @property
    def position(self) -> Position:
        """The cursor after what was given, of each source."""
        return Position(self._given)

    def begin(self, session: ExtendedSession) -> None:
        """Follow a new session."""
        self.stop()
        session.wanted_filter = self._filter
        self._session = session
        self._offered.clear()
        self._settled = False

    def stop(self) -> None:
        """Follow no session any more; what is held stays."""
        self._session = None
        for handle in (self._waiting, self._reading):
            if handle is not None:
                handle.cancel()
        self._waiting = self._reading = None

    def pause(self) -> None:
        """Give no more of the past until ``resume``; live lines stop with the connection."""
        self._resumed.clear()

    def resume(self) -> None:
        """Go on."""
        self._resumed.set()

    def flush(self) -> None:
        """Give the lines that are held."""
        if self._release is not None:
            self._release.cancel()
            self._release = None
        if self._reorder is not None:
            self._give(self._reorder.flush())

    # --- what a session tells: extended_session.Follower -----------------------------------------

    def source_offered(self, source: Source) -> None:
        """Ask for it, if it is wanted and its time has come."""
        wanted = self._wanted.wants(source)
        self._notify(status.SourceFound(source, wanted))
        if not wanted:
            return
        self._offered[source] = None
        if self._live:
            self._enable(source)
        elif self._settled and self._reading is None:
            self._wait(SOURCES_GATHER_S, self._read_past)  # others follow, of the same server

    def settled(self) -> None:
        """Read the past of what was offered; where that is nothing, wait a little."""
        self._settled = True
        if self._live:
            return
        if self._offered:
            self._read_past()
        else:
            self._wait(SOURCES_SETTLE_S, self._nothing_there)

    def source_flows(self, source: Source, after: str) -> None:
        """Note where it begins."""
        self.progress(source, after)

    def take(self, columns: LineColumns) -> None:
        """Give lines, at once or in the order of time."""
        self._received[columns.source] = columns.end
        if self._reorder is None:
            self._give([columns])
            return
        now_s = time.time()
        self._reorder.add(columns, now_s)
        self._release_due()

    def progress(self, source: Source, cursor: str) -> None:
        """Note that there is nothing up to ``cursor``."""
        self._received[source] = cursor
        if self._reorder is None or not self._reorder.holds(source):
            self._given[source] = cursor

    def gap(self, gap: Gap) -> None:
        """Tell it, after the lines before it."""
        self.flush()
        self._received[gap.source] = self._given[gap.source] = gap.next
        self._notify(gap)

    def notify(self, news: Status) -> None:
        """Tell it."""
        if isinstance(news, status.FilterRefused):
            self._unfiltered.add(news.source)
        self._notify(news)

    # --- live -----------------------------------------------------------------------------------

    def _enable(self, source: Source) -> None:
        if self._session is not None:
            lines_filter = NO_FILTER if source in self._unfiltered else self._filter
            self._session.enable(source, lines_filter, self._received.get(source))

    def _give(self, taken: list[LineColumns]) -> None:
        for columns in taken:
            self._given[columns.source] = columns.end
            self._take(columns)

    def _release_due(self) -> None:
        """Give what was held long enough, and come back for the rest."""
        if self._release is not None:
            self._release.cancel()
            self._release = None
        reorder = self._reorder
        if reorder is None:
            return
        now_s = time.time()
        self._give(reorder.release(now_s))
        due_at_s = reorder.due_at_s
        if due_at_s is not None:
            loop = asyncio.get_running_loop()
            self._release = loop.call_later(max(due_at_s - now_s, 0.0), self._release_due)

    # --- the past -------------------------------------------------------------------------------

    def _wait(self, wait_s: float, then: Callable[[], None]) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = asyncio.get_running_loop().call_later(wait_s, then)

    def _nothing_there(self) -> None:
        self._waiting = None
        if self._start.goes_on:
            self._go_live()
        else:
            self._finished(NotFound("no server offers any of the log types that were asked for"))

    def _read_past(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        if self._session is not None:
            self._reading = asyncio.get_running_loop().create_task(self._past(self._session))

    async def _past(self, session: ExtendedSession) -> None:
        try:
            sources = list(self._offered)
            if self._start.lines is None:
                if self._start.after:  # what no cursor names begins now, so it has no past
                    sources = [source for source in sources if source in self._received]
                await self._past_forward(session, sources)
            elif self._start.lines > 0:
                await self._last_lines(session, sources)
        except ConnectionFailed:
            return  # the session has ended; the next one begins where this one got to
        except BadMessage as failure:
            session.abort(ConnectionFailed(f"the hub broke the protocol: {failure}"))
            return
        except Exception as failure:  # noqa: BLE001 - raised where the stream is run
            self._finished(failure)
            return
        if session is self._session:
            self._reading = None
            self._go_live()

    async def _past_forward(self, session: ExtendedSession, sources: list[Source]) -> None:
        pasts = [self._past_of(session, source, len(sources)) for source in sources]
        async for columns in read_forward(pasts, self._notify):
            for past in pasts:  # so that a position tells of all that is still to be given
                if past.begin is not None:
                    self._given.setdefault(past.source, past.begin)
            self._received[columns.source] = columns.end
            self._give([columns])
            await self._resumed.wait()
        self._note_ends(pasts)

    async def _last_lines(self, session: ExtendedSession, sources: list[Source]) -> None:
        pasts = [self._past_of(session, source, len(sources), back=True) for source in sources]
        taken = await read_last(pasts, self._start.lines or 0, self._notify)
        self._note_ends(pasts)
        for columns in reversed(taken):  # a position tells of all that is still to be given
            self._given[columns.source] = columns.begin
        self._give(taken)
        self._note_ends(pasts)

    def _note_ends(self, pasts: list[SourcePast]) -> None:
        for past in pasts:
            if past.end is not None:
                self._received[past.source] = self._given[past.source] = past.end

    def _past_of(
        self, session: ExtendedSession, source: Source, sources: int, *, back: bool = False
    ) -> SourcePast:
        start = self._start
        after = None if back else self._received.get(source)
        if after is None and start.since is None and not back:
            after = cursors.START
        limit = page_lines(sources)
        question = Question(
            source,
            after=after,
            since=start.since,
            until=start.until,
            back=back,
            lines_filter=self._filter,
        )
        if back:
            limit = min(limit, start.lines or limit)
        return SourcePast(question, lambda asked: self._ask(session, asked), limit=limit)

    async def _ask(self, session: ExtendedSession, question: Question) -> Page | None:
        """Ask for a page; what a source cannot filter comes whole, what it cannot give is told."""
        source = question.source
        if source in self._unfiltered:
            question = _unfiltered(question)
        try:
            return await session.page(question)
        except StreamRefused as failure:
            if failure.code == _BAD_REQUEST and question.lines_filter != NO_FILTER:
                self.notify(status.FilterRefused(source, one_line(str(failure))))
                return await self._ask(session, question)
            said = f"no history of {source.log_type} on {source.server}: {failure}"
            if self._start.goes_on:
                self._notify(status.HubError(failure.code, said, source.server))
            else:
                self._missing = self._missing or StreamRefused(said, code=failure.code)
            return None

    def _go_live(self) -> None:
        """Go on from where the past ended."""
        if not self._start.goes_on:
            self._finished(self._missing)  # after all that could be had
            return
        self._live = True
        self._notify(status.PastRead())
        for source in self._offered:
            self._enable(source)


def _unfiltered(question: Question) -> Question:
    filtered = question.lines_filter == NO_FILTER
    return question._replace(lines_filter=NO_FILTER, filtered=filtered)
