"""The generations of one source as they are on the disk now, for reading history between cursors.

An `Archive` is made for one look: it finds out which files hold what lies between two cursors, and
gives that as `Stretch`es in file order. Nothing is followed, and no file stays open. Rules: S4, S9.
"""

from collections.abc import Sequence
from typing import Final

from logstream.errors import InvertedRange
from logstream.model.cursor import Component, parse, render
from logstream.model.limits import SUPERSEDED_QUIET_S
from logstream.tail.base import Lost, Why
from logstream.tail.cursors import (
    TAIL_MAX_BYTES,
    GenerationName,
    component_text,
    name_generation,
    refuse_foreign,
)
from logstream.tail.opened import OpenedFile
from logstream.tail.paths import PathPattern
from logstream.tail.place import last_line_end
from logstream.tail.placing import Candidate, moved_from, place, wanted_of
from logstream.tail.rotated import GenerationFile, generation_files
from logstream.tail.survey import Series, Survey

INVERTED: Final = "the range ends before it begins: exchange its cursors"

END: Final = 2**63
"""Stands for the end of a content whose size is not known."""


class _Part:
    """One generation, as far as it lies between the cursors."""

    def __init__(self, series: str, name: str, file: GenerationFile | None) -> None:
        self.series = series
        self.name = name
        self.file = file
        self.start = 0
        self.end = END
        self.before = ""
        """Its component while nothing of it was given."""
        self.after = ""
        """Its component when all of it was given."""
        self.why: Why | None = None
        self.finished = False
        """Whether nothing more is expected of it, so that a newer one need not list it."""


class Stretch:
    """A part of one generation, or one that is lost.

    Attributes:
        start: The offset where it begins; always where a physical line begins, and a record unless
            the cursor came from elsewhere.
        end: The offset where it ends, behind a line; None: at the end of the content, which is
            compressed, and whose last line may have no LF.
        lost: What is to be told in place of its lines; there is nothing to open.
        component: Which component of its cursors moves.
        generation: Its ``G``.
        key: Where the file lies; None: it is lost.
    """

    def __init__(self, parts: Sequence[_Part], index: int) -> None:
        self._parts = parts
        self._index = index
        part = parts[index]
        self.generation = part.name
        self.key = None if part.file is None else part.file.key
        self.start = part.start
        self.end = None if part.end == END else part.end
        self.component = self._texts(part.after or f"{part.name}:{part.start}")[1]
        self.lost: Lost | None = None
        if part.why is not None:
            after = self._texts(part.before)[0]
            self.lost = Lost(after, self._texts(part.after)[0], part.why, None)

    def open(self) -> OpenedFile:
        """Open its content; close it when done.

        Raises:
            OSError: It cannot be opened, or is not there under this name any more: make a new
                `Archive` and go on from the last cursor.
        """
        file = self._parts[self._index].file
        if file is None:
            raise FileNotFoundError("this content is lost")
        opened = OpenedFile.at(file.path, plain=file.live)
        if opened.key != file.key:
            opened.close()
            raise FileNotFoundError(f"{file.path} is another file now")
        return opened

    def cursor_at(self, offset: int, tail: bytes = b"") -> str:
        """Give the full cursor of a position in it: all before is done, all behind it is not.

        Args:
            offset: From ``start`` to the end; where a line begins, or the end.
            tail: The (at most 64) bytes before it, where they are at hand.
        """
        name = self._parts[self._index].name
        return self._texts(component_text(name, offset, tail))[0]

    def _texts(self, own: str) -> tuple[str, int]:
        """Give the cursor with a component for this part, and the number of that."""
        at = self._index
        texts: dict[tuple[str, str], tuple[int, str]] = {}
        kept = _last_passed(self._parts, at)
        for index, part in enumerate(self._parts):
            key = (part.series, part.name)
            if index == at:
                texts[key] = (index, own)
            elif index > at:
                texts.setdefault(key, (index, part.before))
            elif index in kept or not part.finished:
                texts[key] = (index, part.after)
        ordered = sorted((series, *text) for (series, _), text in texts.items() if text[1])
        number = next((n for n, (_, index, _) in enumerate(ordered) if index == at), 0)
        return ",".join(text for *_, text in ordered), number


