"""One generation that is followed: what is read of it, what is lost, and its part of the cursor.

Rules: S4 (components), S7 (``lost``), S11 (when the rest of a file is a line).
"""

from logstream.model.cursor import Component
from logstream.model.limits import SUPERSEDED_QUIET_S
from logstream.tail.base import Why
from logstream.tail.cursors import (
    HEAD_MAX_BYTES,
    GenerationName,
    check_before,
    component_text,
    is_nameless,
    name_generation,
)
from logstream.tail.placing import Candidate, Wanted
from logstream.tail.reader import Reader


class Generation:
    """A generation, whether it can be read just now or not.

    Attributes:
        name: Its ``G``; "" while nothing is known of its content, as it is empty.
        text: Its component, as it stands in the cursor; "": it is not listed.
        reader: Reads it; None: it is not open.
        superseded: Whether it is no longer the live one of its series.
        drained: Whether all that was there when it was superseded has been read.
        why: Why what follows in it is lost; None: nothing is.
        newcomer: Whether it was found rotated already, and nobody has seen it live.
        gone: Whether nothing more can come of it: ``$``.
        done: Whether it was quiet for so long that nothing more is expected of it.
        findable: Whether its content has a name, by which it would be found again.
        refused_since_s: Since when it cannot be read.
        path: Where it was last seen.
    """

    __slots__ = (
        "_offset",
        "_quiet_since_s",
        "_state",
        "_tail",
        "done",
        "drained",
        "findable",
        "gone",
        "name",
        "newcomer",
        "path",
        "reader",
        "refused_since_s",
        "superseded",
        "text",
        "why",
    )

    def __init__(self, name: str = "", reader: Reader | None = None, path: str = "") -> None:
        self.name = name
        self.text = ""
        self.reader = reader
        self.path = path
        self.superseded = False
        self.drained = False
        self.why: Why | None = None
        self.newcomer = False
        self.gone = False
        self.done = False
        self.findable = True
        self.refused_since_s: float | None = None
        self._offset: int | None = 0
        """How far it was read; counts while there is no reader."""
        self._tail: str | None = None
        """The check of the bytes before that."""
        self._state = (-1, -1)
        self._quiet_since_s = 0.0

    @classmethod
    def listed(cls, component: Component, text: str) -> "Generation":
        """Take one from a cursor."""
        generation = cls(component.generation)
        generation.text = text
        generation._offset = component.offset
        generation._tail = component.check
        generation.gone = component.offset is None
        return generation

    @property
    def offset(self) -> int | None:
        """How far it was read; None: nothing more comes."""
        return self._offset if self.reader is None else self.reader.position

    @property
    def unread_bytes(self) -> int:
        """How much of it there is to read now; of a compressed file, at least so much."""
        if self.reader is None:
            return 0
        size = self.reader.file.size_bytes
        if size is None:
            return self.reader.file.status.st_size
        return max(0, size - self.reader.position)

    @property
    def wanted(self) -> Wanted:
        """How to find it again."""
        name = GenerationName.parse(self.name) if self.name else None
        if self.reader is None:
            return Wanted(name, self._offset, self._tail, None, bool(self.text))
        reader = self.reader
        check = check_before(reader.position, reader.tail)
        key = reader.file.key if self.text or not self.newcomer else None
        return Wanted(name, reader.position, check, key, bool(self.text))

    def supersede(self) -> None:
        """Note that it is no longer the live one."""
        if not self.superseded:
            self.superseded = True
            self.drained = False
            self._state = (-1, -1)

    def revive(self) -> None:
        """Note that it is the live one, after all."""
        self.superseded = self.drained = self.done = False

    def see(self, series: str) -> None:
        """Name it, as soon as it has a byte."""
        if self.reader is not None and (not self.name or is_nameless(self.name)):
            head = self.reader.see_head()
            if head:
                self.name = name_generation(series, head, self.reader.file.hint)

    def list_empty(self, series: str) -> None:
        """List it though it has no byte yet, by the hint alone: old workers may write to it."""
        if self.reader is not None:
            nameless = name_generation(series, b"", self.reader.file.hint)
            self.text = component_text(nameless, 0, b"")

    def open(self, candidate: Candidate, reader: Reader) -> None:
        """Go on reading it in a file."""
        self.path = candidate.listed.path
        self.reader = reader
        self.refused_since_s = None
        self.drained = False

    def close(self, *, found_by: Wanted | None = None) -> None:
        """Close its file, and remember how far it was read."""
        if self.reader is not None:
            wanted = found_by or self.wanted
            self._offset, self._tail = wanted.offset, wanted.check
            self.reader.close()
            self.reader = None

    def leave_file(self) -> None:
        """Give up the file, which has another content now; it stays open."""
        wanted = self.wanted
        self._offset, self._tail = wanted.offset, wanted.check
        self.reader = None

    def list_here(self, series: str) -> None:
        """List it in the cursor as far as it was read."""
        reader = self.reader
        if self.gone:
            self.text = component_text(self.name, None, b"")
        elif reader is not None:
            self._improve_name(series, reader)
            self.text = component_text(self.name, reader.position, reader.tail)
        elif not self.text:
            self.text = component_text(self.name, self._offset, b"")

    def _improve_name(self, series: str, reader: Reader) -> None:
        """Name it by a whole KiB as soon as that was read, so that all who read it agree."""
        if f".{HEAD_MAX_BYTES}." in self.name or not reader.head:
            return
        if len(reader.head) < HEAD_MAX_BYTES <= reader.position:
            return
        name = GenerationName.parse(self.name) if self.name else None
        if name is None or name.head_bytes < HEAD_MAX_BYTES <= reader.position:
            hint = reader.file.hint if name is None else name.hint
            self.name = name_generation(series, reader.head, hint)

    def stand_at(self, offset: int) -> None:
        """Begin there, once it can be read."""
        self._offset = offset

    def lose(self, now_s: float) -> None:
        """Let it end here, as the loss was told."""
        self.close()
        self.gone = True
        self.why = None
        self._offset = None
        self._quiet_since_s = now_s

    def end(self) -> None:
        """Let it end here, as all was read and nothing more can come."""
        self.close()
        self.gone = True
        self._offset = None

    def quiet_before(self, newest_ns: int, now_s: float) -> None:
        """Take it for quiet, if its successor was written long after it."""
        reader = self.reader
        if reader is None:
            return
        changed_ns = reader.file.status.st_mtime_ns
        if reader.file.compressed or newest_ns - changed_ns >= SUPERSEDED_QUIET_S * 1e9:
            self._state = reader.file.state
            self._quiet_since_s = now_s - SUPERSEDED_QUIET_S

    def is_quiet(self, now_s: float) -> bool:
        """Tell whether nothing was written for ``SUPERSEDED_QUIET_S``."""
        if self.reader is not None:
            state = self.reader.file.state
            if state != self._state:
                self._state = state
                self._quiet_since_s = now_s
        return now_s - self._quiet_since_s >= SUPERSEDED_QUIET_S
