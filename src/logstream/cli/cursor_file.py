"""The file that remembers where a stream is, from one run to the next.

It is replaced as a whole, so that whoever reads it finds either the old position or the new one,
and it is never ahead of what standard output has really taken: a run that is killed leaves at the
most a second's lines that the next one shows again, and none that it misses.
"""

import contextlib
import os
import tempfile
from pathlib import Path

from logstream.cli.position import parse_position
from logstream.client.position import Position
from logstream.errors import LogstreamError, UsageError


def read_position(path: Path) -> Position | None:
    """Read where the run before came to; None where there was none.

    Raises:
        UsageError: It cannot be read, or is something else.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as failure:
        said = failure.strerror if isinstance(failure, OSError) else "it is no text"
        raise UsageError(f"--cursor-file {path}: cannot be read: {said}") from None
    return parse_position(text, origin=f"--cursor-file {path}")


def check_writable(path: Path) -> None:
    """Check before anything is shown that the file can be replaced.

    Raises:
        UsageError: It cannot.
    """
    if path.exists() and not path.is_file():
        raise UsageError(f"--cursor-file {path}: is no regular file")
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}."):
            pass
    except OSError as failure:
        raise UsageError(
            f"--cursor-file {path}: cannot be written in {path.parent}: {failure.strerror}"
        ) from None


class CursorFile:
    """Writes the file.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._word = ""

    def write(self, word: str) -> None:
        """Replace the file, where the stream has moved.

        Raises:
            LogstreamError: It cannot be written.
        """
        if word == self._word:
            return
        new = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            new.write_text(f"{word}\n", encoding="utf-8")
            new.replace(self._path)
        except OSError as failure:
            with contextlib.suppress(OSError):
                new.unlink(missing_ok=True)
            raise LogstreamError(
                f"--cursor-file {self._path}: cannot be written: {failure.strerror}"
            ) from None
        self._word = word
