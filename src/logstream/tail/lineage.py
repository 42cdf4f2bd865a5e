"""The generations of one series, matched with the files that are there.

Each rotation is looked at anew: which files are there, which of them hold what is being read, what
is unread between them, what is gone. So whatever happened in between, and whether this process saw
it or not, is one question with one answer (`logstream.tail.placing`). Files that are open are read
on, whatever becomes of their names. Rules: S4, S7, S11.
"""

from collections.abc import Sequence
from typing import Final

from logstream.tail.base import Grouping
from logstream.tail.generation import Generation
from logstream.tail.identity import FileKey
from logstream.tail.placing import Candidate, Slot, moved_from, place
from logstream.tail.reader import Reader
from logstream.tail.rotated import generation_files
from logstream.tail.survey import Series

LISTINGS_MAX: Final = 4
"""A directory that changes while it is listed is listed again; then at the next look."""


class Lineage:
    """The generations of one series, oldest first.

    Attributes:
        series: What it is.
        generations: The oldest first; the live one, if there is one, is the last.
        failures: What cannot be read, by path.
        hidden: Whether its files may lie where nobody can look just now.
        elsewhere: Files that another series of the source follows.
        settled: Whether all that is there is followed, and all that is not is known to be gone.
        changing: Whether files came and went too fast for a listing: nothing is lost for sure.
    """

    def __init__(self, series: Series, grouping: Grouping | None) -> None:
        self.series = series
        self.generations: list[Generation] = []
        self.failures: dict[str, OSError] = {}
        self._grouping = grouping
        self.hidden = False
        self.elsewhere: set[FileKey] = set()
        self.settled = False
        self.changing = False
        self._listed: list[tuple[FileKey, bool]] = []

    @property
    def live(self) -> Generation | None:
        """The one that is written now."""
        last = self.generations[-1] if self.generations else None
        return last if last is not None and not last.superseded else None

    @property
    def keys(self) -> set[FileKey]:
        """The files that are open."""
        return {each.reader.file.key for each in self.generations if each.reader is not None}

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
            self.settled = not self.failures
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
        self.settle(now_s)

    @property
    def unread_bytes(self) -> int:
        """How much there is to read now; for compressed files, at least so much."""
        return sum(each.unread_bytes for each in self.generations)

    # --- which files --------------------------------------------------------------------------

    def settle(self, now_s: float) -> None:
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
                self.changing = False
                self._listed = _listing(candidates)
                self._arrange(slots, candidates, now_s)
                return
            finally:
                _close(candidates)
        self.settled = False
        self.changing = True

    def is_listed_otherwise(self) -> bool:
        """Tell whether other files are there than when it was settled."""
        return _listing(self._candidates()) != self._listed

    @property
    def has_empty(self) -> bool:
        """Whether there is an empty file that was rotated; late lines may come to it."""
        return any(not filled for _, filled in self._listed[:-1])

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
        return [Candidate(file) for file in files if file.key not in self.elsewhere]

    def _arrange(
        self, slots: Sequence[Slot], candidates: Sequence[Candidate], now_s: float
    ) -> None:
        followed = self.generations
        generations: list[Generation] = []
        slotted = [slot.file for slot in slots]
        refused = (
            self.hidden
            or bool(self.failures)
            or any(
                each.failure is not None and (each.listed.live or each not in slotted)
                for each in candidates
            )
        )
        self.settled = True
        for slot in slots:
            if slot.wanted is None:
                generation = self._take_unread(slot, candidates, now_s)
            else:
                generation = followed[slot.wanted]
                if self._is_taken_for_new(generation, slot.file, candidates):
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
    def _is_taken_for_new(
        generation: Generation, candidate: Candidate | None, candidates: Sequence[Candidate]
    ) -> bool:
        """Tell whether a file that nothing was read of turns out to be a copy, or another one."""
        if generation.text or not generation.newcomer or generation.reader is None:
            return False
        if candidate is None:
            key = generation.reader.file.key
            return any(each.listed.key == key for each in candidates)
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
            self._reopen(generation, candidate, candidates, now_s)
        if live and not generation.gone:
            generation.revive()
        else:
            generation.supersede()

    def _miss(self, generation: Generation, *, refused: bool, now_s: float) -> None:
        """Note that a generation is not there, or may be what cannot be read."""
        if not refused and generation.wanted.was_empty:
            generation.end()  # nothing was in it
            return
        if not refused:
            generation.why = "removed"
            return
        self.settled = False
        if generation.refused_since_s is None:
            generation.refused_since_s = now_s

    def _swap(self, generation: Generation, reader: Reader, candidate: Candidate) -> None:
        """Go on in the file that an editor or rsync wrote anew, with the same content and more."""
        opened = candidate.take()
        if opened is not None:
            generation.close()
            generation.open(candidate, Reader(opened, self._grouping, reader.place))

    def _reopen(
        self,
        generation: Generation,
        candidate: Candidate,
        candidates: Sequence[Candidate],
        now_s: float,
    ) -> None:
        """Read on in a file that was not open."""
        offset = generation.offset or 0
        opened = candidate.take()
        if opened is None:
            self.settled = False
            if candidate.failure is not None:
                self.failures[candidate.listed.path] = candidate.failure
                if generation.refused_since_s is None:
                    generation.refused_since_s = now_s
            return
        place_ = candidate.place(offset)
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
        if candidate is None or self._is_no_newcomer(candidate, candidates):
            return None
        live = candidate.listed.live
        generation = Generation(path=candidate.listed.path)
        generation.superseded = generation.newcomer = not live
        opened = candidate.take()
        if opened is not None:
            generation.reader = Reader(opened, self._grouping)
            generation.see(self.series.name)
            if not live and generation.reader.head != candidate.head:
                generation.close()  # overwritten while we looked
                self.settled = False
                return None
        elif candidate.failure is not None:
            self._refuse(candidate, generation)
            generation.refused_since_s = now_s
        else:
            return None
        return generation

    def _is_no_newcomer(self, candidate: Candidate, candidates: Sequence[Candidate]) -> bool:
        """Tell whether a rotated file is a copy of a newer one, or has no content yet."""
        if candidate.listed.live:
            return False
        newer = candidates[candidates.index(candidate) + 1 :]
        if any(map(candidate.is_copy_of, newer)):
            return True
        if candidate.open() is not None and not candidate.head:
            return True  # it may be filled, or is being overwritten
        if self._may_be_copy(candidate):
            self.settled = False  # the next look tells
            return True
        return False

    def _may_be_copy(self, candidate: Candidate) -> bool:
        """Tell whether a file holds what was read of a live one, truncated just now."""
        live = self.live
        if live is None or live.reader is None or candidate.listed.key == live.reader.file.key:
            return False
        try:
            return candidate.may_be_copy_of(live.reader.place)
        except OSError:
            return False

    def _refuse(self, candidate: Candidate, generation: Generation) -> None:
        """Name a file that cannot be read by its hint only."""
        generation.name = candidate.nameless(self.series.name)
        self.settled = False
        if candidate.failure is not None:
            self.failures[candidate.listed.path] = candidate.failure

    def _split_truncated(self) -> None:
        """Make two of each generation whose file has another content now.

        The former content may live on in a copy; it ends with a loss in any case.
        """
        generations: list[Generation] = []
        for generation in self.generations:
            generations.append(generation)
            reader = generation.reader
            if reader is None or reader.is_same:
                continue
            if generation.superseded:  # it was overwritten, as by a script that copies
                generation.close()
                if generation.done:
                    generation.end()
                else:
                    generation.why = "truncated"
                continue
            generations.append(
                Generation(reader=Reader(reader.file, self._grouping), path=generation.path)
            )
            generation.leave_file()
            generation.why = "truncated"
            generation.supersede()
        self.generations = generations


def _close(candidates: Sequence[Candidate]) -> None:
    for candidate in candidates:
        candidate.close()


def _listing(candidates: Sequence[Candidate]) -> list[tuple[FileKey, bool]]:
    """Say which files are there, and whether there is anything in them."""
    return [(each.listed.key, each.listed.size_bytes > 0) for each in candidates]
