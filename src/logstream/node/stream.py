"""One stream of a hub: its ring, who receives it, and how far each of them is.

A receiver is in one of four states:

- *current*: it stands at the ring's head, and gets what comes at once;
- *behind*: it was not writable, or stands further back in the ring, and reads on from there;
- *ahead*: it was served by a quicker hub, and waits until the ring has come so far;
- *fetching*: where it stands is in the ring no longer; pages of history bring it to the head.

Rules: S5, S6, S7, S11, S12.
"""

from collections import deque
from typing import NamedTuple, Protocol

from logstream.errors import BadCursor
from logstream.model.cursor import distance_bytes
from logstream.model.filter import Filter
from logstream.model.source import Source
from logstream.node.base import EnableWanted, HistoryWanted, Upstream
from logstream.node.batch import SLOW, GapFrame, LinesFrame, StreamFrame
from logstream.node.fetch import Answer, Fetch, PageSink
from logstream.node.ring import Position, RingBudget


class Surroundings(Protocol):
    """What a stream needs of its router."""

    def is_late(self, upstream: Upstream) -> bool:
        """Whether someone is behind on any stream, and so waits on all."""

    def late(self, upstream: Upstream, stream: "Stream") -> None:
        """Someone is behind on a stream now."""

    def late_no_longer(self, upstream: Upstream, stream: "Stream") -> None:
        """Someone is behind on a stream no longer."""

    def drained(self, upstream: Upstream) -> None:
        """Give someone what waits."""

    def ask_history(self, wish: HistoryWanted, sink: PageSink) -> bool:
        """Ask whoever has the source for a page; False where nobody is there."""

    def unix_time(self) -> float:
        """Unix time."""


class Wish(NamedTuple):
    """An ``enable`` that is not answered yet."""

    upstream: Upstream
    wanted: EnableWanted
    after: str | None
    """Where it begins, ``replace`` considered."""
    restores: "tuple[Stream, str] | None" = None
    """The stream that it replaced, and where that ended: it goes on if this is refused."""


