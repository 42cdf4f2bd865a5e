"""The bounded store of a stream's recent frames; every receiver is a position in it.

A fast source and a slow receiver must not cost a node memory, so a full ring lets its *oldest*
frames go. A receiver whose position went with them is told so. Someone who brings a cursor goes on
where it stands among the stored frames, also inside of one.

Where a cursor stands: while one generation grows, all but its own offset stay the same in the
cursors of the frames. Such a *run* is found by what stays the same, the frame in it by bisection.

Units: capacity is **bytes** of stored frames. Nothing here blocks, awaits or reads a clock.
Rules: S4, S5, S7.
"""

from bisect import bisect_right
from collections import deque
from typing import NamedTuple

from logstream.errors import BadCursor, BadMessage
from logstream.model import cursor as cursors
from logstream.model.limits import RING_MAX_BYTES, RINGS_MAX_BYTES
from logstream.node.batch import SLOW, GapFrame, LinesFrame, StreamFrame

#: What a stored gap takes.
GAP_BYTES = 512


class Position(NamedTuple):
    """A place in a ring's stream."""

    frames: int
    """How many frames end before it, since the ring began."""
    lines: int
    """How many lines are in them."""
    cursor: str
    """As the receiver knows it; inside of the next frame, or where that begins."""


class Read(NamedTuple):
    """What a receiver is given next."""

    missed: int
    """How many lines are gone between the receiver's position and this."""
    fell_off: bool
    """Whether frames are gone between the receiver's position and this."""
    frame: StreamFrame
    arrival: int
    end: Position
    """Where the receiver stands after it."""


class _Entry(NamedTuple):
    start: Position
    frame: StreamFrame
    arrival: int
    size_bytes: int
    run: str | None
    begin_offset: int
    end_offset: int


class _Run:
    """Frames in a row in which one generation grew."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.last = first


class Ring:
    """One stream's recent frames.

    Args:
        budget: What all rings of the node share.
        capacity_bytes: What this one may store.
    """

    def __init__(self, budget: "RingBudget", *, capacity_bytes: int) -> None:
        self._budget = budget
        self._capacity_bytes = capacity_bytes
        self._stored: deque[_Entry] = deque()
        self._runs: dict[str, _Run] = {}
        self._starts: dict[str, int] = {}
        """The cursor at which a frame begins → the frame's number."""
        self.begun = False
        self.head = Position(0, 0, "")
        self.stored_bytes = 0

    def begin(self, cursor: str) -> None:
        """Say where the stream begins."""
        self.begun = True
        self.head = self.head._replace(cursor=cursor)

    def append(self, frame: StreamFrame, arrival: int = 0) -> None:
        """Store the frame that goes on at the head.

        Raises:
            BadCursor: What it says of its place is nonsense; nothing is stored.
        """
        start = self.head
        run, begin_offset, end_offset = _extent(frame)
        size_bytes = frame.size_bytes if isinstance(frame, LinesFrame) else GAP_BYTES
        self._stored.append(
            _Entry(start, frame, arrival, size_bytes, run, begin_offset, end_offset)
        )
        self._starts[start.cursor] = start.frames
        if run is not None:
            known = self._runs.setdefault(run, _Run(start.frames))
            known.last = start.frames
        self.head = Position(start.frames + 1, start.lines + frame.n, frame.next)
        self._grow(size_bytes)
        while self.stored_bytes > self._capacity_bytes and len(self._stored) > 1:
            self.drop_oldest()
        self._budget.enforce()

    def read_from(self, position: Position) -> Read | None:
        """Give the first stored frame at or after ``position``; None at the head."""
        if position.frames >= self.head.frames or not self._stored:
            return None
        index = max(0, position.frames - self._stored[0].start.frames)
        entry = self._stored[index]
        start, frame = entry.start, entry.frame
        fell_off = start.frames > position.frames
        if not fell_off and position.cursor != frame.after:
            frame = _from(entry, position.cursor)
        end = Position(start.frames + 1, start.lines + entry.frame.n, frame.next)
        return Read(start.lines - position.lines, fell_off, frame, entry.arrival, end)

    def find(self, cursor: str) -> Position | None:
        """Say where a cursor stands; None if it is not within the stored frames.

        At the beginning of a ``slow`` gap it is not: who asks from there wants what was left out.
        """
        if cursor == self.head.cursor:
            return self.head
        number = self._starts.get(cursor)
        if number is None:
            number = self._find_in_runs(cursor)
        if number is None or not self._stored:
            return None
        index = number - self._stored[0].start.frames
        if not 0 <= index < len(self._stored) or _is_slow(self._stored[index].frame):
            return None
        return self._stored[index].start._replace(cursor=cursor)

    def drop_oldest(self) -> None:
        """Let the oldest frame go."""
        entry = self._stored.popleft()
        if self._starts.get(entry.start.cursor) == entry.start.frames:
            del self._starts[entry.start.cursor]
        run = None if entry.run is None else self._runs.get(entry.run)
        if entry.run is not None and run is not None:
            run.first = entry.start.frames + 1
            if run.first > run.last:
                del self._runs[entry.run]
        self._grow(-entry.size_bytes)

    def close(self) -> None:
        """Free the ring; it is not used again."""
        self._stored.clear()
        self._runs.clear()
        self._starts.clear()
        self._grow(-self.stored_bytes)
        self._budget.forget(self)

    def _find_in_runs(self, cursor: str) -> int | None:
        for key, offset in _keys(cursor):
            run = self._runs.get(key)
            if run is None or not self._stored:
                continue
            oldest = self._stored[0].start.frames
            numbers = range(run.first, run.last + 1)
            # The first frame that ends after the cursor holds it, or begins there.
            at = bisect_right(
                numbers, offset, key=lambda number: self._stored[number - oldest].end_offset
            )
            if at < len(numbers):
                entry = self._stored[numbers[at] - oldest]
                is_inside = entry.begin_offset < offset and isinstance(entry.frame, LinesFrame)
                if entry.begin_offset == offset or is_inside:
                    return numbers[at]
        return None

    def _grow(self, size_bytes: int) -> None:
        self.stored_bytes += size_bytes
        self._budget.stored_bytes += size_bytes


