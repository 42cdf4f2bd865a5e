"""Which file is this: where it lies on the disk, and what it begins with.

Neither alone decides. A device and inode number name another file as soon as the first is deleted
and its inode used again, and two files may begin with the same bytes. A file that is held open
keeps its inode, so for it the number is enough; what its content is, the ``Place`` says: the bytes
at its beginning and those before the position, as they were when they were read.

A ``Place`` is what a position needs to be found again later, in the same file or in a copy of it.
"""

import os
from collections.abc import Iterable
from itertools import pairwise
from typing import Final, NamedTuple, Self

HEAD_MAX_BYTES: Final = 1024
"""Enough to hold the first lines of a log, whose times differ; cheap to read again and again."""

TAIL_MAX_BYTES: Final = 64
"""Enough to hold the end of a line with its request id, or its time and sizes."""


class FileKey(NamedTuple):
    """Where a file lies: unique among the files that exist at one moment."""

    device: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        """Take the key from what ``stat`` said."""
        return cls(status.st_dev, status.st_ino)


class Place(NamedTuple):
    """A position in some content, and how to know that content again."""

    position_bytes: int
    """Bytes before it; at the start of a line."""
    head: bytes
    """The content's first bytes before the position, at most ``HEAD_MAX_BYTES``."""
    tail: bytes
    """The last bytes before the position, at most ``TAIL_MAX_BYTES``."""

    def lies_in(self, fd: int) -> bool:
        """Tell whether the open file ``fd`` still has the content that this place is in."""
        length = len(self.tail)
        return (
            os.pread(fd, length, self.position_bytes - length) == self.tail
            and os.pread(fd, len(self.head), 0) == self.head
        )


START: Final = Place(0, b"", b"")
"""The start of any content."""


def place_at(fd: int, position_bytes: int) -> Place:
    """Take the place of a position in the open file ``fd``."""
    tail_bytes = min(TAIL_MAX_BYTES, position_bytes)
    return Place(
        position_bytes,
        os.pread(fd, min(HEAD_MAX_BYTES, position_bytes), 0),
        os.pread(fd, tail_bytes, position_bytes - tail_bytes),
    )


def copied_heads(beginning: bytes, heads: Iterable[bytes]) -> list[bytes]:
    """Find which of some contents a file may be a copy of.

    Args:
        beginning: Of the file, at most ``HEAD_MAX_BYTES``.
        heads: The contents' first bytes, each at most ``HEAD_MAX_BYTES``.

    Returns:
        The heads that go on from ``beginning`` or that it goes on from; all of them if it says
        nothing yet. Of heads that go on from one another the longest counts.
    """
    ordered = sorted({head for head in heads if _says_something(head)})
    longest = [head for head, after in pairwise([*ordered, b""]) if not after.startswith(head)]
    if not _says_something(beginning):
        return longest
    return [head for head in longest if head.startswith(beginning) or beginning.startswith(head)]


def _says_something(head: bytes) -> bool:
    """Tell whether a beginning can be compared: one of NULs only is a hole that will go on."""
    return len(head) == HEAD_MAX_BYTES or head.strip(b"\0") != b""
