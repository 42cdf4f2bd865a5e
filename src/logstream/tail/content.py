"""One file's bytes, plain or compressed, behind one interface: `Content`.

What a file begins with decides how it is read, not its name alone: a plain file may be called
``.gz``, and a rotation may leave names as they are. Plain files are read with pread: mmap kills the
process when a file is truncated under it. Rule: S4, offsets are in uncompressed bytes.
"""

import os
from typing import Final

from logstream.tail.base import Content
from logstream.tail.compressed import (
    MAGIC_MAX_BYTES,
    CompressedContent,
    Compression,
    Incomplete,
    Unreadable,
    compression_of,
    may_become_compressed,
)
from logstream.tail.paths import is_compressed_name

OPEN_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
"""Whatever lies at a path, opening it neither waits nor does anything else."""


READ_SUFFIXES: Final = (".gz", ".bz2", ".xz", ".zst")
"""Names of compressed files that can be read."""


class PlainContent:
    """The bytes of a plain file.

    Args:
        fd: The open file; it belongs to this from now on.
    """

    __slots__ = ("_fd",)

    def __init__(self, fd: int) -> None:
        self._fd = fd

    @property
    def size_bytes(self) -> int:
        """How many there are now."""
        return os.fstat(self._fd).st_size

    @property
    def changed_s(self) -> float:
        """When the file was last written, in Unix time."""
        return os.fstat(self._fd).st_mtime

    def pread(self, offset: int, size_bytes: int) -> bytes:
        """Read at most ``size_bytes`` at ``offset``; less than that only at the end."""
        return os.pread(self._fd, size_bytes, offset)

    def close(self) -> None:
        """Let go of it."""
        os.close(self._fd)


def open_content(path: str) -> Content:
    """Open a file, compressed or not; nothing but its first bytes is read.

    Raises:
        Incomplete: By its name it is compressed, but its beginning is not there yet.
        Unreadable: It is compressed in a way that is not known here.
        OSError: It cannot be opened.
    """
    fd = os.open(path, OPEN_FLAGS)
    try:
        return content_in(fd, path)
    except BaseException:
        os.close(fd)
        raise


def content_in(fd: int, path: str) -> Content:
    """Read an open file that was at ``path``; ``fd`` is the content's unless this fails.

    Raises:
        OSError: See `open_content`.
    """
    return _content(fd, _compression(fd, path))


def content_of(fd: int) -> Content:
    """Read an open file, compressed or not; ``fd`` is the content's from now on."""
    return _content(fd, compression_of(os.pread(fd, MAGIC_MAX_BYTES, 0)))


def _content(fd: int, compression: Compression | None) -> Content:
    return PlainContent(fd) if compression is None else CompressedContent(fd, compression)


def _compression(fd: int, path: str) -> Compression | None:
    beginning = os.pread(fd, MAGIC_MAX_BYTES, 0)
    compression = compression_of(beginning)
    if compression is None and is_compressed_name(path):
        if not path.endswith(READ_SUFFIXES):
            raise Unreadable("only .gz, .bz2, .xz and .zst are read")
        if may_become_compressed(beginning):
            raise Incomplete("its compression has not begun: it is still being written")
    return compression