class RingBudget:
    """What all rings of a node may store together; beyond, the largest lets its oldest go.

    Args:
        capacity_bytes: For all rings.
        ring_bytes: For each ring.
    """

    def __init__(
        self, *, capacity_bytes: int = RINGS_MAX_BYTES, ring_bytes: int = RING_MAX_BYTES
    ) -> None:
        self._capacity_bytes = capacity_bytes
        self.ring_bytes = ring_bytes
        self._rings: set[Ring] = set()
        self.stored_bytes = 0

    def open_ring(self) -> Ring:
        """Give a new ring that counts here until it is closed."""
        ring = Ring(self, capacity_bytes=self.ring_bytes)
        self._rings.add(ring)
        return ring

    def forget(self, ring: Ring) -> None:
        """Count ``ring`` no more; it is empty."""
        self._rings.discard(ring)

    def enforce(self) -> None:
        """Let the largest rings' oldest frames go until all fit."""
        while self.stored_bytes > self._capacity_bytes:
            max(self._rings, key=lambda ring: ring.stored_bytes).drop_oldest()


def _is_slow(frame: StreamFrame) -> bool:
    return isinstance(frame, GapFrame) and frame.reason == SLOW


def _from(entry: _Entry, cursor: str) -> StreamFrame:
    """Give a frame's part from a cursor inside of it, or where it begins in other words."""
    frame = entry.frame
    if isinstance(frame, GapFrame):
        return frame.moved(after=cursor)
    begins_there = any(
        key == entry.run and offset == entry.begin_offset for key, offset in _keys(cursor)
    )
    if begins_there:
        return frame.moved(after=cursor)
    try:
        return frame.sliced_from(cursor)
    except BadMessage:  # whoever made it is to blame, not who asks for a part of it
        return GapFrame(frame.source, frame.stream, after=cursor, next=frame.next, reason=SLOW)


def _extent(frame: StreamFrame) -> tuple[str | None, int, int]:
    """Give the run that a frame belongs to, and the offsets at which it begins and ends.

    Raises:
        BadCursor: What it says of its place is nonsense.
    """
    after, components = cursors.parse(frame.after), cursors.parse(frame.next)
    before = {each.generation: each.offset for each in after}
    grown = frame.gen if isinstance(frame, LinesFrame) else None
    if grown is None:
        changed = [
            index
            for index, each in enumerate(components)
            if before.get(each.generation) != each.offset
        ]
        if len(changed) != 1 or len(after) != len(components):
            return None, 0, 0
        grown = changed[0]
    if not 0 <= grown < len(components):
        raise BadCursor(f"the cursor {frame.next[:64]!r} has no component {grown}")
    generation, end_offset, _ = components[grown]
    begin_offset = before.get(generation) or 0
    if end_offset is None:
        return None, 0, 0
    return _key(components, grown), begin_offset, end_offset


def _keys(cursor: str) -> list[tuple[str, int]]:
    """Give each run in which a cursor may stand, and the offset in it."""
    components = cursors.parse(cursor)
    return [
        (_key(components, index), component.offset)
        for index, component in enumerate(components)
        if component.offset is not None
    ]


def _key(components: list[cursors.Component], grown: int) -> str:
    """Give what stays the same in a cursor while one of its components grows."""
    return ",".join(
        f"{each.generation}:" if index == grown else f"{each.generation}:{each.offset}"
        for index, each in enumerate(components)
    )
