"""The content of a compressed file, read as a stream: bounded in memory, whatever it inflates to.

gz, bz2, xz and zstd, of one member (frame, stream) or many. Only a window of the newest inflated
bytes is kept. Who reads on, or a little back, finds it there; who goes back further waits until the
file was inflated again from its start, or from one of a few remembered places (gz only, whose
inflater can be copied). So a file that inflates to anything is nothing but time.

A file that ends in the middle of its compression does not exist yet (S4): `Incomplete`. Offsets are
in inflated bytes. Every method may raise OSError.
"""

import bz2
import lzma
import os
import sys
import zlib
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from logstream.model.limits import (
    DECOMPRESSION_MEMORY_MAX_BYTES,
    DECOMPRESSION_WINDOW_BYTES,
    DECOMPRESSION_ZSTD_WINDOW_LOG_MAX,
)

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

INPUT_BYTES: Final = 64 * 1024
"""How much of the file is read at once."""

OUTPUT_BYTES: Final = 256 * 1024
"""How much is inflated at once: less than a millisecond."""

FIRST_OUTPUT_BYTES: Final = 4 * 1024
"""How much is inflated at first: who wants to know a file by its beginning needs no more."""

CHECKPOINTS_MAX: Final = 64
"""Remembered places of a gz file, at most 110 kB each; when full, every second one goes."""

CHECKPOINT_FIRST_BYTES: Final = 4 * 1024 * 1024
"""How far remembered places lie apart at first; the inflater needs some 15 ms for as much."""


class Incomplete(OSError):
    """A compressed file ends early: whoever writes it has not finished. It does not exist yet."""


class Unreadable(OSError):
    """A compressed file is damaged, or needs more memory than it may have."""


class Inflater(Protocol):
    """What inflates one member; bz2's, lzma's and zstd's are of this shape as they come."""

    @property
    def eof(self) -> bool:
        """Whether the member is complete."""

    @property
    def needs_input(self) -> bool:
        """Whether it gives nothing more without more of the file."""

    @property
    def unused_data(self) -> bytes:
        """What came after the member's end."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Inflate to at most ``max_length`` bytes."""


