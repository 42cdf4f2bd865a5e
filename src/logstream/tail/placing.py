"""Which files are the generations that a cursor lists, and what is unread beside them. Rule: S4.

A generation is known by its bytes: its first ones, and those before the offset. Where several files
have them, it is the one that the hint names, else none: better a declared loss than a wrong line.
What is not listed is done if it is older than the oldest listed, else unread.
"""

from collections.abc import Callable, Sequence
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

    @property
    def was_empty(self) -> bool:
        """Whether it had no byte yet."""
        return self.name is not None and self.name.head_bytes == 0 and self.offset == 0


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

    @property
    def is_compressed(self) -> bool:
        """Whether its content is inflated."""
        opened = self.open()
        return opened is not None and opened.compressed

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

        It begins like it, ends like it there, and if there is little to compare, was created later.
        """
        mine, original = self.open(), other.open()
        if mine is None or original is None or mine.compressed or not self.head:
            return False
        short = len(self.head) < HEAD_MAX_BYTES
        if short and 0 < self.born_ns <= other.born_ns:
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

    def may_be_copy_of(self, place_: Place) -> bool:
        """Tell whether this may be copied from a content of which a place is known.

        That content may be truncated already, so that there is nothing to compare with.
        """
        opened, head, known = self.open(), self.head, place_.head
        if opened is None or not head or not known:
            return False
        if not (head.startswith(known) or known.startswith(head)):
            return False
        tail_bytes, end = len(place_.tail), place_.position_bytes
        if opened.compressed or (opened.size_bytes or 0) < end:
            return len(head) == HEAD_MAX_BYTES or len(head) < len(known)
        return opened.pread(end - tail_bytes, tail_bytes) == place_.tail

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
    found = _Finding(wanted, candidates).found
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
    """Tell whether a generation was copied, so that the last lines of it may be lost.

    A plain file that was rotated is the same file if it was renamed; what was compressed is another
    in any case, but then its own file has no other content.
    """
    if candidate.is_hinted(name):
        return False
    copied = not candidate.listed.live and not candidate.is_compressed
    return copied or any(each.is_hinted(name) for each in candidates)


class _Finding:
    """Says which candidate each one is; the certain ones are found first."""

    def __init__(self, wanted: Sequence[Wanted], candidates: Sequence[Candidate]) -> None:
        self._wanted = wanted
        self._candidates = candidates
        self._free = set(range(len(candidates)))
        self.found: dict[int, int] = {}
        self._find(self._lies_there, listed=True)
        self._find(self._lies_there, listed=False)
        for listed in (True, False):  # what nothing was read of may be a copy of what is listed
            self._find(self._is_hinted, listed=listed)
            self._find_by_content(listed=listed)
        self._find_what_was_empty()

    def _missing(self, *, listed: bool) -> list[int]:
        """Give those that are not found."""
        return [
            index
            for index, wanted in enumerate(self._wanted)
            if index not in self.found and wanted.listed is listed
        ]

    def _find(self, is_it: Callable[[Wanted, Candidate], bool], *, listed: bool) -> None:
        for index in self._missing(listed=listed):
            for at in sorted(self._free):
                if is_it(self._wanted[index], self._candidates[at]):
                    self._take(index, at)
                    break

    def _take(self, index: int, at: int) -> None:
        self.found[index] = at
        self._free.discard(at)

    @staticmethod
    def _lies_there(wanted: Wanted, candidate: Candidate) -> bool:
        return wanted.key is not None and wanted.key == candidate.listed.key

    @staticmethod
    def _is_hinted(wanted: Wanted, candidate: Candidate) -> bool:
        name = wanted.name
        return name is not None and candidate.is_hinted(name) and candidate.holds(wanted)

    def _find_by_content(self, *, listed: bool) -> None:
        for index in self._missing(listed=listed):
            wanted = self._wanted[index]
            holding = [at for at in self._free if self._candidates[at].holds(wanted)]
            if len(holding) == 1:
                self._take(index, holding[0])

    def _find_what_was_empty(self) -> None:
        """Find what had no byte and was compressed since, by its place before the next one."""
        for index in self._missing(listed=True):
            if self._wanted[index].was_empty:
                after = [at for later, at in self.found.items() if later > index]
                before = min(after, default=0) - 1
                if before in self._free and self._candidates[before].is_compressed:
                    self._take(index, before)
