"""Follows the files of one source from a cursor on: first what is in them, then what comes.

A source is a set of series, see `logstream.tail.series_tail`; this puts them together: takes turns,
and makes the cursor. Everything happens when the caller asks for it: ``look`` for names, ``read``
for records. Nothing here waits or reads a clock. Rules: S4, S5, S7, S11.
"""

# ruff: noqa: PTH120 - paths are text here, like everywhere in this folder

import os
import re
from collections import deque
from collections.abc import Sequence

from logstream.model.cursor import START, parse, render
from logstream.model.limits import (
    CURSOR_MAX_CHARS,
    PASS_BATCHES_MAX,
    RECORD_WAIT_S,
    SERIES_LEFT_MAX,
    SOURCE_FILES_MAX,
)
from logstream.tail.base import Grouping, Lost, Problem, Records
from logstream.tail.cursors import GenerationName, refuse_foreign, series_id
from logstream.tail.generation import Generation
from logstream.tail.identity import FileKey
from logstream.tail.paths import PathPattern, name_before_rotation
from logstream.tail.series_tail import Read, SeriesTail
from logstream.tail.survey import Series, Survey, reason_of


class SourceTail:
    """The records of one source. Use: make it, ``open`` it, then ``look`` and ``read``.

    Args:
        patterns: See `logstream.tail.paths`.
        grouping: Which lines make a record; None: each line is one.

    Raises:
        ConfigError: A pattern makes no sense.
    """

    def __init__(self, patterns: Sequence[str], *, grouping: Grouping | None = None) -> None:
        self._patterns = [PathPattern(pattern) for pattern in patterns]
        self._grouping = grouping
        self._series: dict[str, SeriesTail] = {}
        self._survey = Survey([])
        self._old: set[str] = set()
        """Of what is refused, what may hold lines from before the start: to be begun at its end."""
        self._pass: deque[SeriesTail] = deque()
        self._pass_batches = 0
        self._cursor = START
        self._now_s = 0.0

    # --- what the caller may ask --------------------------------------------------------------

    @property
    def problems(self) -> dict[str, Problem]:
        """What cannot be read just now, by path; tried again at each ``look``."""
        problems = dict(self._survey.problems)
        for series in self._series.values():
            for path, error in series.failures.items():
                problems.setdefault(path, self._survey.problem(path, reason_of(error)))
        return problems

    @property
    def readable(self) -> bool:
        """Whether a file is followed, or one may come: False if all that exist are refused."""
        lives = (series.live for series in self._series.values())
        if any(live is not None and live.reader is not None for live in lives):
            return True
        return not self._survey.refused and not any(
            series.failures for series in self._series.values()
        )

    @property
    def directories(self) -> dict[str, re.Pattern[str]]:
        """What to watch: directories, each with the names in it that matter.

        Where a directory on the way to a file is missing, the one that it will appear in is here.
        """
        return {
            directory: re.compile("|".join(names), re.DOTALL)
            for directory, names in self._survey.directories.items()
        }

    @property
    def cursor(self) -> str:
        """The ``next`` of what was given last; at first, where it begins."""
        return self._cursor

    @property
    def wait_s(self) -> float | None:
        """How long a record that may go on is waited for: read again then; None: there is none."""
        waits = [
            since_s
            for series in self._series.values()
            if (since_s := series.waits_since_s()) is not None
        ]
        return max(0.0, min(waits) + RECORD_WAIT_S - self._now_s) if waits else None

    # --- where to begin -----------------------------------------------------------------------

    def open(self, after: str | None, *, within_bytes: int | None = None, now_s: float) -> str:
        """Position it; call this once, first.

        Args:
            after: A cursor; ``""``: before everything; None: at the last record boundary.
            within_bytes: If more than this lie between ``after`` and the end, begin at the end.
            now_s: Seconds on any clock that does not go back.

        Returns:
            The cursor where it begins: ``after``, if it is that.

        Raises:
            BadCursor: ``after`` is garbage, or another source's.
        """
        self._now_s = now_s
        if after is not None:
            self._open_at(after, now_s)
            unread_bytes = sum(series.unread_bytes for series in self._series.values())
            if within_bytes is None or unread_bytes <= within_bytes:
                self._cursor = after
                return after
            self.close()
        self._survey = Survey(self._patterns)
        self._old = self._survey.refused - self._survey.in_the_way
        self._resolve(now_s, at_end=True)
        self._cursor = self._render()
        return self._cursor

    def _open_at(self, after: str, now_s: float) -> None:
        components = parse(after)
        refuse_foreign(components, [pattern.pattern for pattern in self._patterns])
        listed: dict[str, list[Generation]] = {}
        for component in components:
            name = GenerationName.parse(component.generation).series
            generation = Generation.listed(component, render([component]))
            listed.setdefault(name, []).append(generation)
        self._survey = Survey(self._patterns)
        known = self._known_before(listed)
        if known:
            self._survey = Survey(self._patterns, known)
        hidden = bool(self._survey.refused - self._survey.in_the_way)
        for name, generations in listed.items():
            series = SeriesTail(
                self._survey.series.get(name, Series(name, [], None)), self._grouping
            )
            series.hidden = hidden and name not in self._survey.series
            self._series[name] = series
            series.begin_at(generations, now_s)
        self._resolve(now_s)

    def _known_before(self, listed: dict[str, list[Generation]]) -> set[str]:
        """Give the paths that a cursor knows, of what a rotation may have made of them."""
        bases = {
            base
            for series in self._survey.series.values()
            for path in series.paths
            if (base := name_before_rotation(path)) != path
        }
        return {
            base
            for base in bases
            for pattern in self._patterns
            if series_id(pattern.pattern, base) in listed
        }

    # --- which files --------------------------------------------------------------------------

    def look(self, now_s: float) -> None:
        """Find out which files are meant now, and let go of old ones.

        Args:
            now_s: Seconds on any clock that does not go back.
        """
        self._now_s = now_s
        known = {path for series in self._series.values() for path in series.series.paths}
        self._survey = Survey(self._patterns, known)
        self._resolve(now_s)

    def _resolve(self, now_s: float, *, at_end: bool = False) -> None:
        """Match the series with what was found."""
        survey = self._survey
        keys = {path: key for key, (path, _) in survey.files.items()}
        for name, tail in self._series.items():
            series = survey.series.get(name)
            if series is None:
                series = tail.series._replace(live=None)
            else:
                tail.hidden = False
            tail.elsewhere = self._followed_beside(tail)
            tail.look(series, keys.get(series.live or ""), now_s)
        new = [series for name, series in survey.series.items() if name not in self._series]
        for series in self._with_room(new):
            tail = self._series[series.name] = SeriesTail(series, self._grouping)
            tail.elsewhere = self._followed_beside(tail)
            if at_end or self._is_old(series.live):
                tail.begin_at_end(now_s)
            else:
                tail.begin_at([], now_s)
        self._old &= survey.refused
        self._forget_ended()
        self._pass.clear()

    def _followed_beside(self, tail: SeriesTail) -> set[FileKey]:
        """Give the files that other series follow: a name may have been taken for another path."""
        keys: set[FileKey] = set()
        if len(self._series) > 1:
            for other in self._series.values():
                if other is not tail:
                    keys |= other.keys
        return keys

    def _with_room(self, new: list[Series]) -> list[Series]:
        """Choose the series to follow, the last changed ones first; report the others."""
        survey = self._survey
        changed_ns = {path: status.st_mtime_ns for path, status in survey.files.values()}
        new.sort(key=lambda series: changed_ns.get(series.live or "", 0), reverse=True)
        live = sum(series.live is not None for series in self._series.values())
        room = SOURCE_FILES_MAX - live
        with_live = [series for series in new if series.live is not None]
        left_out = [series.live or "" for series in with_live[max(0, room) :]]
        if left_out:
            more = f", nor are {len(left_out) - 1} more" if len(left_out) > 1 else ""
            reason = f"not followed{more}: one source follows {SOURCE_FILES_MAX} files"
            survey.report(left_out[0], reason)
            survey.refused.update(left_out)
            self._old.update(left_out)
        left = [series for series in new if series.live is None]
        return with_live[: max(0, room)] + left[:SERIES_LEFT_MAX]

    def _is_old(self, path: str | None) -> bool:
        """Tell whether a file was there before it could be followed."""
        while path and self._old and path not in self._old and path != "/":
            path = os.path.dirname(path)
        return path in self._old

    def _forget_ended(self) -> None:
        """Forget series of which nothing is left, and the first of too many that have ended."""
        ended = [
            name
            for name, tail in self._series.items()
            if tail.live is None and all(each.done for each in tail.generations)
        ]
        for name in ended:
            gone = name not in self._survey.series and not any(
                each.findable for each in self._series[name].generations
            )
            if gone or len(ended) > SERIES_LEFT_MAX:
                ended = ended[1:] if len(ended) > SERIES_LEFT_MAX else ended
                self._series.pop(name).close()

    def close(self) -> None:
        """Close all files; it is of no use any more."""
        for series in self._series.values():
            series.close()
        self._series.clear()
        self._pass.clear()

    # --- reading ------------------------------------------------------------------------------

    def read(self, now_s: float) -> Records | Lost | None:
        """Read the next records.

        Args:
            now_s: Seconds on any clock that does not go back.

        Returns:
            Records of one generation (there may be none yet: read on), or a loss; each ``after`` is
            the ``next`` before. None: there is nothing more just now.
        """
        self._now_s = now_s
        if self._pass_batches >= PASS_BATCHES_MAX:
            self._pass.clear()
        if not self._pass:
            self._pass_batches = 0
            self._pass.extend(self._series.values())
        while self._pass:
            series = self._pass[0]
            got = series.read(now_s)
            if got is None:
                self._pass.popleft()
                continue
            self._pass.rotate(-1)
            self._pass_batches += 1
            return self._give(series, got, now_s)
        return None

    def _give(self, series: SeriesTail, got: Read, now_s: float) -> Records | Lost:
        generation, block = got
        after = self._cursor
        lost = isinstance(block, str)
        if lost:
            generation.lose(now_s)
        series.list_as_read(generation)
        self._cursor = self._render()
        if isinstance(block, str):
            return Lost(after, self._cursor, block, None)
        moved = self._index_of(generation)
        return Records(block.texts, block.offsets, block.cut, after, self._cursor, moved)

    def _listed(self) -> list[Generation]:
        return [
            generation
            for _, series in sorted(self._series.items())
            for generation in series.generations
            if generation.text
        ]

    def _index_of(self, generation: Generation) -> int:
        return self._listed().index(generation)

    def _render(self) -> str:
        """Put the cursor together; where it would be too long, what is done goes first."""
        cursor = ",".join(generation.text for generation in self._listed())
        if len(cursor) > CURSOR_MAX_CHARS:
            for series in self._series.values():
                series.shorten()
            cursor = ",".join(generation.text for generation in self._listed())
        return cursor
