"""Path patterns: which files are meant now, and which directories tell when that changes.

A pattern is a path that may hold ``*``, ``?`` and ``[…]`` (which match no ``/`` and no leading
dot), ``**`` (any directories, also none; no hidden ones, no symbolic links), and ``%Y``-like parts
of a date. Of files that differ in their date only, the newest is meant, and never an older one
after it. ``%%`` is a percent sign, ``[*]`` a star.

Nothing here opens a file. No wildcard matches a compressed file: it is what an old log became. Nor
does one match what a rotation made of a file that it matches: ``*`` means ``x``, not ``x.1``.
"""

# ruff: noqa: PTH100, PTH112, PTH118 - each look comes through here, and a Path costs ten times a string

import os
import re
from collections.abc import Collection, Iterator
from stat import S_ISDIR
from typing import Final, NamedTuple

from logstream.errors import ConfigError
from logstream.model.limits import PATTERN_DIRECTORIES_MAX
from logstream.tail.base import Problem

COMPRESSED_SUFFIXES: Final = (".gz", ".bz2", ".xz", ".zst", ".lz4", ".zip", ".Z", ".br")

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

DATE_PARTS: Final = {
    "s": r"\d{9,10}",
    "Y": r"\d{4}",
    "y": r"\d{2}",
    "m": r"\d{2}",
    "b": f"(?i:{'|'.join(MONTHS)})",
    "j": r"\d{3}",
    "d": r"\d{2}",
    "H": r"\d{2}",
    "M": r"\d{2}",
    "S": r"\d{2}",
}
"""What may follow a percent sign, the most significant first."""

ROTATED_SUFFIX: Final = re.compile(
    r"(?<=[^/])(?:[-._]?\d[\d.T_-]*|[-._](?:old|bak|prev|save|copy|tmp)|~)~?\Z"
)
"""What logrotate, newsyslog and people put behind a log file's name."""

ANY_NAME: Final = r"[^.].*"

Date = tuple[int, ...]


class Found(NamedTuple):
    """What a pattern means at one moment."""

    paths: list[str]
    """The files; a plain path stands here whether it exists or not."""
    directories: dict[str, list[str]]
    """What to watch: each directory, with regular expressions of the names that matter in it."""
    problems: list[Problem]
    """Directories that could not be searched."""
    series: dict[str, list[str]]
    """The generations of each series by their paths before they were rotated, the newest last: one
    path, unless it has a date. Also of series of which nothing but rotated files is left."""


class _Match(NamedTuple):
    path: str
    series: str
    """The path without its date."""
    date: Date
    left: bool = False
    """Whether this is what the path was before its file was rotated or compressed."""


def name_before_rotation(path: str) -> str:
    """Give the path that a rotation may have made ``path`` of: ``x.log`` for ``x.log.1``."""
    return ROTATED_SUFFIX.sub("", path)


def without_compression(path: str) -> str:
    """Give the path that compressing has made ``path`` of: ``x.log.1`` for ``x.log.1.gz``."""
    for suffix in COMPRESSED_SUFFIXES:
        if path.endswith(suffix):
            return path.removesuffix(suffix)
    return path


def is_compressed_name(path: str) -> bool:
    """Tell whether ``path`` looks like a compressed file."""
    return path.endswith(COMPRESSED_SUFFIXES)


