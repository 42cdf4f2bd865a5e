"""Live lines of several sources in the order of time, as far as waiting a little can give it.

Each line is held for ``reorder_s`` seconds after it came; those that come out then stand in the
order of time with all that came meanwhile. A line that comes too late for that is given all the
same, and says so (``LineColumns.late``). Bound: ``REORDER_LINES_MAX`` lines, then the oldest go on
early. Pure; the clock (Unix seconds, rising) is passed in.
"""

from collections import Counter, deque

from logstream.client.line_columns import LineColumns
from logstream.client.merge import EARLIEST, ForwardMerge, Head, rising_keys
from logstream.model.limits import REORDER_LINES_MAX
from logstream.model.source import Source


class Reorder:
    """Holds lines for a while, and gives them in the order of time.

    Args:
        reorder_s: How long.
    """

    def __init__(self, reorder_s: float) -> None:
        self._reorder_s = reorder_s
        self._arrivals: deque[tuple[float, float, int]] = deque()  # when, up to which key, lines
        self._waiting: dict[Source, deque[Head]] = {}
        self._keys: dict[Source, float] = {}
        self._held: Counter[Source] = Counter()
        self._lines = 0
        self._given = EARLIEST

    def __len__(self) -> int:
        return self._lines

    def holds(self, source: Source) -> bool:
        """Say whether lines of ``source`` are held."""
        return self._held[source] > 0

    @property
    def due_at_s(self) -> float | None:
        """When ``release`` has something to give; None while nothing is held."""
        return self._arrivals[0][0] + self._reorder_s if self._arrivals else None

    def add(self, columns: LineColumns, now_s: float) -> None:
        """Hold lines that have just come."""
        if not len(columns):
            return
        source = columns.source
        keys = rising_keys(columns.unix_time, self._keys.get(source, EARLIEST))
        if keys[-1] > now_s:  # a date in the future must not hold all others up
            keys = [min(key, now_s) for key in keys]
        self._keys[source] = keys[-1]
        self._waiting.setdefault(source, deque()).append(Head(columns, keys))
        self._arrivals.append((now_s, keys[-1], len(keys)))
        self._held[source] += len(keys)
        self._lines += len(keys)

    def release(self, now_s: float) -> list[LineColumns]:
        """Give the lines whose time to wait is over, and those that stand before them."""
        bound = None
        over = self._lines - REORDER_LINES_MAX
        while self._arrivals:
            came_s, key, lines = self._arrivals[0]
            if came_s + self._reorder_s > now_s and over <= 0:
                break
            over -= lines
            bound = key if bound is None else max(bound, key)
            self._arrivals.popleft()
        return [] if bound is None else self._take(bound)

    def flush(self) -> list[LineColumns]:
        """Give all."""
        self._arrivals.clear()
        return self._take(max(self._keys.values(), default=EARLIEST))

    def _take(self, bound: float) -> list[LineColumns]:
        merge = ForwardMerge()
        for heads in self._waiting.values():
            merge.put(heads[0])
        taken: list[LineColumns] = []
        while merge and merge.earliest <= bound:
            key = merge.earliest
            head, run = merge.take_run(until=bound)
            source = run.source
            self._held[source] -= len(run)
            self._lines -= len(run)
            if head.is_empty:
                heads = self._waiting[source]
                heads.popleft()
                if heads:
                    merge.put(heads[0])
                else:
                    del self._waiting[source]
            run.late = key < self._given
            self._given = max(self._given, head.keys[head.start - 1])
            taken.append(run)
        return taken
