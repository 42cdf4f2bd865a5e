"""Which files are the generations that a cursor lists, and what is unread beside them. Rule: S4.

A generation is known by its bytes: its first ones, and those before the offset. Where several files
have them, it is the one that the hint names, else none: better a declared loss than a wrong line.
What is not listed is done if it is older than the oldest listed, else unread.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from logstream.model.cursor import Component
from logstream.tail.compressed import Incomplete
from logstream.tail.cursors import (
    HEAD_MAX_BYTES,
    TAIL_MAX_BYTES,
    GenerationName,
    born_ns,
    check_of,
    hint_at,
    name_generation,
)
from logstream.tail.identity import FileKey
from logstream.tail.opened import OpenedFile
from logstream.tail.place import Place
from logstream.tail.rotated import GenerationFile

CHECKED_COMPRESSED_MAX_BYTES: Final = 1024 * 1024
"""How far a compressed file is inflated to see whether it is the one; behind that its beginning
must do."""


class Wanted(NamedTuple):
    """A generation that is to be found again."""

    name: GenerationName | None
    """None: nothing is known of its content, as it is empty."""
    offset: int | None
    """None: its content is gone, or done."""
    check: str | None
    key: FileKey | None = None
    """Where it lies for sure, as it is held open."""
    listed: bool = True
    """Whether the cursor lists it, so that what is older and not listed is done."""


def wanted_of(component: Component) -> Wanted:
    """Say how to find what a cursor lists.

    Raises:
        BadCursor: It is none of ours.
    """
    name = GenerationName.parse(component.generation)
    return Wanted(name, component.offset, component.check)


class Slot(NamedTuple):
    """A generation in its order."""

    wanted: int | None
    """Which of those that are wanted; None: unread so far."""
    file: "Candidate | None"
    """None: there is none."""


class Candidate:
    """A file that may be wanted.

    Attributes:
        listed: What the directory says.
        opened: The open file.
        failure: Why it cannot be opened or read.
        missing: Whether it is not there under its name any more: another listing would tell more.
        head: The content's first bytes.
        born_ns: When it was created; 0: nobody knows.
    """

    def __init__(self, listed: GenerationFile) -> None:
        self.listed = listed
        self.opened: OpenedFile | None = None
        self.failure: OSError | None = None
        self.missing = False
        self.head = b""
        self._hint = ""
        self.born_ns = 0
        self._tried = False
        self._taken = False

    def open(self) -> OpenedFile | None:
        """Open it, once."""
        if self._tried:
            return self.opened
        self._tried = True
        try:
            opened = OpenedFile.at(self.listed.path, plain=self.listed.live)
        except (FileNotFoundError, Incomplete):
            self.missing = True
            return None
        except OSError as error:
            self.failure = error
            return None
        try:
            if opened.key != self.listed.key:
                self.missing = True
                opened.close()
                return None
            self.opened = opened
            self.head = opened.pread(0, HEAD_MAX_BYTES)
            self._hint = opened.hint
            self.born_ns = opened.born_ns
        except OSError as error:
            if self.opened is not None:
                self.opened.close()
                self.opened = None
            if isinstance(error, Incomplete):
                self.missing = True
            else:
                self.failure = error
        return self.opened

    def take(self) -> OpenedFile | None:
        """Give the open file to the caller, who closes it."""
        opened = self.open()
        self._taken = opened is not None
        return opened

    def close(self) -> None:
        """Close it, unless it was taken."""
        if self.opened is not None and not self._taken:
            self.opened.close()
            self.opened = None

    def is_hinted(self, name: GenerationName) -> bool:
        """Tell whether this is the file in which the generation was first seen."""
        if not self._hint and self.open() is None and self.failure is not None:
            self._hint = hint_at(self.listed.key.inode, born_ns(self.listed.path))
        return self._hint == name.hint

    def is_copy_of(self, other: "Candidate") -> bool:
        """Tell whether this is what copying has made of ``other`` so far.

        It begins like it, ends like it there, and was created later, though named as the older.
        """
        mine, original = self.open(), other.open()
        if mine is None or original is None or mine.compressed or not self.head:
            return False
        if 0 < self.born_ns <= other.born_ns:
            return False
        try:
            size_bytes = mine.size_bytes or 0
            tail_bytes = min(TAIL_MAX_BYTES, size_bytes)
            at = size_bytes - tail_bytes
            return other.head.startswith(self.head) and (
                mine.pread(at, tail_bytes) == original.pread(at, tail_bytes)
            )
        except OSError:
            return False

    def holds(self, wanted: Wanted) -> bool:
        """Tell whether its content is the one that is wanted."""
        opened = self.open()
        name, offset, check = wanted[:3]
        if opened is None or name is None:
            return name is not None and self.failure is not None and self.is_hinted(name)
        if name.head_bytes == 0:
            return self._hint == name.hint
        if not offset or not name.begins(self.head):
            return name.begins(self.head)
        try:
            return self._has_before(opened, offset, check)
        except OSError:
            return False

    @staticmethod
    def _has_before(opened: OpenedFile, offset: int, check: str | None) -> bool:
        """Tell whether the content is long enough, and the right one before an offset."""
        if opened.compressed and offset > CHECKED_COMPRESSED_MAX_BYTES:
            return True
        tail_bytes = min(TAIL_MAX_BYTES, offset)
        tail = opened.pread(offset - tail_bytes, tail_bytes)
        return len(tail) == tail_bytes and check in {None, check_of(tail)}

    def nameless(self, series: str) -> str:
        """Name the generation in a file that cannot be read: by the hint alone."""
        listed = self.listed
        return name_generation(series, b"", hint_at(listed.key.inode, born_ns(listed.path)))

    def place(self, offset: int) -> Place:
        """Give a position in its content."""
        opened = self.open()
        tail = b""
        if opened is not None and not opened.compressed:
            tail_bytes = min(TAIL_MAX_BYTES, offset)
            tail = opened.pread(offset - tail_bytes, tail_bytes)
        return Place(offset, self.head, tail)


def place(wanted: Sequence[Wanted], candidates: Sequence[Candidate]) -> list[Slot]:
    """Find generations again.

    Args:
        wanted: Those of one series, in their order.
        candidates: The series' files, the oldest first.

    Returns:
        What is wanted, and the unread files between and behind it, in their order.
    """
    found = _find(wanted, candidates)
    taken = set(found.values())
    oldest = min((at for index, at in found.items() if wanted[index].listed), default=0)
    slots: list[tuple[float, int, Slot]] = []
    last = oldest - 0.5
    for index in range(len(wanted)):
        place_ = found.get(index)
        if place_ is None:
            slots.append((last, index, Slot(index, None)))
        else:
            last = max(last, place_)
            slots.append((last, index, Slot(index, candidates[place_])))
    slots += [
        (at, -1, Slot(None, candidates[at]))
        for at in range(oldest, len(candidates))
        if at not in taken
    ]
    return [slot for *_, slot in sorted(slots, key=lambda each: each[:2])]


def moved_from(name: GenerationName, candidate: Candidate, candidates: Sequence[Candidate]) -> bool:
    """Tell whether a generation was copied and truncated: its own file has another content."""
    return not candidate.is_hinted(name) and any(each.is_hinted(name) for each in candidates)


def _find(wanted: Sequence[Wanted], candidates: Sequence[Candidate]) -> dict[int, int]:
    """Say which candidate each one is; the certain ones are found first."""
    found: dict[int, int] = {}
    free = set(range(len(candidates)))

    def take(index: int, candidate: int) -> None:
        found[index] = candidate
        free.discard(candidate)

    for index, each in enumerate(wanted):
        for candidate in sorted(free):
            if each.key is not None and candidates[candidate].listed.key == each.key:
                take(index, candidate)
                break
    for index, each in enumerate(wanted):
        if index in found or each.name is None:
            continue
        for candidate in sorted(free):
            if candidates[candidate].is_hinted(each.name) and candidates[candidate].holds(each):
                take(index, candidate)
                break
    for index, each in enumerate(wanted):
        if index not in found:
            holding = [candidate for candidate in free if candidates[candidate].holds(each)]
            if len(holding) == 1:
                take(index, holding[0])
    return found
