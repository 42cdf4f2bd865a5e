"""Log files of one source as writers and rotations treat them, and what must come of them.

The model knows every physical line that was ever written, and where its bytes went: each must come
exactly once, whole and in its file's order, or lie in a declared loss. Rule: S11.
"""

import bz2
import gzip
import lzma
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from backports import zstd

LIVE = "a.log"
KEPT = 4
"""Rotations that are kept."""

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd.compress,
}


class Written:
    """What was written into one file, since it was created or truncated: one generation."""

    def __init__(self, fd: int | None) -> None:
        self.fd = fd
        """Where its writer writes; None: nobody writes to it any more."""
        self.data = b""
        self.lines: list[str] = []
        """Its whole lines, in their order."""
        self.rest = ""
        """A line without its LF, so far."""
        self.expected = 0
        """Of its lines, how many have come."""
        self.rest_came = False
        self.torn = False
        """Whether its unfinished line was truncated with it."""
        self.lost_from: int | None = None
        """The first of its lines that are gone."""
        self.seen = False
        """Whether anybody looked while it was there with a byte."""
        self.known = False
        """Whether anybody read on until there was nothing more while it was there."""
        self.changed_at_s = 0.0

    @property
    def reachable(self) -> int:
        """How many of its lines must come."""
        return len(self.lines) if self.lost_from is None else self.lost_from

    def lose_unread(self, readable: int) -> None:
        """Note that lines from ``readable`` on are gone, if they have not come."""
        first = max(readable, self.expected)
        if self.lost_from is None or first < self.lost_from:
            self.lost_from = first

    def close(self) -> None:
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None


class RotatingFiles:
    """The files, by the names that they have now."""

    def __init__(self, directory: Path, *, dated: bool) -> None:
        self.directory = directory
        self.dated = dated
        """Whether rotated files get dates and not numbers."""
        self.names: dict[str, Written] = {}
        self.all: list[Written] = []
        self.numbers = 0
        self.clock = 0
        self.harmed = False
        """Whether anything was truncated or deleted: only then may anything be lost."""

    @property
    def live(self) -> Written | None:
        return self.names.get(LIVE)

    def path(self, name: str) -> Path:
        return self.directory / name

    def close(self) -> None:
        for written in self.all:
            written.close()

    # --- writers ----------------------------------------------------------------------------------

    def create(self, name: str = LIVE) -> Written:
        fd = os.open(self.path(name), os.O_RDWR | os.O_CREAT | os.O_APPEND)
        written = self.add(name, Written(fd))
        self.touch(written)
        return written

    def add(self, name: str, written: Written) -> Written:
        self.all.append(written)
        self.names[name] = written
        return written

    def new_text(self, filler: str) -> str:
        self.numbers += 1
        return f"{self.numbers}|{filler}"

    def write(self, written: Written, piece: str, end: str) -> None:
        """Write a line, the rest of one, or (without ``end``) a part of one."""
        assert written.fd is not None
        written.rest += piece
        data = (piece + end).encode()
        if end:
            written.lines.append(written.rest)
            written.rest = ""
        written.data += data
        os.write(written.fd, data)
        self.touch(written)

    def touch(self, written: Written) -> None:
        """Let each change have a time of its own, as on a recent kernel."""
        self.clock += 1
        if written.fd is not None:
            os.utime(written.fd, ns=(self.clock, self.clock))

    def writable(self) -> list[Written]:
        """Give what writers still write to, the newest first; none begins in a rotated file."""
        return [
            written
            for written in self.all
            if written.fd is not None and (written.data or written is self.live)
        ][::-1]

    # --- rotations --------------------------------------------------------------------------------

    def rotated(self) -> list[str]:
        """Give the names of what was rotated, the newest first."""
        names = [
            name for name in self.names if name.startswith(f"{LIVE}{'-' if self.dated else '.'}")
        ]
        if self.dated:
            return sorted(names, reverse=True)
        return sorted(names, key=lambda name: int(name.split(".")[2]))

    def _room(self) -> str:
        """Make room for one more rotated file, and give its name."""
        names = self.rotated()
        for name in names[KEPT - 1 :]:
            self.delete(name)
        if self.dated:
            self.numbers += 1
            return f"{LIVE}-{20260000 + self.numbers}"
        for name in reversed(names[: KEPT - 1]):
            number, *suffix = name.split(".")[2:]
            self.rename(name, ".".join([LIVE, str(int(number) + 1), *suffix]))
        return f"{LIVE}.1"

    def rename(self, old: str, new: str) -> None:
        self.path(old).rename(self.path(new))
        self.names[new] = self.names.pop(old)

    def delete(self, name: str) -> None:
        """Delete a file; whoever has it open can still read it, but finds it no more."""
        if self.path(name).is_symlink():
            self.path(name).resolve().unlink()
        self.path(name).unlink()
        self.names.pop(name)
        self.harmed = True

    def rotate_by_renaming(self) -> None:
        self.rename(LIVE, self._room())

    def rotate_by_copying(self, window: int, *, keep: bool) -> None:
        """Copy and truncate the live file; ``window`` lines are written between the two."""
        written = self.names[LIVE]
        name = self._room()
        shutil.copyfile(self.path(LIVE), self.path(name))
        self.clock += 1
        os.utime(self.path(name), ns=(self.clock, self.clock))
        readable = len(written.lines)
        for _ in range(window):
            self.write(written, self.new_text("window"), "\n")
        self.names[name] = written
        self.truncate(readable)
        if not keep:
            self.delete(name)
            written.lose_unread(0)

    def truncate(self, readable: int = 0) -> None:
        """Truncate the live file; its writer goes on in the new content."""
        written = self.names[LIVE]
        written.lose_unread(readable)
        written.torn = True
        fd, written.fd = written.fd, None
        assert fd is not None
        os.ftruncate(fd, 0)
        self.harmed = True
        self.touch(self.add(LIVE, Written(fd)))

    def compress(self, name: str, suffix: str) -> None:
        """Compress a file to which nobody writes any more."""
        self.names[name].close()
        compressed = self.path(name + suffix)
        compressed.write_bytes(COMPRESSORS[suffix](self.path(name).read_bytes()))
        status = self.path(name).stat()
        os.utime(compressed, ns=(status.st_mtime_ns, status.st_mtime_ns))
        self.path(name).unlink()
        self.names[name + suffix] = self.names.pop(name)

    def switch_link(self) -> None:
        """Let the live name be a link to a new file; what it led to stays where it is."""
        self.numbers += 1
        target = f"data-{self.numbers}"
        if LIVE in self.names and not self.path(LIVE).is_symlink():
            self.rename(LIVE, self._room())
        former = self.names.pop(LIVE, None)
        if former is not None:
            self.names[str(self.path(LIVE).readlink())] = former
        self.create(target)
        self.names[LIVE] = self.names.pop(target)
        link = self.path("link")
        link.symlink_to(target)
        link.rename(self.path(LIVE))