class Stream:
    """One source under one filter.

    Args:
        source: Of the lines.
        lines_filter: That they pass.
        budget: What all rings of the node share.
        router: Whose it is.
    """

    def __init__(
        self, source: Source, lines_filter: Filter, budget: RingBudget, router: Surroundings
    ) -> None:
        self.source = source
        self.filter = lines_filter
        self.name = lines_filter.stream
        self.ring = budget.open_ring()
        self.within = budget.ring_bytes
        self._router = router
        self.current: set[Upstream] = set()
        self.behind: dict[Upstream, Position] = {}
        self.ahead: dict[Upstream, str] = {}
        self.fetching: dict[Upstream, Fetch] = {}
        self.pending: deque[Wish] = deque()
        """Those who wait for the downstream to answer."""
        self.asked = False
        """Whether the downstream was asked for it since it was last there."""
        self.asked_after: str | None = None
        """Where it was asked to begin."""
        self.flows = False
        """Whether the downstream has answered."""
        self.unwatched_since_s: float | None = None
        self._clock_ahead_s = 0.0
        """How much later it is where the files are."""

    # --- who is here -----------------------------------------------------------------------------

    @property
    def receivers(self) -> list[Upstream]:
        """All who receive it, or are going to."""
        waiting = (wish.upstream for wish in self.pending)
        return [*self.current, *self.behind, *self.ahead, *self.fetching, *waiting]

    @property
    def watched(self) -> bool:
        """Whether anybody wants it."""
        return bool(self.current or self.behind or self.ahead or self.fetching or self.pending)

    def receives(self, upstream: Upstream) -> bool:
        """Whether someone receives it."""
        return (
            upstream in self.current
            or upstream in self.behind
            or upstream in self.ahead
            or upstream in self.fetching
        )

    def place(self, upstream: Upstream) -> str | None:
        """Give the cursor where someone stands; None for who does not receive it."""
        if upstream in self.current:
            return self.ring.head.cursor
        if upstream in self.behind:
            return self.behind[upstream].cursor
        if upstream in self.fetching:
            return self.fetching[upstream].cursor
        return self.ahead.get(upstream)

    def remove(self, upstream: Upstream) -> None:
        """Someone wants it no longer."""
        self._detach(upstream)
        self.pending = deque(wish for wish in self.pending if wish.upstream is not upstream)

    # --- downstream ------------------------------------------------------------------------------

    def began(self, after: str, now_s: float | None) -> None:
        """The downstream has answered: frames follow from ``after`` on.

        Raises:
            BadCursor: It is none.
        """
        self.flows = True
        if now_s is not None:
            self._clock_ahead_s = now_s - self._router.unix_time()
        head = self.ring.head.cursor
        if not self.ring.begun:
            distance_bytes(after, "")  # is it one?
            self.ring.begin(after)
        elif after != head:
            self.append(self._bridge(head, after))
        for fetch in list(self.fetching.values()):
            fetch.go_on()
        pending, self.pending = self.pending, deque()
        for wish in pending:
            self.start(wish)
        self.asked_after = None

    def refused(self, code: int, description: str) -> None:
        """The downstream refuses the stream: so do we, to those who wait."""
        self.asked = self.flows = False
        pending, self.pending = self.pending, deque()
        for wish in pending:
            self.refuse(wish, code, description)

    def lost(self) -> None:
        """The downstream has gone; all stay where they are."""
        self.asked = self.flows = False
        for fetch in self.fetching.values():
            fetch.lost()

    def append(self, frame: StreamFrame, arrival: int = 0) -> None:
        """A frame came: everyone gets it, now or when writable.

        Raises:
            BadCursor: What it says of its place is nonsense.
        """
        start = self.ring.head
        self.ring.append(frame, arrival)
        router = self._router
        # Who is behind on any stream waits on all: nobody sees lines in another order than others.
        slow = [each for each in self.current if router.is_late(each) or not each.writable]
        for upstream in slow:
            self.current.remove(upstream)
            self.behind[upstream] = start
            router.late(upstream, self)
        for upstream in self.current:
            upstream.deliver(frame)
        if self.ahead:
            ahead, self.ahead = self.ahead, {}
            for upstream, cursor in ahead.items():
                self._attach(upstream, cursor)

    # --- upstream --------------------------------------------------------------------------------

    def start(self, wish: Wish) -> None:
        """Answer an ``enable``, now that the stream flows."""
        upstream, wanted, after = wish.upstream, wish.wanted, wish.after
        if self.receives(upstream):
            self.answer(wish, self.place(upstream) or "")
            return
        head = self.ring.head.cursor
        if after is not None and wanted.within is not None and after != head:
            if self.asked_after == after and wanted.within <= self.within:
                after = None  # the downstream has begun elsewhere, as too much lies between
            else:
                distance = distance_bytes(after, head)
                if distance is not None and distance > wanted.within:
                    after = None
        if after is None or after == head:
            self.answer(wish, head)
            self.current.add(upstream)
        else:
            self._attach(upstream, after, wish)

    def answer(self, wish: Wish, after: str) -> None:
        """Tell where a stream begins."""
        now_s = self._router.unix_time() + self._clock_ahead_s
        wish.upstream.enabled(wish.wanted, after=after, now_s=now_s)

    def refuse(self, wish: Wish, code: int, description: str) -> None:
        """Tell that a stream cannot be had; what it was to replace goes on."""
        wish.upstream.refused(wish.wanted, code, description)
        if wish.restores is not None:
            stream, cursor = wish.restores
            stream.resume(wish.upstream, cursor)

    def resume(self, upstream: Upstream, cursor: str) -> None:
        """Go on for someone as if nothing had been."""
        self.unwatched_since_s = None
        if not self.receives(upstream):
            self._attach(upstream, cursor)

    def give_next(self, upstream: Upstream) -> None:
        """Give someone who is behind the next frame."""
        position = self.behind[upstream]
        head = self.ring.head
        read = self.ring.read_from(position)
        if read is not None and read.fell_off and upstream.extended:
            upstream.deliver(self._gap(position.cursor, head.cursor))
            self.behind[upstream] = head
        elif read is not None:
            if read.missed:
                upstream.missed(self.source, read.missed)
            upstream.deliver(read.frame)
            self.behind[upstream] = read.end
        if read is None or self.behind[upstream].frames == head.frames:
            del self.behind[upstream]
            self._router.late_no_longer(upstream, self)
            self.current.add(upstream)

    def next_arrival(self, upstream: Upstream) -> int:
        """Give when the next frame came that someone has to get; 0 if it is gone."""
        read = self.ring.read_from(self.behind[upstream])
        return read.arrival if read is not None and not read.fell_off else 0

    def fetched(self, upstream: Upstream, cursor: str) -> None:
        """Pages of history have brought someone to a cursor that was the head."""
        del self.fetching[upstream]
        self._attach(upstream, cursor)

    def fetch_failed(self, upstream: Upstream, cursor: str) -> None:
        """Pages of history bring someone no further: the rest is a gap, open until fetched."""
        del self.fetching[upstream]
        head = self.ring.head.cursor
        upstream.deliver(self._bridge(cursor, head))
        self.current.add(upstream)

    def fetch_ahead(self, upstream: Upstream, cursor: str) -> None:
        """Someone who was taken to be far behind is ahead."""
        del self.fetching[upstream]
        self.ahead[upstream] = cursor

    def ask_history(self, wish: HistoryWanted, sink: PageSink) -> bool:
        """Ask for a page, if the downstream is there."""
        return self.flows and self._router.ask_history(wish, sink)

    # --- inside ----------------------------------------------------------------------------------

    def _attach(self, upstream: Upstream, cursor: str, wish: Wish | None = None) -> None:
        """Let someone go on at a cursor."""
        head = self.ring.head
        try:
            place = self.ring.find(cursor)
            distance = 0 if place is not None else distance_bytes(head.cursor, cursor)
        except BadCursor as bad:
            if wish is not None:
                self.refuse(wish, bad.code, str(bad))
            return
        is_known = place is not None or (distance is not None and distance >= 0)
        if is_known and wish is not None:
            self.answer(wish, cursor)
        if place == head:
            self.current.add(upstream)
        elif place is not None:
            self.behind[upstream] = place
            self._router.late(upstream, self)
            self._router.drained(upstream)
        elif is_known:
            self.ahead[upstream] = cursor
        else:
            within = None if wish is None else wish.wanted.within
            fetch = Fetch(self, upstream, cursor, self._how_to_answer(wish, cursor), within)
            self.fetching[upstream] = fetch
            fetch.go_on()

    def _how_to_answer(self, wish: Wish | None, cursor: str) -> Answer | None:
        if wish is None:
            return None

        def refuse(code: int, description: str) -> None:
            self.fetching.pop(wish.upstream, None)
            self.refuse(wish, code, description)

        return Answer(lambda: self.answer(wish, cursor), refuse)

    def _detach(self, upstream: Upstream) -> None:
        self.current.discard(upstream)
        self.ahead.pop(upstream, None)
        fetch = self.fetching.pop(upstream, None)
        if fetch is not None:
            fetch.cancel()
        if self.behind.pop(upstream, None) is not None:
            self._router.late_no_longer(upstream, self)

    def _gap(self, after: str, next_: str) -> GapFrame:
        return GapFrame(self.source, self.name, after=after, next=next_, reason=SLOW)

    def _bridge(self, after: str, next_: str) -> StreamFrame:
        """Give what joins two cursors: nothing where they are one place in two words, or a gap."""
        if distance_bytes(after, next_) == 0:
            return LinesFrame(self.source, self.name, None, after=after, next=next_, gen=None)
        return self._gap(after, next_)
