"""Writes log files as web servers and logrotate do, and knows every line that was written.

Each physical line is told from all others by its number: ``<file>/<generation>/<number>``.
"""

import bz2
import gzip
import lzma
import random
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

#: Rotated generations that are kept: they cover the longest outage of a run.
KEPT_GENERATIONS = 400
NUMBER = re.compile(r"<(\w+)/(\d+)/(\d+)>")


class Written(NamedTuple):
    """The number of one physical line."""

    file: str
    generation: int
    number: int


def numbers_in(text: str) -> list[Written]:
    """Give the numbers of the physical lines that a record holds."""
    return [Written(f, int(g), int(n)) for f, g, n in NUMBER.findall(text)]


class LogFile:
    """One log file under one writer, which rotates it now and then.

    Args:
        path: Where.
        rotations: Which ways to rotate; each a method's name without its underscore.
        traces: Write stack traces too.
        lines_per_s: How fast.
    """

    def __init__(
        self,
        path: Path,
        *,
        seed: str,
        rotations: tuple[str, ...],
        traces: bool,
        lines_per_s: int,
        rotate_every_s: float,
    ) -> None:
        self.path = path
        self.name = re.sub(r"\W", "_", path.name)
        self._random = random.Random(seed)
        self._rotations = rotations
        self._traces = traces
        self._lines_per_s = lines_per_s
        self._rotate_every_s = rotate_every_s
        self._generation = 0
        self._number = 0
        self._rotated = 0
        self.written: list[Written] = []
        """All lines, in the order of writing."""
        self.texts: dict[Written, str] = {}
        """What each line says."""
        self.truncations = 0
        self._stop = threading.Event()
        self._late: list[tuple[float, BinaryIO, int]] = []
        self._file = path.open("ab", buffering=0)
        self._thread = threading.Thread(target=self._write_on, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Write no more; the last line is whole."""
        self._stop.set()
        self._thread.join()
        for _, file, generation in self._late:
            self._write(file, generation, 1)
            file.close()
        self._write(self._file, self._generation, 1)
        self._file.close()

    # --- inside ----------------------------------------------------------------------------------

    def _write_on(self) -> None:
        chunk_s = 0.02
        rotate_at = time.monotonic() + self._rotate_every_s
        while not self._stop.wait(chunk_s):
            self._write(self._file, self._generation, max(1, int(self._lines_per_s * chunk_s)))
            now = time.monotonic()
            if now >= rotate_at:
                rotate_at = now + self._rotate_every_s * self._random.uniform(0.3, 1.7)
                self._rotate(self._random.choice(self._rotations))
            for late in list(self._late):
                until, file, generation = late
                if now >= until:
                    self._write(file, generation, 3)
                    file.close()
                    self._late.remove(late)

    def _write(self, file: BinaryIO, generation: int, lines: int) -> None:
        data = "".join(self._record(generation) for _ in range(lines)).encode()
        while data:  # in pieces, as programs with buffers do
            size = self._random.choice((len(data), self._random.randint(1, len(data))))
            file.write(data[:size])
            data = data[size:]

    def _record(self, generation: int) -> str:
        stamp = time.strftime("%d-%b-%Y %H:%M:%S UTC", time.gmtime())
        if not self._traces:
            return self._line(generation, f"[{stamp}] PHP Notice:  something")
        text = self._line(generation, f"[{stamp}] PHP Fatal error:  Uncaught Exception")
        for frame in range(self._random.choice((0, 0, 2, 5))):
            text += self._line(generation, f"#{frame} /var/www/index.php({frame}): call()")
        return text

    def _line(self, generation: int, start: str) -> str:
        line = Written(self.name, generation, self._number)
        self._number += 1
        text = (
            f"{start} <{line.file}/{generation}/{line.number}>{'é' * self._random.randint(0, 40)}"
        )
        self.texts[line] = text
        self.written.append(line)
        return text + "\n"

    # --- ways of rotating ------------------------------------------------------------------------

    def _rotate(self, way: str) -> None:
        self._rotated += 1
        getattr(self, f"_{way}")()
        self._forget_old()

    def _shift(self) -> None:
        """Rename ``.1`` to ``.2`` and so on, as logrotate does."""
        numbered: dict[int, Path] = {}
        for path in self.path.parent.glob(f"{self.path.name}.*"):
            number = path.name.removeprefix(f"{self.path.name}.").split(".")[0]
            if number.isdigit():
                numbered[int(number)] = path
        for place in sorted(numbered, reverse=True):
            path = numbered[place]
            suffix = path.name.removeprefix(f"{self.path.name}.{place}")
            path.rename(path.with_name(f"{self.path.name}.{place + 1}{suffix}"))

    def _next_generation(self) -> None:
        self._generation += 1
        self._file = self.path.open("ab", buffering=0)

    def _rename(self) -> None:
        self._shift()
        self.path.rename(self.path.with_name(f"{self.path.name}.1"))
        self._file.close()
        self._next_generation()

    def _rename_with_late_writes(self) -> None:
        self._shift()
        self.path.rename(self.path.with_name(f"{self.path.name}.1"))
        late_s = self._random.uniform(0.1, 2.0)
        self._late.append((time.monotonic() + late_s, self._file, self._generation))
        self._next_generation()

    def _rename_and_pause(self) -> None:
        self._shift()
        self.path.rename(self.path.with_name(f"{self.path.name}.1"))
        self._stop.wait(self._random.uniform(0.0, 0.5))
        self._write(self._file, self._generation, 5)
        self._file.close()
        self._next_generation()

    def _rename_and_gzip(self) -> None:
        self._compress("gz", gzip.compress)

    def _rename_and_bzip2(self) -> None:
        self._compress("bz2", bz2.compress)

    def _rename_and_xz(self) -> None:
        self._compress("xz", lzma.compress)

    def _compress(self, suffix: str, compress: Callable[[bytes], bytes]) -> None:
        """Rename, and compress what was rotated: beside it first, as gzip does."""
        self._rename()
        rotated = self.path.with_name(f"{self.path.name}.1")
        packed = compress(rotated.read_bytes())
        target = rotated.with_name(f"{rotated.name}.{suffix}")
        with target.open("wb", buffering=0) as file:
            half = len(packed) // 2
            file.write(packed[:half])
            self._stop.wait(0.01)
            file.write(packed[half:])
        rotated.unlink()

    def _copytruncate(self) -> None:
        self._shift()
        copy = self.path.with_name(f"{self.path.name}.1")
        copy.write_bytes(self.path.read_bytes())
        self.truncations += 1
        self._file.truncate(0)
        self._generation += 1

    def _truncate(self) -> None:
        self.truncations += 1
        self._file.truncate(0)
        self._generation += 1

    def _forget_old(self) -> None:
        rotated = sorted(
            self.path.parent.glob(f"{self.path.name}.*"), key=lambda path: path.stat().st_mtime
        )
        for path in rotated[:-KEPT_GENERATIONS]:
            with suppress(FileNotFoundError):
                path.unlink()