class PathPattern:
    """One pattern; remembers the newest date that it has found for each series.

    Attributes:
        pattern: The pattern as an absolute path.
    """

    def __init__(self, pattern: str) -> None:
        """Take a pattern; a relative one is meant from the current directory.

        Raises:
            ConfigError: It is empty, or has a part of a date that is not known.
        """
        if not pattern or "\0" in pattern:
            raise ConfigError(f"{pattern!r} is no path of a log file")
        self.pattern = os.path.abspath(pattern)
        parts = [part for part in self.pattern.split("/") if part]
        self._parts = [_Part(part, pattern) for part in parts]
        self._dated = any(part.dates for part in self._parts)
        self._newest: dict[str, Date] = {}
        self.names_files = bool(parts) and parts[-1].strip("*") != ""
        """False for ``dir/*``, which may well match directories that nobody means."""

        names = [part.name for part in self._parts if part.name is not None]
        directory, name = os.path.split("/" + "/".join(names))
        self._directory = directory if len(names) == len(parts) else None
        self._plain = Found(
            [f"{directory.rstrip('/')}/{name}"], {directory: [re.escape(name)]}, [], {}
        )
        self._plain.series[self._plain.paths[0]] = self._plain.paths

    def find(self, known: Collection[str] = ()) -> Found:
        """Search the disk for what is meant now.

        Args:
            known: Paths of files that were found before. What a rotation makes of one of these is
                none, though the pattern may match its name, too.
        """
        if self._directory is not None and os.path.isdir(self._directory):
            return self._plain
        found = Found([], {}, [], {})
        newest: dict[str, Date] = {}
        current: dict[str, str] = {}
        matches = list(_Search(self._parts, found).matches())
        there = {match.path for match in matches if not match.left}.union(known)
        dated: dict[str, dict[Date, str]] = {}
        for path, template, date, left in matches:
            series = os.path.normpath(template)
            base = name_before_rotation(path)
            if base != path and base in there:
                if not date:  # the file of that path is what was rotated
                    dated.setdefault(base, {})[date] = base
                continue
            dated.setdefault(series, {})[date] = path
            if left:
                continue
            newest_known = newest.get(series, self._newest.get(series, ()))
            if date >= newest_known:
                current[series] = path
            newest[series] = max(date, newest_known)
        self._newest = newest if self._dated else {}
        found.paths.extend(sorted(current.values()))
        for series, paths in dated.items():
            found.series[series] = [path for _, path in sorted(paths.items())]
        return found


class _Part:
    """One component of a pattern."""

    def __init__(self, text: str, pattern: str) -> None:
        self.any_directories = text == "**"
        self.dates: list[str] = []
        regex, plain = self._translate(text, pattern)
        self.regex = regex
        try:
            self.matches = re.compile(regex, re.DOTALL).fullmatch
        except re.error as error:
            raise ConfigError(f"{pattern!r} has a bad [...] in {text!r}: {error}") from error
        self.name = None if self.any_directories else plain

    def _translate(self, text: str, pattern: str) -> tuple[str, str | None]:
        """Give the regular expression of a component, and its name if it has only one."""
        regex = "" if text[0] not in "*?[" else r"(?!\.)"
        plain: str | None = ""
        for piece in re.findall(r"\[!?\]?[^\]]*\]|%.?|\*+|.", text, re.DOTALL):
            literal = None
            if piece[0] == "*":
                regex += ".*"
            elif piece == "?":
                regex += "."
            elif piece[0] == "[" and len(piece) > 1:
                regex += _character_class(piece)
            elif piece[0] == "%" and piece != "%%":
                regex += self._date_part(piece, pattern)
            else:
                literal = piece[:1]
                regex += re.escape(literal)
            plain = None if plain is None or literal is None else plain + literal
        return regex, plain

    def _date_part(self, piece: str, pattern: str) -> str:
        part = DATE_PARTS.get(piece[1:])
        if part is None:
            known = " ".join(f"%{name}" for name in DATE_PARTS)
            raise ConfigError(
                f"{pattern!r} has {piece!r}: use {known}, or %% for a percent sign itself"
            )
        self.dates.append(piece[1:])
        return f"({part})"

    def date_of(self, match: re.Match[str]) -> tuple[str, dict[str, int]]:
        """Give a name without the parts of its date, and those."""
        rest, end, date = "", 0, {}
        for group, name in enumerate(self.dates, 1):
            rest += match.string[end : match.start(group)]
            end = match.end(group)
            text = match[group].lower()
            date[name] = MONTHS.index(text) if name == "b" else int(text)
        return rest + match.string[end:], date


