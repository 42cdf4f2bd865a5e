"""Reads the generations of one series, and says how they stand in the cursor.

Superseded ones are read before the live one, as their lines are older, and looked at until they
were quiet for ``SUPERSEDED_QUIET_S``: old workers of a web server go on writing to them. The newest
one that can be found again stays in the cursor, so that those before it are known to be done.
Rules: S4, S7, S11.
"""

from typing import NamedTuple

from logstream.model.limits import SOURCE_FILES_MAX, SUPERSEDED_QUIET_S
from logstream.tail.base import Grouping, Why
from logstream.tail.generation import Generation
from logstream.tail.identity import FileKey
from logstream.tail.lineage import Lineage
from logstream.tail.reader import TRUNCATED, Block
from logstream.tail.survey import Series


class Read(NamedTuple):
    """What was read of one generation."""

    generation: Generation
    block: Block | Why


class SeriesTail(Lineage):
    """Follows one series."""

    def __init__(self, series: Series, grouping: Grouping | None) -> None:
        super().__init__(series, grouping)
        self._turn = 0

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
        empty = live is None or not live.name or self.has_empty
        if key != current or not self.settled or (empty and self.is_listed_otherwise()):
            self.settle(now_s)
        self._see_beginnings(now_s)
        self._expire(now_s)

    def _see_beginnings(self, now_s: float) -> None:
        """Name what is no longer empty; it may have been truncated and copied before."""
        unnamed = [each for each in self.generations if not each.name]
        for generation in unnamed:
            generation.see(self.series.name)
        if any(each.name for each in unnamed):
            self.settle(now_s)

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
            self.settled = False
            return None
        if block is TRUNCATED:
            self.settle(now_s)
            return self.read(now_s)
        if block is not None:
            return Read(generation, block)
        if reader.waits_since_s is None:
            generation.drained = generation.superseded
            return self._loss_of(generation)
        return None

    def _loss_of(self, generation: Generation) -> Read | None:
        """Say why what follows is lost, if it is."""
        if generation.why is None or self.changing:
            return None
        return Read(generation, generation.why)

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
            elif not each.text and not each.newcomer:
                each.list_empty(self.series.name)
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
                self.settle(now_s)
