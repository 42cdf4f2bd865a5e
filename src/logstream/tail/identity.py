"""Where a file lies on the disk.

That names another file as soon as the first is deleted and its inode used again; which content a
file has, its bytes say (`logstream.tail.place`, `logstream.tail.cursors`). But a file that is held
open keeps its inode, so for it this is enough.
"""

import os
from typing import NamedTuple, Self


class FileKey(NamedTuple):
    """Where a file lies: unique among the files that exist at one moment."""

    device: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> Self:
        """Take the key from what ``stat`` said."""
        return cls(status.st_dev, status.st_ino)