class _Search:
    """One walk over the disk."""

    def __init__(self, parts: list[_Part], found: Found) -> None:
        self._parts = parts
        self._found = found
        self._searched = 0

    def matches(self) -> Iterator[_Match]:
        yield from self._below("/", 0, "", {})

    def _below(
        self, directory: str, index: int, series: str, date: dict[str, int]
    ) -> Iterator[_Match]:
        """Match what lies in ``directory`` with the parts from ``index`` on."""
        first = index
        while index < len(self._parts) and self._parts[index].name is not None:
            index += 1
        names = [part.name for part in self._parts[first:index] if part.name is not None]
        if index == len(self._parts):
            path = os.path.join(directory, *names)
            self._watch_plain(path)
            if first == 0 or os.path.lexists(path):
                yield _Match(path, f"{series}/{'/'.join(names)}", _ordered(date))
            return
        directory = os.path.join(directory, *names)
        series = f"{series}/{'/'.join(names)}"
        part = self._parts[index]
        if part.any_directories:
            yield from self._below_any(directory, index, series, date)
        else:
            yield from self._named(directory, index, series, date)

    def _named(
        self, directory: str, index: int, series: str, date: dict[str, int]
    ) -> Iterator[_Match]:
        part = self._parts[index]
        last = index == len(self._parts) - 1
        for entry in self._entries(directory, part.regex):
            name = without_compression(entry.name) if last else entry.name
            match = part.matches(name)
            if match is None and last:
                name = name_before_rotation(name)
                match = part.matches(name)
            if match is None:
                continue
            rest, more = part.date_of(match)
            if not last:
                if _is_directory(entry):
                    yield from self._below(entry.path, index + 1, f"{series}/{rest}", date | more)
            else:
                path, left = os.path.join(directory, name), name != entry.name
                yield _Match(path, f"{series}/{rest}", _ordered(date | more), left)

    def _below_any(
        self, directory: str, index: int, series: str, date: dict[str, int]
    ) -> Iterator[_Match]:
        """Match in ``directory`` and in every directory below it."""
        last = index == len(self._parts) - 1
        pending = [directory]
        while pending:
            directory = pending.pop()
            entries = [
                entry
                for entry in self._entries(directory, ANY_NAME)
                if not entry.name.startswith(".")
            ]
            below = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
            pending.extend(entry.path for entry in below)
            if not last:
                yield from self._below(directory, index + 1, f"{series}/{directory}", date)
                continue
            for entry in entries:
                if not entry.is_dir():
                    path = without_compression(entry.path)
                    yield _Match(path, path, _ordered(date), path != entry.path)

    def _entries(self, directory: str, names: str) -> list[os.DirEntry[str]]:
        """List a directory that is then to be watched for ``names``; none if it cannot be."""
        if self._searched >= PATTERN_DIRECTORIES_MAX:
            reason = f"not searched: the pattern covers over {PATTERN_DIRECTORIES_MAX} directories"
            if self._searched == PATTERN_DIRECTORIES_MAX:
                self._found.problems.append(Problem(directory, reason))
            self._searched += 1
            return []
        self._searched += 1
        try:
            with os.scandir(directory) as entries:
                listed = list(entries)
        except (FileNotFoundError, NotADirectoryError):
            self._watch_plain(directory)
            return []
        except OSError as error:
            self._found.problems.append(
                Problem(directory, (error.strerror or "unreadable").lower())
            )
            self._watch_plain(directory)
            return []
        self._watch(directory, names)
        return listed

    def _watch_plain(self, path: str) -> None:
        """Watch for ``path``, or for the first directory on the way to it that is missing."""
        directory, name = os.path.split(path)
        while directory != "/" and not os.path.isdir(directory):
            directory, name = os.path.split(directory)
        self._watch(directory, re.escape(name))

    def _watch(self, directory: str, names: str) -> None:
        wanted = self._found.directories.setdefault(directory, [])
        if names not in wanted:
            wanted.append(names)


def _character_class(piece: str) -> str:
    negated = piece[1] == "!"
    inside = piece[2:-1] if negated else piece[1:-1]
    escaped = re.sub(r"([\\\[\]^&~|])", r"\\\1", inside)
    return f"[{'^' if negated else ''}{escaped}]"


def _ordered(date: dict[str, int]) -> Date:
    return tuple(date[name] for name in DATE_PARTS if name in date)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return S_ISDIR(entry.stat().st_mode)
    except OSError:
        return False