def _last_passed(parts: Sequence[_Part], at: int) -> set[int]:
    """Give the newest part of each series before ``at``, and the newest that has a file."""
    newest: dict[tuple[str, bool], int] = {}
    for index, part in enumerate(parts[:at]):
        newest[part.series, False] = index
        if part.file is not None:
            newest[part.series, True] = index
    return set(newest.values())


class Archive:
    """What is on the disk.

    Args:
        patterns: See `logstream.tail.paths`.

    Raises:
        ConfigError: A pattern makes no sense.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = [PathPattern(pattern) for pattern in patterns]

    def stretches(self, after: str | None, before: str | None) -> list[Stretch]:
        """Give what lies in [``after``, ``before``), in file order.

        Args:
            after: A cursor; None or ``""``: from the beginning of the oldest generation.
            before: A cursor; None: to the end as it is now.

        Raises:
            BadCursor: One is garbage, or another source's.
            InvertedRange: ``before`` comes first.
        """
        begin = _by_series(after or "", self._patterns)
        end = None if before is None else _by_series(before, self._patterns)
        found = Survey(self._patterns).series
        queues: list[list[_Part]] = []
        for name in sorted({*found, *begin, *(end or {})}):
            series = found.get(name, Series(name, [], None))
            queues.append(
                _parts_of(series, begin.get(name, []), None if end is None else end.get(name, []))
            )
        parts = _merged(queues)
        return [
            Stretch(parts, index)
            for index, part in enumerate(parts)
            if part.why is not None or part.start < part.end
        ]


def _by_series(cursor: str, patterns: Sequence[PathPattern]) -> dict[str, list[Component]]:
    components = parse(cursor)
    refuse_foreign(components, [pattern.pattern for pattern in patterns])
    listed: dict[str, list[Component]] = {}
    for component in components:
        name = GenerationName.parse(component.generation).series
        listed.setdefault(name, []).append(component)
    return listed


def _parts_of(
    series: Series, begin: Sequence[Component], end: Sequence[Component] | None
) -> list[_Part]:
    """Lay the generations of one series between two cursors."""
    try:
        files = generation_files(series.paths, series.live)
    except OSError:
        files = []
    candidates = [Candidate(file) for file in files]
    try:
        return _laid_out(series.name, candidates, begin, end)
    finally:
        for candidate in candidates:
            candidate.close()


def _laid_out(
    series: str,
    candidates: Sequence[Candidate],
    begin: Sequence[Component],
    end: Sequence[Component] | None,
) -> list[_Part]:
    limits, missing = _limits(series, candidates, begin, end)
    slots = place([wanted_of(each) for each in begin], candidates)
    newest_ns = max((each.listed.changed_ns for each in candidates), default=0)
    listed_at_end = {each.generation: each for each in end or ()}
    reached = {slot.file for slot in slots}
    parts: list[_Part] = []
    for done in candidates:
        if done not in reached and done in limits and _is_before_end(limits[done], done):
            raise InvertedRange(INVERTED)
    for slot in slots:
        component = None if slot.wanted is None else begin[slot.wanted]
        candidate = slot.file
        if candidate is not None:
            newer = candidates[candidates.index(candidate) + 1 :]
            if component is None and any(map(candidate.is_copy_of, newer)):
                continue
            limit = limits.get(candidate)
            part = _part(series, candidate, component, limit)
            if part is None:
                continue
            changed_ns = candidate.listed.changed_ns
            part.finished = not candidate.listed.live and (
                part.end == END or newest_ns - changed_ns >= SUPERSEDED_QUIET_S * 1e9
            )
            parts.append(part)
            if component is not None and (limit is None or limit.offset is None):
                name = GenerationName.parse(component.generation)
                if component.offset is not None and moved_from(name, candidate, candidates):
                    parts.append(_lost(series, part.name, part.after, why="truncated"))
        elif component is not None:
            parts.append(_missing(series, component, listed_at_end.get(component.generation)))
        parts += missing.pop(candidate, ()) if candidate is not None else ()
    return [*missing.pop(None, ()), *parts]


def _limits(
    series: str,
    candidates: Sequence[Candidate],
    begin: Sequence[Component],
    end: Sequence[Component] | None,
) -> tuple[dict[Candidate, Component], dict[Candidate | None, list[_Part]]]:
    """Say how far each file counts, and what the end lists that is gone, by the file before it."""
    limits: dict[Candidate, Component] = {}
    missing: dict[Candidate | None, list[_Part]] = {}
    if end is None:
        return limits, missing
    begun = {each.generation for each in begin}
    last: Candidate | None = None
    for slot in place([wanted_of(each) for each in end], candidates):
        component = None if slot.wanted is None else end[slot.wanted]
        if slot.file is not None:
            last = slot.file
            limits[last] = component or Component("", 0)
        elif component is not None and component.generation not in begun:
            after = render([component])
            lost = _lost(series, component.generation, "", why="removed", after=after)
            missing.setdefault(last, []).append(lost)
    return limits, missing


def _part(
    series: str, candidate: Candidate, component: Component | None, limit: Component | None
) -> _Part | None:
    """Lay one file between where the beginning and the end see it; None: it cannot be read."""
    opened = candidate.open()
    if opened is None:
        if candidate.failure is None:
            return None
        name = component.generation if component else candidate.nameless(series)
        before = render([component]) if component else ""
        return _lost(series, name, before, why="unreadable")
    if component is not None:
        name = component.generation
    elif limit is not None and limit.generation:
        name = limit.generation
    else:
        name = name_generation(series, candidate.head, opened.hint)
    size = END if opened.compressed else last_line_end(opened, opened.size_bytes or 0)
    part = _Part(series, name, candidate.listed)
    part.before = "" if component is None else render([component])
    part.start = 0 if component is None else size if component.offset is None else component.offset
    if limit is None or limit.offset is None:
        part.end = max(size, part.start) if limit is None else size
        part.after = component_text(name, None, b"")
        if part.end != END:
            tail_bytes = min(TAIL_MAX_BYTES, part.end)
            tail = opened.pread(part.end - tail_bytes, tail_bytes)
            part.after = component_text(name, part.end, tail) if part.end else ""
        if component is not None and component.offset is None:
            part.after = part.before
    else:
        part.end = limit.offset
        part.after = render([limit]) if limit.generation else ""
    if part.end < part.start:
        raise InvertedRange(INVERTED)
    return part


def _is_before_end(limit: Component, candidate: Candidate) -> bool:
    opened = candidate.open()
    if opened is None or limit.offset is None:
        return False
    size = opened.size_bytes
    return size is not None and limit.offset < last_line_end(opened, size)


def _missing(series: str, component: Component, at_end: Component | None) -> _Part:
    """Lay a generation that is listed and gone."""
    text = render([component])
    if component.offset is None or (at_end is not None and at_end.offset == component.offset):
        part = _Part(series, component.generation, None)
        part.end = 0
        part.before = part.after = text
        part.finished = component.offset is None
        return part
    return _lost(series, component.generation, text, why="removed")


def _lost(series: str, name: str, before: str, *, why: Why, after: str = "") -> _Part:
    part = _Part(series, name, None)
    part.end = 0
    part.before = before
    part.after = after or component_text(name, None, b"")
    part.why = why
    part.finished = True
    return part


def _merged(queues: Sequence[list[_Part]]) -> list[_Part]:
    """Put the generations of several series in one order, by the time of their last change."""
    heads = [0] * len(queues)
    merged: list[_Part] = []
    while True:
        ready = [number for number, queue in enumerate(queues) if heads[number] < len(queue)]
        if not ready:
            return merged
        first = min(ready, key=lambda number: _age(queues[number][heads[number]]))
        merged.append(queues[first][heads[first]])
        heads[first] += 1


def _age(part: _Part) -> tuple[bool, int]:
    return (False, 0) if part.file is None else (part.file.live, part.file.changed_ns)
