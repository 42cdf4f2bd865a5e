"""One open file of a source, plain or compressed: its content, and what the system says of it."""

import os
from typing import Self

from logstream.tail.base import Content
from logstream.tail.compressed import CompressedContent
from logstream.tail.content import OPEN_FLAGS, PlainContent, content_in
from logstream.tail.cursors import born_ns, hint_at
from logstream.tail.identity import FileKey


class OpenedFile:
    """An open file.

    Args:
        fd: The open file; it belongs to this from now on.
        content: Its content.

    Attributes:
        content: Its content.
        key: Where the file lies.
        compressed: Whether its content is inflated; then it is written no more.
        pread: Reads bytes of the content, see `Content.pread`.
    """

    __slots__ = ("_fd", "compressed", "content", "key", "pread")

    def __init__(self, fd: int, content: Content | None = None) -> None:
        self._fd = fd
        self.content = PlainContent(fd) if content is None else content
        self.compressed = isinstance(self.content, CompressedContent)
        self.pread = self.content.pread
        self.key = FileKey.of(os.fstat(fd))

    @classmethod
    def at(cls, path: str, *, plain: bool) -> Self:
        """Open a file.

        Args:
            path: Where it is.
            plain: Whether it is a live one: that is never compressed, whatever it begins with.

        Raises:
            OSError: It cannot be opened; or it is no whole compressed file, see
                `logstream.tail.compressed`.
        """
        fd = open_for_reading(path)
        try:
            return cls(fd, PlainContent(fd) if plain else content_in(fd, path))
        except BaseException:
            os.close(fd)
            raise

    @property
    def status(self) -> os.stat_result:
        """What the system says of the file."""
        return os.fstat(self._fd)

    @property
    def state(self) -> tuple[int, int]:
        """The file's size, and its time of change in nanoseconds; other ones mean a write."""
        status = os.fstat(self._fd)
        return status.st_size, status.st_mtime_ns

    @property
    def size_bytes(self) -> int | None:
        """The size of the content; None while that is not known."""
        return self.content.size_bytes

    @property
    def exists(self) -> bool:
        """Whether the file still has a name somewhere."""
        return os.fstat(self._fd).st_nlink > 0

    @property
    def hint(self) -> str:
        """The hint at this file, see `logstream.tail.cursors`."""
        return hint_at(self.key.inode, self.born_ns)

    @property
    def born_ns(self) -> int:
        """When the file was created; 0: nobody knows."""
        return born_ns(self._fd)

    def reach(self, offset: int, budget_bytes: int) -> bool:
        """Tell whether ``pread`` at ``offset`` is quick now; come nearer to that."""
        content = self.content
        return not isinstance(content, CompressedContent) or content.reach(offset, budget_bytes)

    def hole_bytes(self, offset: int) -> int:
        """Give the length of the hole at ``offset``, as far as the file system knows it."""
        if self.compressed:
            return 0
        try:
            return os.lseek(self._fd, offset, os.SEEK_DATA) - offset
        except OSError:  # no data up to the end, or a file system that cannot tell
            return 0

    def close(self) -> None:
        """Close it."""
        self.content.close()


def open_for_reading(path: str) -> int:
    """Open a file; a FIFO or a device does not hold us."""
    return os.open(path, OPEN_FLAGS)
