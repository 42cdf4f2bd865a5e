"""Which files beside a log a rotation made of it: the generations before the live one.

Where a file is created, written and rotated away between two looks, only its new name is left to
find it by.
"""

# Each look comes through here, and a Path costs ten times a string.
# ruff: noqa: PTH119, PTH120

import os
from typing import Final

from logstream.tail.identity import FileKey
from logstream.tail.paths import is_compressed_name, name_before_rotation

SCANNED_MAX: Final = 100_000
"""Names of a directory that are looked at; no log directory has so many."""

Generations = dict[FileKey, tuple[str, os.stat_result]]


def older_generations(path: str) -> Generations:
    """Give the plain files that a rotation may have made of ``path``, the oldest first.

    A directory that cannot be listed has none.
    """
    found: list[tuple[str, os.stat_result]] = []
    name = os.path.basename(path)
    try:
        with os.scandir(os.path.dirname(path)) as entries:
            for _, entry in zip(range(SCANNED_MAX), entries, strict=False):
                if (
                    entry.name.startswith(name)
                    and name_before_rotation(entry.path) == path != entry.path
                    and not is_compressed_name(entry.name)
                    and entry.is_file(follow_symlinks=False)
                ):
                    found.append((entry.path, entry.stat(follow_symlinks=False)))
    except OSError:
        return {}
    found.sort(key=lambda each: each[1].st_mtime_ns)
    return {FileKey.of(status): (place, status) for place, status in found}
