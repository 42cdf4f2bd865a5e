"""Where in a log is a time: bisection, as the lines of a log are in the order of their times.

Nearly: a web server writes a line at the end of a request, with the time of its start. So whoever
looks for a time takes the range that this gives for a time some slack earlier or later, and asks
each line in it. Rule: S9 (``TIME_SLACK_S``).
"""

from collections.abc import Callable
from typing import Final

from logstream.tail.base import Content

PROBE_BYTES: Final = 4 * 1024
"""What is read at first of a place: some lines of usual length."""
PROBE_MAX_BYTES: Final = 256 * 1024
"""How far a line with a time is looked for; else the earlier half is taken: that loses nothing."""
NEAR_BYTES: Final = 64 * 1024
"""A range that needs no more bisecting: one read gets it."""

FirstTime = Callable[[bytes], tuple[int, float] | None]
"""Given bytes from anywhere in a log: where in them the first record with a time begins that begins
in them for sure, and which time it has."""


def range_of_time(
    content: Content, start: int, end: int, time_s: float, first_time: FirstTime
) -> tuple[int, int]:
    """Find where the lines come to a time.

    Args:
        content: A plain one.
        start: Where a record starts.
        end: Where a record ends.
        time_s: Unix time.
        first_time: Reads times.

    Returns:
        Two places where records start: of the last one that was seen to be before ``time_s``, or
        ``start``; and of the first one that was seen not to be, or ``end``.
    """
    low, high = start, end  # where records start
    unseen_before = end  # no record that starts in [this, high) is of use
    while unseen_before - low > NEAR_BYTES:
        middle = (low + unseen_before) // 2
        seen = _first_time_at(content, middle, unseen_before, first_time)
        if seen is None:
            unseen_before = middle
            continue
        offset, time_there_s = seen
        if time_there_s < time_s:
            low = offset
        else:
            high, unseen_before = offset, middle
    return low, high


def _first_time_at(
    content: Content, offset: int, end: int, first_time: FirstTime
) -> tuple[int, float] | None:
    """Find the first time behind a place; where its record starts, and which it is."""
    size_bytes = PROBE_BYTES
    while True:
        data = content.pread(offset, min(size_bytes, end - offset))
        seen = first_time(data)
        if seen is not None:
            return offset + seen[0], seen[1]
        if size_bytes >= min(PROBE_MAX_BYTES, end - offset):
            return None
        size_bytes *= 4
