"""A position in some content, and how to know that content again.

The bytes at the content's beginning and those before the position, as they were when they were
read: two files may begin with the same bytes, and a file may be written anew under its name.
"""

from typing import NamedTuple

from logstream.model.limits import LINE_SEARCHED_BACK_MAX_BYTES, RECORD_MAX_BYTES
from logstream.tail.base import Content
from logstream.tail.cursors import HEAD_MAX_BYTES, TAIL_MAX_BYTES


class Place(NamedTuple):
    """A position in some content, and how to know that content again."""

    position_bytes: int
    """Bytes before it; at the start of a line."""
    head: bytes
    """The content's first bytes, at most ``HEAD_MAX_BYTES``; some may lie behind the position."""
    tail: bytes
    """The last bytes before the position, at most ``TAIL_MAX_BYTES``."""

    def lies_in(self, content: Content) -> bool:
        """Tell whether this place is in some content."""
        length = len(self.tail)
        return (
            content.pread(self.position_bytes - length, length) == self.tail
            and content.pread(0, len(self.head)) == self.head
        )


def place_at(content: Content, position_bytes: int) -> Place:
    """Take the place of a position in some content."""
    tail_bytes = min(TAIL_MAX_BYTES, position_bytes)
    return Place(
        position_bytes,
        content.pread(0, HEAD_MAX_BYTES),
        content.pread(position_bytes - tail_bytes, tail_bytes),
    )


def last_line_end(content: Content, end: int) -> int:
    """Find where the last whole line before ``end`` ends.

    If that is not found within ``LINE_SEARCHED_BACK_MAX_BYTES``, it is ``end``.
    """
    base = end
    while base > 0 and end - base < LINE_SEARCHED_BACK_MAX_BYTES:
        block_bytes = min(base, RECORD_MAX_BYTES)
        base -= block_bytes
        lf = content.pread(base, block_bytes).rfind(b"\n")
        if lf >= 0 or base == 0:
            return base + lf + 1
    return end
