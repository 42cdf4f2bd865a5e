"""One stream of a logtailor: the records of a source from a cursor on, to one upstream.

It reads the files for itself: first what is in them, then what comes, so there is no seam between
the two. While its upstream cannot take more, it does not read: the files keep it. A busy stream
reads in slices, so that others get their turn.

Rules: S5 (begin), S7 (chain, `lost`), S8 (batches, progress), S10 (filter).
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from logstream.formats.catalogue import Catalogue
from logstream.formats.filtering import Matcher
from logstream.logtailor.columns import ColumnMaker, body_of
from logstream.model.filter import NO_FILTER
from logstream.model.limits import PROGRESS_BYTES, PROGRESS_S
from logstream.node.base import Upstream
from logstream.node.batch import GapFrame, LinesFrame
from logstream.protocol.wishes import EnableWanted
from logstream.tail.base import Lost, Problem, Records
from logstream.tail.source_tail import SourceTail
from logstream.tail.watch import Handle, Watcher
from logstream.telemetry.events import NodeEvents

#: Batches that a stream may read before others get their turn.
SLICE_BATCHES: Final = 8


class Surroundings(NamedTuple):
    """What all streams of a logtailor share.

    Attributes:
        watcher: Wakes a stream when its directories change.
        events: For the log.
        unix_time: Gives Unix time: for lines that do not say theirs.
        clock: Gives seconds that never jump.
        formats: How the log types are written and called.
    """

    watcher: Watcher
    events: NodeEvents
    unix_time: Callable[[], float]
    clock: Callable[[], float]
    formats: Catalogue


class Flow:
    """One stream; ``begin`` it, and ``close`` it at the end.

    Args:
        wish: What was asked for.
        patterns: Of the source's files.
        upstream: Who gets it.
        around: What all streams share.

    Raises:
        BadFilter: The filter makes no sense.
    """

    def __init__(
        self,
        wish: EnableWanted,
        patterns: Sequence[str],
        *,
        upstream: Upstream,
        around: Surroundings,
    ) -> None:
        self._wish = wish
        self._upstream = upstream
        self._around = around
        format_ = around.formats.format_for(wish.source.log_type)
        passes = None if wish.filter == NO_FILTER else Matcher(wish.filter).passes
        self._columns = ColumnMaker(format_, passes, around.unix_time)
        self._tail = SourceTail(patterns, grouping=format_.grouping)
        self._begun_at = ""
        self._sent = ""
        """The ``next`` of what was sent last."""
        self._unsent_bytes = 0
        """How much was read since then."""
        self._sent_at_s = 0.0
        self._acknowledged = False
        self._problems: dict[str, Problem] = {}
        self._watch: Handle | None = None
        self._next: asyncio.Handle | None = None
        self._wait: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Position it, answer if there is anything to read, and go on by itself.

        Raises:
            BadCursor: It is garbage, or another source's.
        """
        wish, around = self._wish, self._around
        now_s = around.clock()
        self._sent_at_s = now_s
        self._begun_at = self._tail.open(wish.after, within_bytes=wish.within, now_s=now_s)
        self._sent = self._begun_at
        self._acknowledge_if_readable()
        # It wakes at once: what was written before it watched is seen then.
        self._watch = around.watcher.watch(self._tail.directories, self._woken)

    def close(self) -> None:
        """Let go of the files."""
        for handle in (self._next, self._wait):
            if handle is not None:
                handle.cancel()
        if self._watch is not None:
            self._watch.close()
        self._tail.close()

    @property
    def cursor(self) -> str:
        """Where it stands: the ``next`` of what was sent last."""
        return self._sent

    def read_soon(self) -> None:
        """Read on, when others have had their turn."""
        if self._next is None:
            self._next = asyncio.get_running_loop().call_soon(self._read_slice)

    # --- inside ----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _mistakes_told(self) -> Iterator[None]:
        """Let no other stream suffer from what went wrong with this one; it is tried again."""
        try:
            yield
        except Exception as failure:  # noqa: BLE001 - told
            self._around.events.mistake(f"following {self._wish.source.log_type}", failure)

    def _woken(self, names: bool) -> None:
        """Something may have changed: look which files there are, and read."""
        if names:
            with self._mistakes_told():
                self._look()
        self.read_soon()

    def _look(self) -> None:
        self._tail.look(self._around.clock())
        if self._watch is not None:
            self._watch.update(self._tail.directories)
        self._tell_problems()
        self._acknowledge_if_readable()

    def _acknowledge_if_readable(self) -> None:
        if not self._acknowledged and self._tail.readable:
            self._acknowledged = True
            self._upstream.enabled(self._wish, after=self._begun_at, now_s=self._around.unix_time())

    def _read_slice(self) -> None:
        self._next = None
        with self._mistakes_told():
            self._read_some()

    def _read_some(self) -> None:
        if not self._acknowledged:
            return
        for _ in range(SLICE_BATCHES):
            if not self._upstream.writable:
                return  # ``drained`` follows
            got = self._tail.read(self._around.clock())
            if got is None:
                self._tell_progress()
                self._wait_for_record()
                return
            if isinstance(got, Lost):
                self._send_gap(got)
            else:
                self._send_records(got)
        self.read_soon()

    def _wait_for_record(self) -> None:
        """Come back for a record that may go on, even if nothing more is written."""
        wait_s = self._tail.wait_s
        if wait_s is not None and self._wait is None:
            self._wait = asyncio.get_running_loop().call_later(wait_s, self._waited)

    def _waited(self) -> None:
        self._wait = None
        self.read_soon()

    def _send_records(self, records: Records) -> None:
        read = self._columns.read(records.texts, records.offsets, records.cut)
        if not read.texts:
            first = records.offsets[0] if records.offsets else 0
            last = records.offsets[-1] if records.offsets else 0
            self._unsent_bytes += last - first
            if self._unsent_bytes >= PROGRESS_BYTES:
                self._tell_progress(at_once=True)
            return
        source = self._wish.source
        self._upstream.deliver(
            LinesFrame(
                source,
                self._wish.filter.stream,
                body_of(read),
                after=self._sent,
                next=records.next,
                gen=records.gen,
            )
        )
        self._now_at(records.next)

    def _send_gap(self, lost: Lost) -> None:
        self._upstream.deliver(
            GapFrame(
                self._wish.source,
                self._wish.filter.stream,
                after=self._sent,
                next=lost.next,
                reason="lost",
                why=lost.why,
                size_bytes=lost.size_bytes,
            )
        )
        self._now_at(lost.next)

    def _tell_progress(self, *, at_once: bool = False) -> None:
        """Say how far it has read, where nothing that it read was to be sent. Rule S8."""
        cursor = self._tail.cursor
        if cursor == self._sent:
            return
        if at_once or self._around.clock() - self._sent_at_s >= PROGRESS_S:
            self._upstream.deliver(
                LinesFrame(
                    self._wish.source,
                    self._wish.filter.stream,
                    None,
                    after=self._sent,
                    next=cursor,
                    gen=None,
                )
            )
            self._now_at(cursor)

    def _now_at(self, cursor: str) -> None:
        self._sent = cursor
        self._unsent_bytes = 0
        self._sent_at_s = self._around.clock()

    def _tell_problems(self) -> None:
        problems = dict(self._tail.problems)
        for path, problem in problems.items():
            if self._problems.get(path) != problem:
                self._around.events.source_problem(path, problem.reason)
        for path in self._problems.keys() - problems.keys():
            self._around.events.source_recovered(path)
        self._problems = problems
