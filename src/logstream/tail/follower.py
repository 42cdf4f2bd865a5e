"""Follows the files of one source: which ones they are now, and the lines that come to them.

Files are known by what they are, not by their names. A file that is renamed is read on where it
was, also under another name that the patterns match; one that has lost its name is *superseded*: it
is read to its end before its successor, and looked at until it was quiet for
``SUPERSEDED_QUIET_S``, because a web server's old workers go on writing to it. The newest
superseded file of a path stays until the next rotation, but not a deleted one: that holds a disk.

Everything happens when the caller asks for it: ``look`` for names, ``read`` for lines. Nothing here
waits or reads a clock.
"""

import os
import re
from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Final

from logstream.model.limits import OLDER_PATHS_MAX, SOURCE_FILES_MAX, SUPERSEDED_QUIET_S
from logstream.tail.base import Lines, Problem
from logstream.tail.generations import older_generations
from logstream.tail.identity import HEAD_MAX_BYTES, START, FileKey, Place, copied_heads
from logstream.tail.paths import PathPattern, name_before_rotation
from logstream.tail.reader import RESTARTED, Reader
from logstream.tail.survey import Survey, reason_of

PASS_BATCHES_MAX: Final = 64
"""After so many batches every file is asked again, so that a busy one does not hide the others."""

COPY_HEADS_MAX: Final = 16
"""Beginnings that are remembered for a file that may be a copy; an empty one may stay for long."""


def open_for_reading(path: str) -> int:
    """Open a file; a FIFO or a device does not hold us."""
    return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)


class _Followed:
    """One open file of the source."""

    __slots__ = ("drained", "path", "quiet_since_s", "reader", "state", "superseded")

    def __init__(self, reader: Reader, path: str) -> None:
        self.reader = reader
        self.path = path
        self.superseded = False
        self.drained = False
        """Whether all that was there when it was superseded has been read."""
        self.state = (-1, -1)
        self.quiet_since_s = 0.0

    def supersede(self) -> None:
        self.superseded = True
        self.drained = False
        self.state = (-1, -1)

    def is_quiet(self, now_s: float) -> bool:
        """Tell whether nothing was written for ``SUPERSEDED_QUIET_S``."""
        state = self.reader.state
        if state != self.state:
            self.state = state
            self.quiet_since_s = now_s
        return now_s - self.quiet_since_s >= SUPERSEDED_QUIET_S


