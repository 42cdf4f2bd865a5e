"""What tailing gives: lines of files, as text, in order.

Units: bytes of the files. Nothing here knows sockets or JSON.
"""

from typing import NamedTuple


class Lines(NamedTuple):
    """Some lines of one file, in the file's order."""

    texts: list[str]
    """Without line ends; bytes that are not UTF-8 became U+FFFD; cut at ``RECORD_MAX_BYTES``."""
    cut: dict[int, int]
    """For each line that was cut, by index: how many bytes the whole has."""


class Problem(NamedTuple):
    """Why a path cannot be read just now; it is tried again."""

    path: str
    reason: str
    """One line for a person, as ``permission denied``."""
