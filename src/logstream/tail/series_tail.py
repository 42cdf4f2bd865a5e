"""Follows the generations of one series: the ones that a cursor lists, and those that come.

Each rotation is looked at anew: which files are there, which of them hold what is being read, what
is unread between them, what is gone. So whatever happened in between, and whether this process saw
it or not, is one question with one answer (`logstream.tail.placing`). Files that are open are read
on, whatever becomes of their names. Rules: S4, S7, S11.
"""

from collections.abc import Sequence
from typing import NamedTuple

from logstream.model.limits import SOURCE_FILES_MAX, SUPERSEDED_QUIET_S
from logstream.tail.base import Grouping, Why
from logstream.tail.generation import Generation
from logstream.tail.identity import FileKey
from logstream.tail.placing import Candidate, Slot, moved_from, place
from logstream.tail.record_reader import TRUNCATED, Block, Reader
from logstream.tail.rotated import generation_files
from logstream.tail.survey import Series

LISTINGS_MAX = 4
"""A directory that changes while it is listed is listed again; then at the next look."""


class Read(NamedTuple):
    """What was read of one generation."""

    generation: Generation
    block: Block | Why


class SeriesTail:
    """The generations of one series, oldest first.

    Attributes:
        series: What it is.
        generations: The oldest first; the live one, if there is one, is the last.
        failures: What cannot be read, by path.
        hidden: Whether its files may lie where nobody can look just now.
    """

    def __init__(self, series: Series, grouping: Grouping | None) -> None:
        self.series = series
        self.generations: list[Generation] = []
        self.failures: dict[str, OSError] = {}
        self._grouping = grouping
        self.hidden = False
        self._settled = False
        self._changing = False
        """Whether files came and went too fast for a listing: nothing is lost for sure."""
        self._listed: list[FileKey] = []
        self._turn = 0

    @property
    def live(self) -> Generation | None:
        """The one that is written now."""
        last = self.generations[-1] if self.generations else None
        return last if last is not None and not last.superseded else None

    def close(self) -> None:
        """Close all files."""
        for generation in self.generations:
            generation.close()

    # --- where to begin -----------------------------------------------------------------------

    def begin_at_end(self, now_s: float) -> None:
        """Begin at the last record boundary; what is there before it is done."""
        candidates = self._candidates()
        try:
            for candidate in reversed(candidates):
                if candidate.listed.live:
                    self._begin_live_at_end(candidate)
                elif self._begin_superseded_at_end(candidate):
                    break
            newest_ns = max((each.listed.changed_ns for each in candidates), default=0)
            for generation in self.generations[:-1] if self.live else self.generations:
                generation.quiet_before(newest_ns, now_s)
            self._settled = not self.failures
        finally:
            _close(candidates)

    def _begin_live_at_end(self, candidate: Candidate) -> None:
        generation = Generation(path=candidate.listed.path)
        opened = candidate.take()
        if opened is not None:
            generation.reader = Reader(opened, self._grouping)
            generation.see(self.series.name)
            generation.reader.skip_to_end()
            if generation.reader.position:
                generation.list_here(self.series.name)
        elif candidate.failure is not None:
            self._refuse(candidate, generation)
            generation.stand_at(candidate.listed.size_bytes)
            generation.list_here(self.series.name)
        else:
            return
        self.generations.append(generation)

    def _begin_superseded_at_end(self, candidate: Candidate) -> bool:
        """List the newest superseded generation, so that those older than it are done."""
        if candidate.listed.size_bytes == 0:
            return False
        generation = Generation(path=candidate.listed.path)
        generation.superseded = generation.drained = True
        opened = candidate.take()
        if opened is None:
            if candidate.failure is None:
                return False
            self._refuse(candidate, generation)
            generation.refused_since_s = None
            generation.end()
            generation.list_here(self.series.name)
        else:
            generation.reader = Reader(opened, self._grouping)
            generation.see(self.series.name)
            if opened.compressed:
                generation.end()
            else:
                generation.reader.skip_to_end()
            if not generation.name:
                generation.close()
                return False
            generation.list_here(self.series.name)
        self.generations.insert(0, generation)
        return True

    def begin_at(self, generations: Sequence[Generation], now_s: float) -> None:
        """Begin where a cursor lists generations; none: before everything."""
        self.generations = list(generations)
        for generation in self.generations:
            generation.superseded = True
        self._settle(now_s)

    @property
    def unread_bytes(self) -> int:
        """How much there is to read now; for compressed files, at least so much."""
        unread = 0
        for generation in self.generations:
            if generation.reader is not None:
                size = generation.reader.file.size_bytes
                if size is None:
                    unread += generation.reader.file.status.st_size
                else:
                    unread += max(0, size - generation.reader.position)
        return unread

    # --- which files --------------------------------------------------------------------------

    def look(self, series: Series, key: FileKey | None, now_s: float) -> None:
        """Find out what has changed.

        Args:
            series: What it is now.
            key: Where the live file lies; None: there is none.
            now_s: Seconds on any clock that does not go back.
        """
        self.series = series
        live = self.live
        current = None if live is None or live.reader is None else live.reader.file.key
        empty = live is None or not live.name
        if key != current or not self._settled or (empty and self._is_listed_otherwise()):
            self._settle(now_s)
        self._see_beginnings(now_s)
        self._expire(now_s)

    def _see_beginnings(self, now_s: float) -> None:
        """Name what is no longer empty; it may have been truncated and copied before."""
        unnamed = [each for each in self.generations if not each.name]
        for generation in unnamed:
            generation.see(self.series.name)
        if any(each.name for each in unnamed):
            self._settle(now_s)

    def _settle(self, now_s: float) -> None:
        """Match what is followed with the files that are there."""
        self._split_truncated()
        for generation in self.generations:
            generation.see(self.series.name)
        for _ in range(LISTINGS_MAX):
            candidates = self._candidates()
            try:
                slots = place([each.wanted for each in self.generations], candidates)
                for candidate in candidates:
                    candidate.open()
                if self._is_changing(candidates):
                    continue
                self._changing = False
                self._listed = [candidate.listed.key for candidate in candidates]
                self._arrange(slots, candidates, now_s)
                return
            finally:
                _close(candidates)
        self._settled = False
        self._changing = True

    def _is_listed_otherwise(self) -> bool:
        return [candidate.listed.key for candidate in self._candidates()] != self._listed

    def _is_changing(self, candidates: Sequence[Candidate]) -> bool:
        """Tell whether files came or went while they were looked at."""
        if any(candidate.missing for candidate in candidates):
            return True
        again = [each.listed.key for each in self._candidates()]
        return again != [each.listed.key for each in candidates]

    def _candidates(self) -> list[Candidate]:
        self.failures.clear()
        try:
            files = generation_files(self.series.paths, self.series.live)
        except OSError as error:
            self.failures[self.series.paths[-1]] = error
            return []
        return [Candidate(file) for file in files]

    def _arrange(
        self, slots: Sequence[Slot], candidates: Sequence[Candidate], now_s: float
    ) -> None:
        followed = self.generations
        generations: list[Generation] = []
        refused = (
            self.hidden
            or bool(self.failures)
            or any(
                each.failure is not None and (each.listed.live or not _is_slotted(each, slots))
                for each in candidates
            )
        )
        self._settled = True
        for slot in slots:
            if slot.wanted is None:
                generation = self._take_unread(slot, candidates, now_s)
            else:
                generation = followed[slot.wanted]
                if self._is_becoming_copy(generation, slot.file, candidates):
                    generation.close()
                    continue
                self._go_on(generation, slot.file, candidates, refused=refused, now_s=now_s)
            if generation is not None and (generation.name or generation.reader is not None):
                generations.append(generation)
        generations.sort(key=lambda each: not each.superseded)
        self.generations = generations
        newest_ns = max((each.listed.changed_ns for each in candidates), default=0)
        for generation in generations:
            if generation.superseded:
                generation.quiet_before(newest_ns, now_s)

    @staticmethod
    def _is_becoming_copy(
        generation: Generation, candidate: Candidate | None, candidates: Sequence[Candidate]
    ) -> bool:
        """Tell whether a file that was empty turns out to be a copy of a newer one."""
        if candidate is None or candidate.listed.live or generation.text:
            return False
        return any(map(candidate.is_copy_of, candidates[candidates.index(candidate) + 1 :]))

    def _go_on(
        self,
        generation: Generation,
        candidate: Candidate | None,
        candidates: Sequence[Candidate],
        *,
        refused: bool,
        now_s: float,
    ) -> None:
        """Go on with a generation that is followed, in the file that holds it."""
        generation.findable = candidate is not None
        live = candidate is not None and candidate.listed.live
        if candidate is None:
            generation.supersede()
            if generation.reader is None and not generation.gone and generation.why is None:
                self._miss(generation, refused=refused, now_s=now_s)
            return
        reader = generation.reader
        if reader is not None and reader.file.key != candidate.listed.key and live:
            self._swap(generation, reader, candidate)
        elif reader is None and not generation.gone:
            self._reopen(generation, candidate, candidates)
        if live and not generation.gone:
            generation.revive()
        else:
            generation.supersede()

    def _miss(self, generation: Generation, *, refused: bool, now_s: float) -> None:
        """Note that a generation is not there, or may be what cannot be read."""
        if not refused:
            generation.why = "removed"
            return
        self._settled = False
        if generation.refused_since_s is None:
            generation.refused_since_s = now_s

    def _swap(self, generation: Generation, reader: Reader, candidate: Candidate) -> None:
        """Go on in the file that an editor or rsync wrote anew, with the same content and more."""
        opened = candidate.take()
        if opened is not None:
            generation.close()
            generation.open(candidate, Reader(opened, self._grouping, reader.place))

    def _reopen(
        self, generation: Generation, candidate: Candidate, candidates: Sequence[Candidate]
    ) -> None:
        offset = generation.offset or 0
        place_ = candidate.place(offset)
        opened = candidate.take()
        if opened is None:
            self._settled = False
            return
        name = generation.wanted.name
        generation.open(candidate, Reader(opened, self._grouping, place_))
        if name is not None and name.head_bytes == 0 and generation.reader is not None:
            generation.reader.skip_to_end(offset)  # nobody could see where a line begins
        if name is not None and moved_from(name, candidate, candidates):
            generation.why = "truncated"
        if generation.why is not None and generation.reader is not None:
            generation.reader.torn = True

    def _take_unread(
        self, slot: Slot, candidates: Sequence[Candidate], now_s: float
    ) -> Generation | None:
        """Follow a file that is unread so far, from its beginning."""
        candidate = slot.file
        if candidate is None:
            return None
        live = candidate.listed.live
        if not live:
            newer = candidates[candidates.index(candidate) + 1 :]
            if any(map(candidate.is_copy_of, newer)):
                return None
        generation = Generation(path=candidate.listed.path)
        generation.superseded = not live
        opened = candidate.take()
        if opened is not None:
            generation.reader = Reader(opened, self._grouping)
            generation.see(self.series.name)
        elif candidate.failure is not None:
            self._refuse(candidate, generation)
            generation.refused_since_s = now_s
        else:
            return None
        return generation

    def _refuse(self, candidate: Candidate, generation: Generation) -> None:
        """Name a file that cannot be read by its hint only."""
        generation.name = candidate.nameless(self.series.name)
        self._settled = False
        if candidate.failure is not None:
            self.failures[candidate.listed.path] = candidate.failure

    # --- reading ------------------------------------------------------------------------------

    def read(self, now_s: float) -> Read | None:
        """Read the next records; superseded files first, as their lines are older.

        Returns:
            Some of one generation, see `Reader.read`, or why the rest of it is lost; None: nothing
            more just now.
        """
        if not all(each.name for each in self.generations):
            self._see_beginnings(now_s)
        for generation in list(self.generations):
            if generation.superseded and not generation.drained:
                got = self._read_one(generation, now_s)
                if got is not None:
                    return got
                if not generation.drained:
                    return None  # its last record may go on
        count = len(self.generations)
        for _ in range(count):
            self._turn = (self._turn + 1) % count
            got = self._read_one(self.generations[self._turn], now_s)
            if got is not None:
                return got
        return None

    def _read_one(self, generation: Generation, now_s: float) -> Read | None:
        reader = generation.reader
        if reader is None:
            generation.drained = True
            return self._loss_of(generation)
        try:
            block = reader.read(now_s)
        except OSError as error:
            self.failures[generation.path] = error
            generation.close()
            generation.refused_since_s = now_s
            generation.drained = True
            self._settled = False
            return None
        if block is TRUNCATED:
            self._settle(now_s)
            return self.read(now_s)
        if block is not None:
            return Read(generation, block)
        if reader.waits_since_s is None:
            generation.drained = generation.superseded
            return self._loss_of(generation)
        return None

    def _loss_of(self, generation: Generation) -> Read | None:
        """Say why what follows is lost, if it is."""
        if generation.why is None or self._changing:
            return None
        return Read(generation, generation.why)

    def _split_truncated(self) -> None:
        """Make two of each generation whose file has another content now.

        The former content may live on in a copy; it ends with a loss in any case.
        """
        generations: list[Generation] = []
        for generation in self.generations:
            generations.append(generation)
            reader = generation.reader
            if reader is not None and not _is_same(reader):
                successor = Generation(
                    reader=Reader(reader.file, self._grouping), path=generation.path
                )
                successor.superseded = generation.superseded
                generation.leave_file()
                generation.why = "truncated"
                generation.supersede()
                generations.append(successor)
        self.generations = generations

    def waits_since_s(self) -> float | None:
        """Since when a record that may go on is waited for."""
        waits = [
            since
            for each in self.generations
            if each.reader is not None and (since := each.reader.waits_since_s) is not None
        ]
        return min(waits, default=None)

    # --- the cursor ---------------------------------------------------------------------------

    def list_as_read(self, generation: Generation) -> None:
        """List a generation as far as it was read; older ones that are unread are listed, too."""
        for each in self.generations:
            if each is generation:
                break
            if not each.text and each.name:
                each.list_here(self.series.name)
        generation.list_here(self.series.name)
        self._drop_done()

    def _drop_done(self) -> None:
        """List no more what is done, but for the newest superseded one that can be found."""
        findable = [
            each for each in self.generations if each.superseded and each.findable and each.text
        ]
        anchor = findable[-1] if findable else None
        kept: list[Generation] = []
        behind = False
        for each in self.generations:
            behind = behind or each is anchor
            # Only the oldest go: behind a hole all would be taken for unread (S4).
            if each.done and not kept and (not each.findable or not behind or not each.text):
                each.close()
            else:
                kept.append(each)
                if each.done and each.reader is None:
                    each.list_here(self.series.name)
        self.generations = kept

    def shorten(self) -> None:
        """List nothing but the live generation, what is unread, and the newest superseded one."""
        superseded = [each for each in self.generations if each.superseded]
        for each in superseded[:-1]:
            each.done = each.done or each.drained
        self._drop_done()

    def _expire(self, now_s: float) -> None:
        """Find out which superseded generations are done."""
        superseded = [each for each in self.generations if each.superseded and not each.done]
        for number, generation in enumerate(reversed(superseded)):
            quiet = generation.is_quiet(now_s)
            since_s = generation.refused_since_s
            if since_s is not None and now_s - since_s >= SUPERSEDED_QUIET_S and not generation.why:
                generation.why = "unreadable"
            reader = generation.reader
            if reader is None:
                generation.done = quiet and generation.gone
                continue
            if not reader.caught_up or generation.why is not None:
                continue
            if number < SOURCE_FILES_MAX and (not quiet or reader.finish()):
                continue
            generation.done = True
            if not reader.file.exists:
                generation.end()
                self._settle(now_s)


def _close(candidates: Sequence[Candidate]) -> None:
    for candidate in candidates:
        candidate.close()


def _is_slotted(candidate: Candidate, slots: Sequence[Slot]) -> bool:
    return any(slot.file is candidate for slot in slots)


def _is_same(reader: Reader) -> bool:
    """Tell whether a file still has the content that was read of it."""
    try:
        return reader.file.compressed or reader.place.lies_in(reader.file)
    except OSError:
        return True