class Follower:
    """Follows the files that some path patterns mean: one source.

    Use: make it, ``start`` it, then ``look`` and ``read`` whenever something may have changed.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        """Take path patterns, see `logstream.tail.paths`.

        Raises:
            ConfigError: A pattern makes no sense.
        """
        self._patterns = [PathPattern(pattern) for pattern in patterns]
        self._files: dict[FileKey, _Followed] = {}
        self._pass: deque[_Followed] = deque()
        self._pass_batches = 0
        self._survey = Survey([])
        self._old: set[str] = set()
        """Of what is refused, what may hold lines from before the start: to be begun at its end."""
        self._size_at_start: dict[FileKey, int] = {}
        """Files that were there at the start and could not be opened."""
        self._copies: dict[FileKey, list[bytes]] = {}
        """Files that look like copies of followed ones, with the beginnings that they share."""
        self._older: dict[str, set[FileKey]] = {}
        """The older generations beside each path when its live file was last opened."""
        self._unsure = False
        """Whether one of them is short: what is written to it next may tell."""
        self._left: OrderedDict[FileKey, Place] = OrderedDict()
        """How far files were read that are not followed any more."""
        self._heads_left: deque[bytes] = deque(maxlen=SOURCE_FILES_MAX)
        """What they began with: copies of them may still be there."""

    @property
    def problems(self) -> dict[str, Problem]:
        """What cannot be read just now, by path; tried again at each ``look``."""
        return self._survey.problems

    @property
    def readable(self) -> bool:
        """Whether a file is followed, or one may come: False if all that exist are refused."""
        return not self._survey.refused or self._live_files() > 0

    @property
    def directories(self) -> dict[str, re.Pattern[str]]:
        """What to watch: directories, each with the names in it that matter.

        Where a directory on the way to a file is missing, the one that it will appear in is here.
        """
        return {
            directory: re.compile("|".join(names), re.DOTALL)
            for directory, names in self._survey.directories.items()
        }

    def start(self) -> None:
        """Position every existing file at its end, or at the start of its unfinished line.

        Where the unfinished line is longer than ``RECORD_MAX_BYTES`` already, the first line that
        is given is the one after it. A file that cannot be opened yet is read from where it ends
        now once it can. Without this call every file is read from its beginning.
        """
        self._resolve(starting=True)

    def look(self, now_s: float) -> None:
        """Find out which files are meant now, and let go of old ones.

        Args:
            now_s: Seconds on any clock that does not go back.
        """
        self._resolve()
        self._expire(now_s)

    def read(self) -> Lines | None:
        """Read the next lines.

        Returns:
            Lines of one file, see `Reader.read` (there may be none yet: read on); None if there is
            nothing more just now.
        """
        if self._pass_batches >= PASS_BATCHES_MAX:
            self._pass.clear()
        if not self._pass:
            if self._unsure:
                self._resolve()
            self._begin_pass()
        while self._pass:
            followed = self._pass[0]
            try:
                lines = followed.reader.read()
                if lines is RESTARTED and self._is_copy(followed.reader, followed.path):
                    self._leave(followed.reader.key, followed)
                    continue
            except OSError as error:
                self._give_up(followed, error)
                continue
            if lines is None:
                followed.drained = followed.superseded
                self._pass.popleft()
                continue
            if followed.drained or not followed.superseded:
                self._pass.rotate(-1)
            self._pass_batches += 1
            return lines
        return None

    def close(self) -> None:
        """Close all files; the follower is of no use any more."""
        for followed in self._files.values():
            followed.reader.close()
        self._files.clear()
        self._pass.clear()

    def _begin_pass(self) -> None:
        """Read superseded files first: their lines are older."""
        self._pass_batches = 0
        self._pass.extend(followed for followed in self._files.values() if followed.superseded)
        self._pass.extend(followed for followed in self._files.values() if not followed.superseded)

    # --- which files --------------------------------------------------------------------------

    def _resolve(self, *, starting: bool = False) -> None:
        """Match the patterns with the disk."""
        self._survey = survey = Survey(self._patterns)
        self._unsure = False
        for key, (path, _) in survey.files.items():
            if key in self._files:
                self._files[key].path = path
                self._files[key].superseded = False
        for key, followed in self._files.items():
            if key not in survey.files and not followed.superseded:
                followed.supersede()
        if starting:
            self._old |= survey.refused - survey.in_the_way
        self._size_at_start = {
            key: size_bytes
            for key, size_bytes in self._size_at_start.items()
            if key in survey.files and survey.files[key][1].st_size >= size_bytes
        }
        if starting:
            for path in survey.meant:
                self._older[path] = set(older_generations(path))
        self._take(starting=starting)
        self._old &= survey.refused
        self._copies = {k: heads for k, heads in self._copies.items() if k in survey.files}
        self._pass.clear()

    def _live_files(self) -> int:
        return sum(not followed.superseded for followed in self._files.values())

    # --- new files ----------------------------------------------------------------------------

    def _take(self, *, starting: bool) -> None:
        """Follow files that are not followed yet, the last changed ones first."""
        survey = self._survey
        wanted = [found for key, found in survey.files.items() if key not in self._files]
        if not wanted:
            return
        room = min(SOURCE_FILES_MAX - self._live_files(), 2 * SOURCE_FILES_MAX - len(self._files))
        if not starting:
            self._take_missed([path for path, _ in wanted])
        wanted.sort(key=lambda found: found[1].st_mtime_ns, reverse=True)
        left_out: list[str] = []
        for path, status in wanted:
            if room <= 0:
                left_out.append(path)
            elif self._open(path, status, at_end=starting or self._is_old(path)):
                room -= 1
            elif starting and path in survey.refused:
                self._size_at_start[FileKey.of(status)] = status.st_size
        if left_out:
            more = f", nor are {len(left_out) - 1} more" if len(left_out) > 1 else ""
            reason = f"not followed{more}: one source follows {SOURCE_FILES_MAX} files"
            survey.report(left_out[0], reason)
            survey.refused.update(left_out)
            self._old.update(left_out)

    def _take_missed(self, paths: Sequence[str]) -> None:
        """Follow what was at a path, and was rotated away, since the last look there."""
        for path in paths:
            older = older_generations(path)
            known = self._older.pop(path, None)
            self._older[path] = set(older)
            if len(self._older) > OLDER_PATHS_MAX:
                del self._older[next(iter(self._older))]
            if known is None:
                continue
            taken = self._survey.files.keys() | self._files.keys() | self._left.keys() | known
            for key, (place, status) in older.items():
                if key not in taken and self._open(place, status, at_end=False):
                    self._files[key].path = path
                    self._files[key].supersede()

    def _is_old(self, path: str) -> bool:
        """Tell whether the file was there before it could be followed."""
        while self._old and path not in self._old and path != "/":
            path = os.path.dirname(path)  # noqa: PTH120 - as text, like every path here
        return path in self._old

    def _open(self, path: str, status: os.stat_result, *, at_end: bool) -> bool:
        """Follow one more file; tell whether it is followed now."""
        try:
            reader = Reader(open_for_reading(path))
        except FileNotFoundError:
            return False
        except OSError as error:
            self._survey.refuse(path, reason_of(error))
            return False
        taken = reader.key == FileKey.of(status)
        try:
            taken = taken and (at_end or not self._is_copy(reader, path))
            if taken:
                self._position(reader, path, at_end=at_end)
        except OSError as error:
            self._survey.refuse(path, reason_of(error))
            taken = False
        if taken:
            self._files[reader.key] = _Followed(reader, path)
        else:
            reader.close()
        return taken

    def _position(self, reader: Reader, path: str, *, at_end: bool) -> None:
        """Find out where to begin in a file; where nothing is known of it, at its start."""
        place = self._left.pop(reader.key, START)
        size_bytes = self._size_at_start.pop(reader.key, None)
        if self._goes_on_from_twin(reader, path) or (place != START and reader.resume(place)):
            return
        if at_end:
            reader.skip_to_end()
        elif size_bytes is not None:
            reader.skip_to_end(size_bytes)

    def _goes_on_from_twin(self, reader: Reader, path: str) -> bool:
        """Go on where the file before it was read to, if this one is that file rewritten.

        Editors and rsync write the whole anew under another name, and rename it over the old one.
        """
        for followed in reversed(self._files.values()):
            former = followed.reader
            if followed.path == path and followed.superseded and not former.exists:
                end = former.end
                if end != START and reader.holds(end):
                    reader.resume(former.place)
                    former.resume(end)
                    return True
        return False

    def _is_copy(self, reader: Reader, path: str) -> bool:
        """Tell whether a file is what a rotation by copying makes of a file that is followed.

        It is new, or written anew, is named like a copy and begins like the file. While it is empty
        it may yet become one.
        """
        beginning = reader.beginning()  # before the file's: what was copied later is not compared
        heads = [*self._copies.pop(reader.key, ()), *self._heads_left]
        base = name_before_rotation(path)
        if base == path:
            return False
        for followed in self._files.values():
            if followed.reader is not reader and name_before_rotation(followed.path) == base:
                heads += [followed.reader.beginning(), *followed.reader.heads]
        alike = copied_heads(beginning, heads)
        if alike:
            self._unsure = self._unsure or len(beginning) < HEAD_MAX_BYTES
            self._copies[reader.key] = alike[-COPY_HEADS_MAX:]
        else:
            reader.expect(beginning)  # it may yet be written anew, as a copy
        return bool(alike)

    # --- old files ----------------------------------------------------------------------------

    def _expire(self, now_s: float) -> None:
        """Let go of superseded files that have been quiet."""
        paths_seen: set[str] = set()
        superseded = [item for item in self._files.items() if item[1].superseded]
        for number, (key, followed) in enumerate(reversed(superseded)):
            reader = followed.reader
            newest = followed.path not in paths_seen
            paths_seen.add(followed.path)
            quiet = followed.is_quiet(now_s)
            if not reader.caught_up:
                continue
            if number >= SOURCE_FILES_MAX or (
                quiet and not reader.finish() and not (newest and reader.exists)
            ):
                self._leave(key, followed)

    def _give_up(self, followed: _Followed, error: OSError) -> None:
        """Close a file that cannot be read any more; the next ``look`` tries again."""
        self._survey.refuse(followed.path, reason_of(error))
        self._leave(followed.reader.key, followed)

    def _leave(self, key: FileKey, followed: _Followed) -> None:
        self._left[key] = followed.reader.place
        self._heads_left.extend(followed.reader.heads)
        if len(self._left) > SOURCE_FILES_MAX:
            self._left.popitem(last=False)
        followed.reader.close()
        del self._files[key]
        if followed in self._pass:
            self._pass.remove(followed)
