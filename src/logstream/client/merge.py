"""Lines of several sources in the order of time, each source's own order kept.

A line's key is its time, or that of the line before it where it has none or is dated earlier: so
keys never fall within a source, and merging by them keeps each source's order. Where keys are equal
the sources' own order decides, so that the past is the same however it is read. Lines go in runs,
as long as no other source has an earlier one: a busy hour of one source costs next to nothing.
Pure. Units: Unix seconds.
"""

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

from logstream.client.line_columns import LineColumns
from logstream.model.source import Source

EARLIEST: Final = float("-inf")
LATEST: Final = float("inf")


def rising_keys(unix_time: Sequence[float | None], floor: float = EARLIEST) -> list[float]:
    """Give keys to read forward by; ``floor`` is the last key before them."""
    keys: list[float] = []
    add = keys.append
    for time_s in unix_time:
        if time_s is not None and time_s > floor:
            floor = time_s
        add(floor)
    return keys


def falling_keys(unix_time: Sequence[float | None], ceiling: float = LATEST) -> list[float]:
    """Give keys to read backward by, in file order; ``ceiling`` is the first key after them."""
    keys: list[float] = []
    add = keys.append
    for time_s in reversed(unix_time):
        if time_s is not None and time_s < ceiling:
            ceiling = time_s
        add(ceiling)
    keys.reverse()
    return keys


class Head:
    """What is at hand of one source: lines ``start`` to ``stop`` of ``columns``."""

    __slots__ = ("columns", "keys", "start", "stop")

    def __init__(self, columns: LineColumns, keys: list[float]) -> None:
        self.columns = columns
        self.keys = keys
        self.start = 0
        self.stop = len(keys)

    @property
    def is_empty(self) -> bool:
        """Whether all of it was taken."""
        return self.start >= self.stop


class ForwardMerge:
    """Gives the earliest lines of what is at hand; each source must have a head, or be at its end.

    A head that becomes empty leaves the merge: put the source's next one in before going on.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, Source, Head]] = []

    def __bool__(self) -> bool:
        return bool(self._heap)

    @property
    def earliest(self) -> float:
        """The key of the line that comes next."""
        return self._heap[0][0]

    def put(self, head: Head) -> None:
        """Put a source's lines in."""
        if not head.is_empty:
            heapq.heappush(self._heap, (head.keys[head.start], head.columns.source, head))

    def take_run(self, *, until: float = LATEST) -> tuple[Head, LineColumns]:
        """Take the lines that come next.

        Args:
            until: Leave lines with later keys; ``earliest`` is none of them.

        Returns:
            The head that they are of, and the lines.
        """
        _, source, head = heapq.heappop(self._heap)
        stop = bisect_right(head.keys, until, head.start, head.stop)
        if self._heap:
            bound, other, _ = self._heap[0]
            find = bisect_right if source < other else bisect_left
            stop = min(stop, find(head.keys, bound, head.start, head.stop))
        stop = max(stop, head.start + 1)
        run = head.columns.part(head.start, stop)
        head.start = stop
        self.put(head)
        return head, run


class _Last:
    """Puts the last of some sources first."""

    __slots__ = ("_source",)

    def __init__(self, head: Head) -> None:
        self._source = head.columns.source

    def __lt__(self, other: "_Last") -> bool:
        return other._source < self._source


class BackwardMerge:
    """Gives the latest lines of what is at hand, as `ForwardMerge` gives the earliest."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, _Last, Head]] = []

    def __bool__(self) -> bool:
        return bool(self._heap)

    def put(self, head: Head) -> None:
        """Put a source's lines in."""
        if not head.is_empty:
            heapq.heappush(self._heap, (-head.keys[head.stop - 1], _Last(head), head))

    def take_run(self, lines_max: int) -> tuple[Head, LineColumns]:
        """Take the lines that come last, at most ``lines_max``; in the order of their file."""
        _, last, head = heapq.heappop(self._heap)
        start = head.start
        if self._heap:
            bound, other, _ = self._heap[0]
            find = bisect_left if last < other else bisect_right
            start = find(head.keys, -bound, head.start, head.stop)
        start = max(min(start, head.stop - 1), head.stop - lines_max)
        run = head.columns.part(start, head.stop)
        head.stop = start
        self.put(head)
        return head, run
