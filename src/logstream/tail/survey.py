"""One survey of the disk: which log files some patterns mean, what to watch, what is refused."""

# Each look comes through here, and a Path costs ten times a string.
# ruff: noqa: PTH100, PTH114, PTH115, PTH116, PTH118, PTH120

import os
import re
from collections.abc import Collection, Iterator, Sequence
from stat import S_ISDIR, S_ISREG
from typing import Final, NamedTuple

from logstream.tail.base import Problem
from logstream.tail.cursors import series_id
from logstream.tail.identity import FileKey
from logstream.tail.paths import PathPattern, is_compressed_name

NOT_THERE: Final = "no such file yet"

LINKS_MAX: Final = 40
"""Symbolic links in a row, as many as Linux follows."""


class Series(NamedTuple):
    """What a pattern means by one path, but for its date: generations that follow one another."""

    name: str
    """Short, see `logstream.tail.cursors.series_id`."""
    paths: list[str]
    """Those of its generations before they were rotated, the newest last."""
    live: str | None
    """The one of these where a file is that is written now."""


class Survey:
    """What was found.

    Attributes:
        files: The regular files that are meant, each once, with a path and what ``stat`` said.
        directories: What to watch: directories, with regular expressions of the names that matter.
        meant: The paths of all files that are meant, whether there is anything.
        problems: What cannot be followed, by path.
        refused: Of these, the paths where something exists.
        in_the_way: Of the refused, what is no file at all, and so holds no lines.
        series: By name; also those of which only rotated files are left.
    """

    def __init__(self, patterns: Sequence[PathPattern], known: Collection[str] = ()) -> None:
        """Look at the disk.

        Args:
            patterns: What to look for.
            known: Paths of files that were found before.
        """
        self._known = known
        self.series: dict[str, Series] = {}
        self._newest: set[str] = set()
        self.directories: dict[str, list[str]] = {}
        self.problems: dict[str, Problem] = {}
        self.refused: set[str] = set()
        self.in_the_way: set[str] = set()
        self.meant: set[str] = set()
        self.files: dict[FileKey, tuple[str, os.stat_result]] = {}
        doubled: set[str] = set()
        for path, status in self._meant(patterns):
            first, _ = self.files.setdefault(FileKey.of(status), (path, status))
            if first != path:  # another name of the same file: its rotations are the same, too
                doubled.add(path)
        self.series = {
            name: series
            for name, series in self.series.items()
            if not series.paths or series.paths[-1] not in doubled
        }
        there = {path for path, _ in self.files.values()}
        for name, series in self.series.items():
            live = next((path for path in reversed(series.paths) if path in there), None)
            self.series[name] = series._replace(live=live)

    def report(self, path: str, reason: str) -> None:
        """Note that there is nothing to read at ``path``."""
        self.problems[path] = self.problem(path, reason)

    @staticmethod
    def problem(path: str, reason: str) -> Problem:
        """Say for a person why a path cannot be read."""
        return Problem(_printable(path), reason)

    def refuse(self, path: str, reason: str) -> None:
        """Note that something is at ``path`` that cannot be followed."""
        self.report(path, reason)
        self.refused.add(path)

    def _meant(self, patterns: Sequence[PathPattern]) -> Iterator[tuple[str, os.stat_result]]:
        for pattern in patterns:
            found = pattern.find(self._known)
            for template, paths in found.series.items():
                if paths[-1] not in self._newest:  # else another pattern means it, too
                    self._newest.add(paths[-1])
                    name = series_id(pattern.pattern, template)
                    self.series[name] = Series(name, paths, None)
            for directory, names in found.directories.items():
                self._watch(directory, names)
            for problem in found.problems:
                self.refuse(problem.path, problem.reason)
            if not found.paths and not found.problems:
                self.report(pattern.pattern, NOT_THERE)
            for path in found.paths:
                self.meant.add(path)
                try:
                    self._watch_link(path)
                    status = os.stat(path)
                except (FileNotFoundError, NotADirectoryError):
                    self.report(path, NOT_THERE)
                except OSError as error:
                    self.refuse(path, reason_of(error))
                else:
                    if self._is_log(path, status, pattern):
                        yield path, status

    def _is_log(self, path: str, status: os.stat_result, pattern: PathPattern) -> bool:
        """Tell whether there are lines in what is at ``path``; report it if not."""
        if S_ISDIR(status.st_mode):
            if pattern.names_files:
                self.refuse(path, "is a directory")
                self.in_the_way.add(path)
        elif not S_ISREG(status.st_mode):
            self.refuse(path, "is not a regular file")
            self.in_the_way.add(path)
        elif is_compressed_name(path):
            self.refuse(path, "is compressed: only plain files are followed")
        else:
            return True
        return False

    def _watch(self, directory: str, names: list[str]) -> None:
        wanted = self.directories.setdefault(directory, [])
        wanted.extend(name for name in names if name not in wanted)

    def _watch_link(self, path: str) -> None:
        """Watch for changes of what a symbolic link leads to."""
        for _ in range(LINKS_MAX):
            if not os.path.islink(path):
                return
            path = os.path.abspath(os.path.join(os.path.dirname(path), os.readlink(path)))
            directory, name = os.path.split(path)
            self._watch(directory, [re.escape(name)])


def reason_of(error: OSError) -> str:
    """Say in a person's words why the system refused."""
    return (error.strerror or "cannot be read").lower()


def _printable(path: str) -> str:
    """Give a path as one line that can be shown and sent: names of files are hostile, too."""
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in text
    )
