"""Standard output that never holds the event loop up.

What reads our output may stop (a pager that waits, a terminal on Ctrl-S): then what is not written
yet waits here, within bounds, and the caller is told to take no more lines until it goes on. So
signals, time limits and the connection's upkeep go on meanwhile.

A pipe or terminal is opened anew for that, because O_NONBLOCK belongs to what is open, and what we
were given is shared with other processes. A regular file never waits.
"""

import asyncio
import contextlib
import os
import socket
import stat
from collections.abc import Callable
from typing import Final

from logstream.errors import LogstreamError
from logstream.model.limits import OUTPUT_PENDING_MAX_BYTES

_FLUSH_MAX_S: Final = 2.0
"""How long the last lines may take to be read by what reads our output, at the end."""


class OutputWriter:
    """Writes bytes to a file descriptor, in order, without waiting.

    Args:
        fd: Where to; stays open and as it is.
        full: Called when more than ``OUTPUT_PENDING_MAX_BYTES`` wait.
        drained: Called when nothing waits any more after that.
        broken: Called once: with None when nobody reads any more, else with what is wrong.
    """

    def __init__(
        self,
        fd: int,
        *,
        full: Callable[[], None],
        drained: Callable[[], None],
        broken: Callable[[LogstreamError | None], None],
    ) -> None:
        self._full = full
        self._drained = drained
        self._broken = broken
        self.queued_bytes = 0
        """All that ``write`` was given."""
        self._pending = bytearray()
        self._written = asyncio.Event()
        self._said_full = False
        self._ended = False
        self._loop = asyncio.get_running_loop()
        self._socket: socket.socket | None = None
        self._fd, self._own = fd, False
        kind = os.fstat(fd).st_mode
        if stat.S_ISSOCK(kind):
            self._socket = socket.socket(fileno=os.dup(fd))
            self._fd = self._socket.fileno()
        elif stat.S_ISFIFO(kind) or os.isatty(fd):
            self._reopen()

    @property
    def written_bytes(self) -> int:
        """How much has really been taken by what is behind the descriptor."""
        return self.queued_bytes - len(self._pending)

    def write(self, content: bytes) -> None:
        """Write, now or when it is possible."""
        if self._ended:
            return
        self.queued_bytes += len(content)
        if self._pending:
            self._pending += content
        else:
            written = self._write_some(content)
            if written == len(content):
                return
            self._pending += memoryview(content)[written:]  # also where nobody will read it
            self._written.clear()
            if self._has_ended():
                return
            self._loop.add_writer(self._fd, self._go_on)
        if len(self._pending) > OUTPUT_PENDING_MAX_BYTES and not self._said_full:
            self._said_full = True
            self._full()

    async def finish(self) -> None:
        """Give what waits a little time to be read, and close what was opened here."""
        if self._pending and not self._ended:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FLUSH_MAX_S):
                    await self._written.wait()
        self._end()
        if self._socket is not None:
            self._socket.close()
        elif self._own:
            os.close(self._fd)

    def _reopen(self) -> None:
        flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        try:
            self._fd = os.open(f"/proc/self/fd/{self._fd}", flags)
        except OSError:
            return  # another user's terminal, or no /proc: then writing may wait
        self._own = True
        if stat.S_ISFIFO(os.fstat(self._fd).st_mode):
            # A pipe tells its writer at once when nobody reads any more.
            self._loop.add_reader(self._fd, self._reader_left)

    def _write_some(self, content: bytes | bytearray) -> int:
        """Write what is possible now, and give how many bytes that was."""
        written = 0
        with memoryview(content) as view:
            while written < len(view):
                try:
                    if self._socket is not None:
                        written += self._socket.send(view[written:], socket.MSG_DONTWAIT)
                    else:
                        written += os.write(self._fd, view[written:])
                except BlockingIOError:
                    break
                except (BrokenPipeError, ConnectionResetError):
                    self._break(None)
                    break
                except OSError as failure:
                    self._break(LogstreamError(f"cannot write the lines: {failure.strerror}"))
                    break
        return written

    def _go_on(self) -> None:
        written = self._write_some(self._pending)
        del self._pending[:written]
        if self._ended:
            return
        if not self._pending:
            self._loop.remove_writer(self._fd)
            self._written.set()
            if self._said_full:
                self._said_full = False
                self._drained()

    def _has_ended(self) -> bool:
        return self._ended  # a call, for a write may have changed it

    def _reader_left(self) -> None:
        self._break(None)

    def _break(self, failure: LogstreamError | None) -> None:
        if not self._ended:
            self._end()
            self._broken(failure)

    def _end(self) -> None:
        self._ended = True
        self._written.set()
        self._loop.remove_writer(self._fd)
        if self._own:
            self._loop.remove_reader(self._fd)
