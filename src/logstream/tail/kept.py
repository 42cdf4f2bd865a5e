"""Compressed files that stay open between pages of history, as they are inflated from their start.

A page of a large one would else begin where every page before it began. Only so many are kept, each
with its window of inflated bytes, and none for long: an open file keeps its room on the disk.
Rule: S9.
"""

from typing import Final

from logstream.tail.identity import FileKey
from logstream.tail.opened import OpenedFile

KEPT_MAX: Final = 2
"""Each holds some 15 MiB: its window and the places that it remembers."""
KEPT_S: Final = 30.0
"""The next page is asked for as soon as a person scrolls on."""

_Identity = tuple[FileKey, tuple[int, int]]


class KeptContents:
    """Takes compressed files back, and gives them out again."""

    def __init__(self) -> None:
        self._kept: dict[_Identity, tuple[OpenedFile, float]] = {}

    def exchange(self, opened: OpenedFile) -> OpenedFile:
        """Give what was kept of the same file, else the very one."""
        if not opened.compressed:
            return opened
        kept = self._kept.pop((opened.key, opened.state), None)
        if kept is None:
            return opened
        opened.close()
        return kept[0]

    def keep(self, opened: OpenedFile, now_s: float) -> None:
        """Take a file back that is not used any more."""
        if not opened.compressed:
            opened.close()
            return
        identity = (opened.key, opened.state)
        if identity in self._kept:
            opened.close()
            return
        self._kept[identity] = (opened, now_s)
        while len(self._kept) > KEPT_MAX:
            self._let_go(next(iter(self._kept)))

    def tidy(self, now_s: float) -> None:
        """Close what was not used for a while."""
        for identity, (_, kept_at_s) in list(self._kept.items()):
            if now_s >= kept_at_s + KEPT_S:
                self._let_go(identity)

    def close(self) -> None:
        """Close all."""
        for identity in list(self._kept):
            self._let_go(identity)

    def _let_go(self, identity: _Identity) -> None:
        opened, _ = self._kept.pop(identity)
        opened.close()
