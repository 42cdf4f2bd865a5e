"""The ``FILE`` and ``TYPE=FILE`` arguments of ``logstream up``: which log type each file holds."""

import glob
import logging
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from logstream.errors import UsageError
from logstream.formats.recognise import recognise
from logstream.logtailor.config import SourceConfig
from logstream.tail.paths import PathPattern

_log = logging.getLogger("logstream")

#: How much of a file is looked at to recognise its type.
SAMPLE_BYTES: Final = 16 * 1024
_TYPED: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)=(.*)", re.DOTALL)


def read_sources(arguments: Sequence[str], *, site: str, environment: str) -> list[SourceConfig]:
    """Give a source for each argument; those of one type become one source.

    A glob that means files of several types stands for those that there are now; for files that
    come later there is no telling which type they will be. A directory is followed like a file that
    cannot be read yet, and said in the log.

    Raises:
        UsageError: A pattern makes no sense, a type has no file, or there are directories and
            nothing else.
    """
    paths: dict[str, list[str]] = {}
    directories = 0
    for argument in arguments:
        log_type, pattern = _split(argument)
        pattern = str(Path(pattern).expanduser().absolute())
        if _is(Path.is_dir, pattern):
            directories += 1
            advice = f"{pattern} is a directory: name the files in it, as {pattern}/*.log"
            if directories == len(arguments):
                raise UsageError(advice)
            _log.warning("%s", advice)
        PathPattern(pattern)
        found = {log_type: [pattern]} if log_type else _recognised(pattern)
        for found_type, found_paths in found.items():
            paths.setdefault(found_type, []).extend(found_paths)
    return [
        SourceConfig(site=site, environment=environment, type=log_type, paths=found)
        for log_type, found in paths.items()
    ]


def _split(argument: str) -> tuple[str | None, str]:
    typed = _TYPED.fullmatch(argument)
    if typed is None or _is(Path.exists, argument):
        return None, argument
    if not typed[2]:
        raise UsageError(f"{argument} names no file: write TYPE=FILE")
    return typed[1], typed[2]


def _is(what: Callable[[Path], bool], path: str) -> bool:
    """Ask of a path what may be hidden by a directory that cannot be searched; then it is not."""
    try:
        return what(Path(path))
    except OSError:
        return False


def _recognised(pattern: str) -> dict[str, list[str]]:
    """Give the log type of a path; a glob whose files are of several types is taken apart."""
    files = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - absolute
    types: dict[str, list[str]] = {}
    for path in files:
        types.setdefault(recognise(path, _sample(path)), []).append(path)
    if len(types) > 1:
        return types
    return {next(iter(types), recognise(pattern, [])): [pattern]}


def _sample(path: str) -> list[str]:
    """Read the first lines of a file; none where it cannot be read."""
    try:
        if not _is(Path.is_file, path):  # to open a pipe would wait for its writer
            return []
        with Path(path).open("rb") as file:
            return file.read(SAMPLE_BYTES).decode("utf-8", "replace").splitlines()
    except OSError:
        return []
