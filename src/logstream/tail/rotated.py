"""Which files hold the generations of a series now, the oldest first.

Beside a log there is what rotations made of it: numbered names (the lowest is the newest), dated
ones (the highest is the newest), others by their time of change; plain or compressed. Of a file and
its compressed form only the plain one counts, while both are there: the other is being written.
"""

# Each rotation comes through here, and a Path costs ten times a string.

import os
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from stat import S_ISREG
from typing import Final, NamedTuple

from logstream.model.limits import DIRECTORY_NAMES_MAX
from logstream.tail.cursors import born_ns
from logstream.tail.identity import FileKey
from logstream.tail.paths import is_compressed_name, name_before_rotation, without_compression

DATE_DIGITS_MIN: Final = 4
"""A suffix with fewer is a number that grows with age: nobody keeps a thousand rotations."""


class GenerationFile(NamedTuple):
    """A file that holds a generation."""

    path: str
    key: FileKey
    size_bytes: int
    """On the disk."""
    changed_ns: int
    live: bool


class _Age(NamedTuple):
    """Sorts what rotations made of one path: the oldest first."""

    newest_of_kind_ns: int
    kind: int
    number: int
    """The higher, the newer."""
    digits: tuple[int, ...]
    changed_ns: int


def generation_files(paths: Sequence[str], live: str | None) -> list[GenerationFile]:
    """Find the generations of a series.

    Args:
        paths: The paths of its generations before they were rotated, the newest last.
        live: The one of these that is written now, if there is any.

    Raises:
        OSError: A directory cannot be listed: there may be more.
    """
    found: dict[FileKey, GenerationFile] = {}
    for path in paths:
        places = [path]
        target = os.path.realpath(path)
        if target != path:
            places.append(target)
        if os.path.islink(path):  # noqa: PTH114 - a Path costs ten times a string
            places[:0] = _older_targets(target)
        for place in places:
            for each in _beside(place):
                found.setdefault(each.key, each)
            if place not in {path, target}:
                _add(found, place, live=False)
        _add(found, path, live=path == live)
    return list(found.values())


def _add(found: dict[FileKey, GenerationFile], path: str, *, live: bool) -> None:
    status = _stat(path)
    if status is not None:
        key = FileKey.of(status)
        found.pop(key, None)  # a file is as new as its newest name
        found[key] = GenerationFile(path, key, status.st_size, status.st_mtime_ns, live)


def _older_targets(target: str) -> list[str]:
    """Give what a link may have led to before: names that differ in lower numbers only."""
    directory, name = os.path.split(target)
    shape, numbers = _numbered(name)
    older = set()
    for entry in _entries(directory, shape[0]):
        before = without_compression(entry.name)
        other_shape, other_numbers = _numbered(before)
        if other_shape == shape and other_numbers < numbers:
            older.add((other_numbers, f"{directory}/{before}"))
    return [path for _, path in sorted(older)]


def _numbered(name: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    numbers = re.findall(r"\d{1,18}", name)
    return tuple(re.split(r"\d{1,18}", name)), tuple(map(int, numbers))


def _beside(path: str) -> list[GenerationFile]:
    """Give what rotations and compressing made of ``path``."""
    directory, name = os.path.split(path)
    plain: set[str] = set()
    files: list[tuple[str, GenerationFile]] = []
    for entry in _entries(directory, name):
        before = without_compression(entry.path)
        if entry.path == path or (before != path and name_before_rotation(before) != path):
            continue
        try:
            if not entry.is_file(follow_symlinks=False):
                continue
            status = entry.stat(follow_symlinks=False)
        except OSError:
            continue
        if before == entry.path:
            plain.add(before)
        file = GenerationFile(
            entry.path, FileKey.of(status), status.st_size, status.st_mtime_ns, live=False
        )
        files.append((before, file))
    files = [(before, file) for before, file in files if file.path in plain or before not in plain]
    return _by_age(path, files)


def _by_age(path: str, files: list[tuple[str, GenerationFile]]) -> list[GenerationFile]:
    kinds: dict[int, int] = {}
    suffixes = []
    for before, file in files:
        digits = tuple(int(number) for number in re.findall(r"\d{1,18}", before[len(path) :]))
        written = "".join(map(str, digits))
        kind = 0 if not digits else 1 if len(written) < DATE_DIGITS_MIN else 2
        kinds[kind] = max(kinds.get(kind, 0), file.changed_ns)
        suffixes.append((kind, digits, file))

    grows = _grows([(digits[0], file) for kind, digits, file in suffixes if kind == 1])

    def age(suffix: tuple[int, tuple[int, ...], GenerationFile]) -> _Age:
        kind, digits, file = suffix
        number = 0
        if kind == 1:
            number = digits[0] if grows else -digits[0]
        return _Age(kinds[kind], kind, number, digits if kind == 2 else (), file.changed_ns)  # noqa: PLR2004

    return [file for _, _, file in sorted(suffixes, key=age)]


def _grows(numbered: list[tuple[int, GenerationFile]]) -> bool:
    """Tell whether higher numbers are newer: the plain files were created, and changed, so."""
    plain = sorted(
        (number, file.changed_ns, file.path)
        for number, file in numbered
        if not is_compressed_name(file.path)
    )
    if len(plain) < 2:  # noqa: PLR2004 - there is no order
        return False
    first, last = born_ns(plain[0][2]), born_ns(plain[-1][2])
    return 0 < first < last and all(one[1] < other[1] for one, other in pairwise(plain))


def _entries(directory: str, name: str) -> Iterator[os.DirEntry[str]]:
    """List what begins with ``name``."""
    try:
        with os.scandir(directory) as entries:
            for _, entry in zip(range(DIRECTORY_NAMES_MAX), entries, strict=False):
                if entry.name.startswith(name):
                    yield entry
    except (FileNotFoundError, NotADirectoryError):
        return


def _stat(path: str) -> os.stat_result | None:
    try:
        status = os.stat(path)  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status if S_ISREG(status.st_mode) else None
