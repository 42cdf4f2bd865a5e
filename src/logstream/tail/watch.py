"""Tells when something happens in directories: inotify, and a slow poll beside it.

One `Watcher` serves a process. inotify says within a fraction of a millisecond that a file was
written, created or renamed. Because it says nothing on network file systems, and loses events when
its queue overflows, everyone who watches is also woken every ``POLL_INTERVAL_S``; where there is no
inotify, every ``POLL_ONLY_INTERVAL_S``. While nobody watches there is no descriptor and no timer.

Directories are watched, not files: a rotation is seen in the same place as a write, and a thousand
files in one directory need one watch. Runs on an event loop, on its thread.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from logstream.model.limits import POLL_INTERVAL_S, POLL_ONLY_INTERVAL_S

IN_MODIFY: Final = 0x2
IN_ATTRIB: Final = 0x4
IN_MOVED_FROM: Final = 0x40
IN_MOVED_TO: Final = 0x80
IN_CREATE: Final = 0x100
IN_DELETE: Final = 0x200
IN_DELETE_SELF: Final = 0x400
IN_MOVE_SELF: Final = 0x800
IN_Q_OVERFLOW: Final = 0x4000
IN_IGNORED: Final = 0x8000
IN_ONLYDIR: Final = 0x1000000
"""Flags of inotify, see inotify(7); written out so that this module loads where there is none."""

WATCHED: Final = (
    IN_MODIFY | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE
    | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR
)  # fmt: skip

INTERESTS_CACHED_MAX: Final = 4096
"""Names of files whose watchers are remembered; then it starts anew."""

Directories = Mapping[str, re.Pattern[str]]
"""Directories to watch, each with the names in it that matter."""

Wake = Callable[[bool], None]
"""Called with True when names may have changed, with False when only contents did."""


class Event(Protocol):
    """What inotify reports."""

    wd: int
    mask: int
    name: str


class Inotify(Protocol):
    """An inotify descriptor."""

    def fileno(self) -> int:
        """Give the descriptor."""

    def add_watch(self, path: str, mask: int) -> int:
        """Watch a directory; the same one has the same number."""

    def rm_watch(self, wd: int) -> None:
        """Watch no more."""

    def read(self, timeout: int) -> list[Event]:
        """Give what has happened."""

    def close(self) -> None:
        """Close the descriptor, and end all watches."""


def open_inotify() -> Inotify | None:
    """Open inotify; None where there is none, or no more of it."""
    try:
        import inotify_simple  # type: ignore[import-untyped] # noqa: PLC0415 - an extra

        inotify: Inotify = inotify_simple.INotify(nonblocking=True)
    except (ImportError, OSError, AttributeError):
        return None
    return inotify


class Handle:
    """One who watches; made by `Watcher.watch`."""

    def __init__(self, watcher: "Watcher", wake: Wake) -> None:
        """Use `Watcher.watch`."""
        self._watcher = watcher
        self.wake = wake
        self.directories: Directories = {}

    def update(self, directories: Directories) -> None:
        """Watch these directories from now on.

        Where one is new, ``wake`` is called once soon: something may have happened in it before.
        """
        if directories != self.directories:
            self._watcher.change(self, directories)

    def close(self) -> None:
        """Watch no more; ``wake`` is not called again."""
        self._watcher.change(self, {})
        self._watcher.forget(self)


class _Directory:
    """A directory that someone watches."""

    __slots__ = ("handles", "wd")

    def __init__(self) -> None:
        self.handles: set[Handle] = set()
        self.wd = -1
        """Its watch; -1: none, as it is missing or there are no more watches."""


class Watcher:
    """Wakes those who watch directories. One for a process; use it on one event loop only."""

    def __init__(self, opener: Callable[[], Inotify | None] = open_inotify) -> None:
        """Open nothing yet.

        Args:
            opener: Opens inotify, or gives None where only polling is possible.
        """
        self._open_inotify = opener
        self._inotify: Inotify | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._handles: set[Handle] = set()
        self._directories: dict[str, _Directory] = {}
        self._paths: dict[int, set[str]] = {}
        """The directories of each watch: links may lead to the same one."""
        self._interests: dict[tuple[int, str], list[Handle]] = {}
        self._complete = True

    @property
    def polling_only(self) -> bool:
        """Whether writes are noticed by looking only, as inotify or its watches ran out."""
        return bool(self._handles) and (self._inotify is None or not self._complete)

    def watch(self, directories: Directories, wake: Wake) -> Handle:
        """Watch directories until the handle is closed; call this on the running event loop.

        Args:
            directories: Each with the names that matter; one that is missing is tried again.
            wake: Called on the event loop, soon and then whenever something may have happened.
        """
        loop = asyncio.get_running_loop()
        if not self._handles:
            self._begin(loop)
        handle = Handle(self, wake)
        self._handles.add(handle)
        self.change(handle, directories)
        loop.call_soon(self._wake, handle, True)
        return handle

    def change(self, handle: Handle, directories: Directories) -> None:
        """Watch other directories for ``handle``; use `Handle.update`."""
        if handle not in self._handles:
            return
        former = handle.directories
        handle.directories = dict(directories)
        self._interests.clear()
        for path in directories.keys() - former.keys():
            directory = self._directories.setdefault(path, _Directory())
            directory.handles.add(handle)
            if directory.wd < 0:
                self._attach(path, directory)
        for path in former.keys() - directories.keys():
            directory = self._directories[path]
            directory.handles.discard(handle)
            if not directory.handles:
                del self._directories[path]
                self._detach(path, directory)
        if former and directories.keys() - former.keys():
            asyncio.get_running_loop().call_soon(self._wake, handle, True)

    def forget(self, handle: Handle) -> None:
        """Drop ``handle``; use `Handle.close`."""
        self._handles.discard(handle)
        if not self._handles:
            self._end()

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._inotify = self._open_inotify()
        self._complete = True
        if self._inotify is not None:
            loop.add_reader(self._inotify.fileno(), self._receive)
        self._schedule(loop)

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._inotify is not None:
            asyncio.get_running_loop().remove_reader(self._inotify.fileno())
            self._inotify.close()
            self._inotify = None
        self._paths.clear()

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        informed = self._inotify is not None and self._complete
        interval_s = POLL_INTERVAL_S if informed else POLL_ONLY_INTERVAL_S
        self._timer = loop.call_later(interval_s, self._poll)

    def _poll(self) -> None:
        """Wake everyone, and find directories that have come or were replaced."""
        self._complete = True
        for path, directory in self._directories.items():
            self._attach(path, directory)
        self._schedule(asyncio.get_running_loop())
        for handle in list(self._handles):
            self._wake(handle, True)

    def _wake(self, handle: Handle, names: bool) -> None:
        """Wake one, unless it has closed meanwhile."""
        if handle in self._handles:
            handle.wake(names)

    # --- inotify ------------------------------------------------------------------------------

    def _attach(self, path: str, directory: _Directory) -> None:
        """Let inotify watch the directory that is at ``path`` now."""
        if self._inotify is None:
            return
        try:
            wd = self._inotify.add_watch(path, WATCHED)
        except (FileNotFoundError, NotADirectoryError):
            wd = -1
        except OSError:
            self._complete = False
            wd = -1
        if wd == directory.wd:
            return
        self._detach(path, directory)
        directory.wd = wd
        if wd >= 0:
            self._paths.setdefault(wd, set()).add(path)
        self._interests.clear()

    def _detach(self, path: str, directory: _Directory) -> None:
        paths = self._paths.get(directory.wd)
        if paths is None or self._inotify is None:
            return
        paths.discard(path)
        if not paths:
            del self._paths[directory.wd]
            try:
                self._inotify.rm_watch(directory.wd)
            except OSError:  # the directory is gone, and its watch with it
                return

    def _receive(self) -> None:
        """Take what inotify has to say, and wake each one whom it concerns once."""
        if self._inotify is None:
            return
        concerned: dict[Handle, bool] = {}
        for event in self._inotify.read(timeout=0):
            mask = event.mask
            if mask & IN_Q_OVERFLOW:
                concerned = dict.fromkeys(self._handles, True)
                break
            names = not mask & IN_MODIFY
            for handle in self._interested(event.wd, event.name):
                concerned[handle] = names or concerned.get(handle, False)
            if mask & IN_IGNORED:
                self._lose(event.wd)
        for handle, names in concerned.items():
            self._wake(handle, names)

    def _lose(self, wd: int) -> None:
        """Note that a watch has ended with its directory; the poll finds a new one."""
        for path in self._paths.pop(wd, ()):
            self._directories[path].wd = -1
        self._interests.clear()

    def _interested(self, wd: int, name: str) -> list[Handle]:
        """Find those to whom ``name`` in a directory matters; no name: the directory itself."""
        interested = self._interests.get((wd, name))
        if interested is None:
            if len(self._interests) >= INTERESTS_CACHED_MAX:
                self._interests.clear()
            found = {
                handle
                for path in self._paths.get(wd, ())
                for handle in self._directories[path].handles
                if not name or handle.directories[path].fullmatch(name)
            }
            interested = self._interests[wd, name] = list(found)
        return interested
