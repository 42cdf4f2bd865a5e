"""What tailing gives: records of files, as text, in order, each with a cursor; and what it needs.

A *generation* is one file's content from creation or truncation to its end; a *series* is the
generations of one path. Offsets are in uncompressed bytes of a generation. Nothing here knows
sockets or JSON. Rules: S4, S7, S11 of the extended protocol.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol


class Records(NamedTuple):
    """Some records of one generation, in its order; there may be none yet (bytes passed over)."""

    texts: list[str]
    """Without line ends; bytes that are not UTF-8 became U+FFFD; cut at ``RECORD_MAX_BYTES``."""
    offsets: list[int]
    """Where each record starts in its generation."""
    cut: dict[int, int]
    """For each record that was cut, by index: how many bytes the whole has."""
    after: str
    """The cursor before them."""
    next: str
    """The cursor after them."""
    gen: int
    """Which component of ``next`` they moved."""


Why = Literal["truncated", "removed", "unreadable"]


class Lost(NamedTuple):
    """A stretch that is gone: declared, never silent. Rule S7."""

    after: str
    next: str
    why: Why
    size_bytes: int | None
    """How much, where that can be known."""


class Problem(NamedTuple):
    """Why a path cannot be read just now; it is tried again."""

    path: str
    reason: str
    """One line for a person, as ``permission denied``."""


class Grouping(Protocol):
    """Which physical lines begin a record; where there is none, each line is one."""

    def starts(self, lines: Sequence[str]) -> list[bool]:
        """Say for each line whether a record begins with it.

        Args:
            lines: In the order of the file. What a line means may depend on the one before it, so
                the first one's answer is a guess unless the caller knows it to be a start.
        """


class Content(Protocol):
    """The bytes of one generation, plain or compressed."""

    @property
    def size_bytes(self) -> int | None:
        """How many there are now, uncompressed; None while that is not known."""

    def pread(self, offset: int, size_bytes: int) -> bytes:
        """Read at most ``size_bytes`` at ``offset``; less than that only at the end.

        Raises:
            OSError: It cannot be read, or ends in the middle of its compression.
        """

    def close(self) -> None:
        """Let go of it."""