class GzipInflater:
    """One gz member, in the shape of the other inflaters."""

    __slots__ = ("_inflater", "_pending")

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        self._pending = b""

    @property
    def eof(self) -> bool:
        """Whether the member is complete."""
        return self._inflater.eof

    @property
    def needs_input(self) -> bool:
        """Whether it gives nothing more without more of the file."""
        return not self._pending and not self._inflater.eof

    @property
    def unused_data(self) -> bytes:
        """What came after the member's end."""
        return self._inflater.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Inflate to at most ``max_length`` bytes."""
        inflated = self._inflater.decompress(self._pending + data, max_length)
        self._pending = self._inflater.unconsumed_tail
        return inflated

    def copy(self) -> "GzipInflater":
        """Remember where it is."""
        other = GzipInflater()
        other._inflater = self._inflater.copy()
        other._pending = self._pending
        return other


class Compression(NamedTuple):
    """One way of compressing."""

    magic: tuple[bytes, ...]
    """What each member begins with; one of these."""
    inflater: Callable[[], Inflater]


def _xz() -> Inflater:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=DECOMPRESSION_MEMORY_MAX_BYTES)


def _zstd() -> Inflater:
    limit = zstd.DecompressionParameter.window_log_max
    return zstd.ZstdDecompressor(options={limit: DECOMPRESSION_ZSTD_WINDOW_LOG_MAX})


_COMPRESSIONS: Final = (
    Compression((b"\x1f\x8b\x08",), GzipInflater),
    Compression((b"\xfd7zXZ\x00",), _xz),
    # The last are frames that pzstd and others put before, after and between those with content.
    Compression(
        (b"\x28\xb5\x2f\xfd", *(bytes((0x50 + low,)) + b"\x2a\x4d\x18" for low in range(16))), _zstd
    ),
    # The block's mark after the level, so that a line of text that begins with BZh is none.
    Compression(
        tuple(
            b"BZh%d" % level + mark
            for level in range(1, 10)
            for mark in (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")
        ),
        bz2.BZ2Decompressor,
    ),
)

MAGIC_MAX_BYTES: Final = 10


def compression_of(beginning: bytes) -> Compression | None:
    """Tell how a file is compressed, by its first ``MAGIC_MAX_BYTES`` bytes; None: it is not."""
    for compression in _COMPRESSIONS:
        if beginning.startswith(compression.magic):
            return compression
    return None


def may_become_compressed(beginning: bytes) -> bool:
    """Tell whether a file so short is the beginning of one that is compressed."""
    return any(magic.startswith(beginning) for each in _COMPRESSIONS for magic in each.magic)


class _Checkpoint(NamedTuple):
    """A place from where a gz file can be inflated on."""

    inflated_bytes: int
    read_bytes: int
    inflater: GzipInflater


class CompressedContent:
    """The inflated bytes of one file.

    Args:
        fd: The open file; it belongs to this from now on.
        compression: As `compression_of` says.
        window_bytes: How much is kept.
    """

    __slots__ = (
        "_apart_bytes",
        "_checkpoints",
        "_compression",
        "_fd",
        "_inflater",
        "_read_bytes",
        "_size_bytes",
        "_start",
        "_unused",
        "_window",
        "_window_bytes",
    )

    def __init__(
        self,
        fd: int,
        compression: Compression,
        *,
        window_bytes: int = DECOMPRESSION_WINDOW_BYTES,
    ) -> None:
        self._fd = fd
        self._compression = compression
        self._window_bytes = window_bytes
        self._size_bytes: int | None = None
        self._checkpoints: list[_Checkpoint] = []
        self._apart_bytes = CHECKPOINT_FIRST_BYTES
        self._begin()

    @property
    def size_bytes(self) -> int | None:
        """How many there are; None until the end was reached once."""
        return self._size_bytes

    @property
    def changed_s(self) -> float:
        """When the file was last written, in Unix time; the programs that compress keep that."""
        return os.fstat(self._fd).st_mtime

    def reach(self, offset: int, budget_bytes: int) -> bool:
        """Inflate towards ``offset``, but at most some ``budget_bytes`` now.

        Returns:
            Whether ``pread`` at ``offset`` now needs to inflate nothing before it.
        """
        self._go_back_to(offset)
        stop_at = min(offset, self._end + budget_bytes)
        while self._end < stop_at and self._inflate(keep_from=offset):
            pass
        return self._end >= offset or self._end == self._size_bytes

    def pread(self, offset: int, size_bytes: int) -> bytes:
        """Read at most ``size_bytes`` at ``offset``; less than that only at the end.

        Raises:
            Incomplete: The file ends in the middle of its compression.
            Unreadable: It is damaged.
        """
        self._go_back_to(offset)
        while self._end < offset + size_bytes and self._inflate(keep_from=offset):
            pass
        begin = offset - self._start
        return bytes(memoryview(self._window)[begin : begin + size_bytes])

    def close(self) -> None:
        """Let go of it."""
        os.close(self._fd)
        self._window = bytearray()
        self._checkpoints = []

    @property
    def _end(self) -> int:
        """How far it was inflated."""
        return self._start + len(self._window)

    def _begin(self) -> None:
        """Begin again at the start."""
        self._start = 0
        """Where the window begins."""
        self._window = bytearray()
        self._read_bytes = 0
        self._unused = b""
        """What was read of the file and not inflated."""
        self._inflater: Inflater | None = None

    def _go_back_to(self, offset: int) -> None:
        """Begin again at the last place before ``offset``, if the window has gone past it."""
        if offset >= self._start:
            return
        self._begin()
        for inflated_bytes, read_bytes, inflater in reversed(self._checkpoints):
            if inflated_bytes <= offset:
                self._start, self._read_bytes = inflated_bytes, read_bytes
                self._inflater = inflater.copy()
                return

    def _inflate(self, *, keep_from: int) -> bool:
        """Inflate a little more.

        Args:
            keep_from: What the window must not lose, besides what it keeps anyway.

        Returns:
            Whether there may be more.
        """
        if self._end == self._size_bytes:
            return False
        try:
            inflated = self._step()
        except (zlib.error, lzma.LZMAError, zstd.ZstdError, OSError, EOFError, ValueError) as error:
            self._begin()  # it may be whole the next time
            if isinstance(error, Incomplete):
                raise
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise Unreadable(f"its compression is damaged: {error}") from error
        if inflated is None:
            self._size_bytes = self._end
            return False
        self._window += inflated
        surplus = min(len(self._window) - self._window_bytes, keep_from - self._start)
        if surplus > 0:
            del self._window[:surplus]
            self._start += surplus
        self._remember()
        return True

    def _step(self) -> bytes | None:
        """Inflate some bytes, maybe none; None: there are no more."""
        inflater = self._inflater
        if inflater is None or inflater.eof:
            if inflater is not None:
                self._unused = inflater.unused_data
            if not self._next_member():
                return None
            inflater = self._inflater = self._compression.inflater()
        data = b""
        if inflater.needs_input:
            data = self._unused or self._read()
            self._unused = b""
            if not data:
                raise Incomplete("its compression ends early: it is still being written, or cut")
        return inflater.decompress(data, OUTPUT_BYTES if self._end else FIRST_OUTPUT_BYTES)

    def _next_member(self) -> bool:
        """Find the next member; like the programs that made it, ignore what else comes at the end.

        Returns:
            Whether there is one.
        """
        while True:
            self._unused = self._unused.lstrip(b"\0")  # xz and tapes pad with them
            if len(self._unused) >= MAGIC_MAX_BYTES:
                break
            more = self._read()
            if not more:
                break
            self._unused += more
        if compression_of(self._unused) is self._compression:
            return True
        if self._inflater is None or (self._unused and may_become_compressed(self._unused)):
            raise Incomplete("its compression ends early: it is still being written, or cut")
        return False

    def _read(self) -> bytes:
        data = os.pread(self._fd, INPUT_BYTES, self._read_bytes)
        self._read_bytes += len(data)
        return data

    def _remember(self) -> None:
        """Remember this place, if it is far enough from the last one."""
        inflater = self._inflater
        if not isinstance(inflater, GzipInflater) or inflater.eof:
            return
        last = self._checkpoints[-1].inflated_bytes if self._checkpoints else 0
        if self._end < last + self._apart_bytes:
            return
        self._checkpoints.append(_Checkpoint(self._end, self._read_bytes, inflater.copy()))
        if len(self._checkpoints) > CHECKPOINTS_MAX:
            del self._checkpoints[::2]
            self._apart_bytes *= 2
