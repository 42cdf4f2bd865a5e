"""The files of one server as a router's downstream: followed while they are wanted, and only then.

A source that nobody has enabled costs nothing: no open file, no watch. One that is enabled is read
when something may have changed (a file event, a slow look), in slices, so that a busy source does
not hold the others. While the router asks to pause, nothing is read: the files keep it.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from logstream.formats.catalogue import KNOWN_FORMATS, Catalogue
from logstream.model.source import Source
from logstream.node.batch import LineBatch
from logstream.node.router import Router
from logstream.protocol.base_lines import BaseLineEncoder, cut_mark
from logstream.tail.base import Lines, Problem
from logstream.tail.follower import Follower
from logstream.tail.watch import Handle, Watcher
from logstream.telemetry.events import NodeEvents

#: Batches that a source may read before others get their turn.
SLICE_BATCHES: Final = 8


class FileSources:
    """All sources of one server in one environment.

    Args:
        server: The server's name.
        paths: Source → its path patterns.
        router: The environment's.
        watcher: Wakes a source when its directories change.
        events: For the log.
        unix_time: Gives Unix time: for lines that do not say theirs.
        clock: Gives seconds that never jump.
        formats: How the log types are written and called.
    """

    def __init__(
        self,
        *,
        server: str,
        paths: Mapping[Source, Sequence[str]],
        router: Router,
        watcher: Watcher,
        events: NodeEvents,
        unix_time: Callable[[], float],
        clock: Callable[[], float],
        formats: Catalogue = KNOWN_FORMATS,
    ) -> None:
        self._server = server
        self._paths = paths
        self._router = router
        self._watcher = watcher
        self._events = events
        self.unix_time = unix_time
        self.clock = clock
        self.formats = formats
        self.paused = False
        self._followed: dict[Source, _FollowedSource] = {}

    def offer(self) -> None:
        """Tell the router what there is."""
        self._router.server_connected(self._server, self)
        for source in self._paths:
            self._router.available(source, self.formats.display_name(source.log_type), self)

    def close(self) -> None:
        """Follow nothing any more."""
        for source in list(self._followed):
            self.disable(source)

    # --- from the router -------------------------------------------------------------------------

    def enable(self, source: Source) -> None:
        """Follow a source from where its files end now; tell when it can be read."""
        followed = _FollowedSource(
            source, self._paths[source], files=self, router=self._router, events=self._events
        )
        self._followed[source] = followed
        followed.begin(self._watcher)

    def disable(self, source: Source) -> None:
        """Let go of a source's files."""
        followed = self._followed.pop(source, None)
        if followed is not None:
            followed.close()

    def pause(self) -> None:
        """Leave the lines in their files for now."""
        self.paused = True

    def resume(self) -> None:
        """Read on."""
        self.paused = False
        for followed in self._followed.values():
            followed.read_soon()


class _FollowedSource:
    """One enabled source."""

    def __init__(
        self,
        source: Source,
        paths: Sequence[str],
        *,
        files: FileSources,
        router: Router,
        events: NodeEvents,
    ) -> None:
        self._source = source
        self._files = files
        self._router = router
        self._events = events
        self._format = files.formats.format_for(source.log_type)
        self._encoder = BaseLineEncoder(source)
        self._follower = Follower(paths)
        self._watch: Handle | None = None
        self._acknowledged = False
        self._problems: dict[str, Problem] = {}
        self._next_slice: asyncio.Handle | None = None

    def begin(self, watcher: Watcher) -> None:
        with self._mistakes_told():
            self._follower.start()
            self._acknowledge_if_readable()
        # It wakes at once: what was written before it watched is seen then.
        self._watch = watcher.watch(self._follower.directories, self._woken)

    def close(self) -> None:
        if self._watch is not None:
            self._watch.close()
        if self._next_slice is not None:
            self._next_slice.cancel()
        self._follower.close()

    def read_soon(self) -> None:
        if self._next_slice is None:
            self._next_slice = asyncio.get_running_loop().call_soon(self._read_slice)

    @contextlib.contextmanager
    def _mistakes_told(self) -> Iterator[None]:
        """Let no other source suffer from what went wrong with this one; it is tried again."""
        try:
            yield
        except Exception as failure:  # noqa: BLE001 - told
            self._events.mistake(f"following {self._source.log_type}", failure)

    def _woken(self, names: bool) -> None:
        """Something may have changed: look which files there are, and read."""
        if names:
            with self._mistakes_told():
                self._look()
        self.read_soon()

    def _look(self) -> None:
        self._follower.look(self._files.clock())
        if self._watch is not None:
            self._watch.update(self._follower.directories)
        self._tell_problems()
        self._acknowledge_if_readable()

    def _acknowledge_if_readable(self) -> None:
        if not self._acknowledged and self._follower.readable:
            self._acknowledged = True
            self._router.acknowledged(self._source, self._files)

    def _read_slice(self) -> None:
        self._next_slice = None
        with self._mistakes_told():
            self._read_some()

    def _read_some(self) -> None:
        for _ in range(SLICE_BATCHES):
            if self._files.paused:
                return
            lines = self._follower.read()
            if lines is None:
                return
            if lines.texts:
                self._router.lines(self._source, self._encode(lines), self._files)
        self.read_soon()

    def _encode(self, lines: Lines) -> LineBatch:
        now_s = self._files.unix_time()
        columns = self._format.columns(lines.texts, now_s=now_s)
        texts = lines.texts
        if lines.cut:
            texts = list(texts)
            for index, whole_bytes in lines.cut.items():
                texts[index] += cut_mark(whole_bytes)
        return LineBatch(
            self._encoder.encode(
                texts,
                unix_time=columns.unix_time,
                http_status=columns.http_status,
                request_id=columns.request_id,
                now_s=now_s,
            )
        )

    def _tell_problems(self) -> None:
        problems = dict(self._follower.problems)
        for path, problem in problems.items():
            if self._problems.get(path) != problem:
                self._events.source_problem(path, problem.reason)
        for path in self._problems.keys() - problems.keys():
            self._events.source_recovered(path)
        self._problems = problems
