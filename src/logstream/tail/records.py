"""Physical lines into records: which lines belong together, with bounds. Pure. Rules: S8, S11.

The same in whatever pieces a file is read: a record begins where the grouping says so, or where one
more line would make it longer than ``RECORD_MAX_BYTES`` or ``RECORD_LINES_MAX``. So it depends on
nothing but the place where the first one begins.
"""

from collections.abc import Sequence
from itertools import compress, count

from logstream.model.limits import RECORD_LINES_MAX, RECORD_MAX_BYTES


def record_starts(
    starts: Sequence[bool],
    offsets: Sequence[int],
    *,
    bytes_max: int = RECORD_MAX_BYTES,
    lines_max: int = RECORD_LINES_MAX,
) -> list[int]:
    """Give the indexes of the lines that begin a record; the first one always does.

    Args:
        starts: What the grouping says of each line.
        offsets: Where each line starts; and one more, where the last one ends.
        bytes_max: No record of several lines is longer.
        lines_max: No record has more lines.
    """
    begun = list(compress(count(), starts))
    if not begun or begun[0] != 0:
        begun.insert(0, 0)
    bounded: list[int] = []
    for first, after in zip(begun, [*begun[1:], len(starts)], strict=True):
        bounded.append(first)
        if after - first > 1:
            bounded += _bounds(first, after, offsets, bytes_max, lines_max)
    return bounded


def _bounds(
    first: int, after: int, offsets: Sequence[int], bytes_max: int, lines_max: int
) -> list[int]:
    """Say where the lines from ``first`` to ``after`` are more than one record."""
    if offsets[after] - offsets[first] <= bytes_max and after - first <= lines_max:
        return []
    bounds = []
    for line in range(first + 1, after):
        if offsets[line + 1] - offsets[first] > bytes_max or line - first >= lines_max:
            bounds.append(line)
            first = line
    return bounds
