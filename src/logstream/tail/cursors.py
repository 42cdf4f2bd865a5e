"""What a cursor's components mean here: which generation, and whether some content is it.

``G`` is ``<series>.<length>.<digest>.<hint>``: the series (a pattern and a path without its date),
how many of the content's first bytes were known, a digest of these, and a hint at the file that
they were first seen in: its inode and when that was created, so that an inode that is used again is
another file. A generation keeps its ``G`` when it is renamed, copied or compressed; it is known by
its bytes again, and the hint decides only between files that hold the same.

``check`` is a digest of the bytes before the offset. Rule: S4.
"""

import ctypes
import os
import struct
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from logstream.errors import BadCursor
from logstream.model.cursor import Component

HEAD_MAX_BYTES: Final = 1024
"""Enough to hold the first lines of a log, whose times differ; cheap to read again and again."""

TAIL_MAX_BYTES: Final = 64
"""Enough to hold the end of a line with its request id, or its time and sizes."""

PATTERN_ID_CHARS: Final = 3
SERIES_ID_CHARS: Final = 5
"""30 bits: of the 64 files of a source, two are taken for one in one source of 500,000."""

STATX_BTIME: Final = 0x800
AT_EMPTY_PATH: Final = 0x1000
AT_FDCWD: Final = -100
STATX_BYTES: Final = 256
BTIME_AT: Final = 80
"""From statx(2), which Python does not offer: when a file was created."""


try:
    _statx: Callable[..., int] | None = ctypes.CDLL(None).statx
except (AttributeError, OSError):
    _statx = None


class GenerationName(NamedTuple):
    """A ``G``, taken apart."""

    series: str
    head_bytes: int
    digest: str
    hint: str

    @classmethod
    def parse(cls, generation: str) -> "GenerationName":
        """Take a ``G`` apart.

        Raises:
            BadCursor: It is none of ours.
        """
        parts = generation.split(".")
        if len(parts) != len(cls._fields) or not parts[1].isascii() or not parts[1].isdecimal():
            raise BadCursor(f"not a cursor of a log file: {generation[:64]!r}")
        series, length, digest, hint = parts
        if int(length) > HEAD_MAX_BYTES:
            raise BadCursor(f"not a cursor of a log file: {generation[:64]!r}")
        return cls(series, int(length), digest, hint)

    def begins(self, head: bytes) -> bool:
        """Tell whether a content with these first bytes may be this generation."""
        return len(head) >= self.head_bytes and digest_of(head[: self.head_bytes]) == self.digest


def name_generation(series: str, head: bytes, hint: str) -> str:
    """Give the ``G`` of a generation that begins with ``head``."""
    return f"{series}.{len(head)}.{digest_of(head)}.{hint}"


def is_nameless(generation: str) -> bool:
    """Tell whether a ``G`` says nothing of the content: there was none, or nobody could see it."""
    return generation.split(".", 2)[1] == "0"


def component_text(generation: str, offset: int | None, tail: bytes) -> str:
    """Write a component; ``tail`` is what lies before the offset."""
    if offset is None:
        return f"{generation}:$"
    check = check_before(offset, tail)
    return f"{generation}:{offset}" if check is None else f"{generation}:{offset}~{check}"


def series_id(pattern: str, series: str) -> str:
    """Give a short name to a series of a pattern."""
    return pattern_id(pattern) + _digest(series.encode("utf-8", "surrogateescape"), SERIES_ID_CHARS)


def pattern_id(pattern: str) -> str:
    """Give a short name to a pattern: what every series of it begins with."""
    return _digest(pattern.encode("utf-8", "surrogateescape"), PATTERN_ID_CHARS)


def digest_of(head: bytes) -> str:
    """Give the digest of a beginning."""
    return _digest(head, 10)


def check_of(tail: bytes) -> str:
    """Give the digest of the bytes before an offset, of which at most the last 64 count."""
    return _digest(tail[-TAIL_MAX_BYTES:], 6)


def check_before(offset: int, tail: bytes) -> str | None:
    """Give the check of an offset; None where too little is known of what lies before it."""
    return check_of(tail) if tail and len(tail) >= min(TAIL_MAX_BYTES, offset) else None


def refuse_foreign(components: Sequence[Component], patterns: Sequence[str]) -> None:
    """Check that a cursor is of a source with these patterns.

    Raises:
        BadCursor: It is not.
    """
    known = {pattern_id(pattern) for pattern in patterns}
    for component in components:
        name = GenerationName.parse(component.generation)
        if name.series[:PATTERN_ID_CHARS] not in known:
            raise BadCursor("the cursor is another source's; give one of this source")


def hint_at(inode: int, born_ns: int) -> str:
    """Give the hint at a file: the same while it exists, whatever its names."""
    return _digest(struct.pack("<QQ", inode & (2**64 - 1), born_ns), 7)


def born_ns(file: int | str) -> int:
    """Ask the system when a file (open, or at a path) was created; 0 where it cannot tell."""
    if _statx is None:
        return 0
    buffer = ctypes.create_string_buffer(STATX_BYTES)
    if isinstance(file, int):
        failed = _statx(file, b"", AT_EMPTY_PATH, STATX_BTIME, buffer)
    else:
        failed = _statx(AT_FDCWD, os.fsencode(file), 0, STATX_BTIME, buffer)
    if failed:
        return 0
    (mask,) = struct.unpack_from("I", buffer)
    seconds, nanoseconds = struct.unpack_from("qI", buffer, BTIME_AT)
    return seconds * 10**9 + nanoseconds if mask & STATX_BTIME else 0


def _digest(data: bytes, chars: int) -> str:
    return urlsafe_b64encode(blake2b(data, digest_size=9).digest())[:chars].decode()
