"""What a session asks, and what answers it: a hub's router, or a logtailor's files.

A session is an ``Upstream``; whatever has sources for it is ``Sources``. Calls go both ways on the
event loop's thread, none blocks. Each ``EnableWanted`` and each ``HistoryWanted`` is answered
exactly once, unless the upstream leaves or disables first: ``enabled`` or ``refused``;
``page_ended`` or ``refused``. Rules: S5 to S9.
"""

from typing import Protocol

from logstream.model.source import Source
from logstream.node.batch import StreamFrame
from logstream.protocol.wishes import EnableWanted, HistoryWanted, PageEnd

__all__ = ["EnableWanted", "HistoryWanted", "PageEnd", "Sources", "StreamFrame", "Upstream"]


class Upstream(Protocol):
    """Someone who is told of sources and receives frames: a session."""

    @property
    def extended(self) -> bool:
        """Whether it speaks the extended protocol; else it is never given a gap."""

    @property
    def writable(self) -> bool:
        """Whether it takes frames now; ``Sources.drained`` follows when it does again."""

    def server_connected(self, server: str) -> None:
        """A server is there."""

    def server_left(self, server: str) -> None:
        """A server is away; what was enabled on it stays so."""

    def available(self, source: Source, display_name: str) -> None:
        """A source can be enabled."""

    def enabled(self, wish: EnableWanted, *, after: str, now_s: float) -> None:
        """A stream begins at ``after``; its frames follow.

        Args:
            wish: The very one that was asked.
            after: Where it begins.
            now_s: Unix time where the file is.
        """

    def refused(self, wish: EnableWanted | HistoryWanted, code: int, description: str) -> None:
        """A wish is not granted; of a stream nothing follows, of a page nothing more."""

    def deliver(self, frame: StreamFrame) -> None:
        """Some lines of a stream, or a gap in it; only while ``writable``."""

    def missed(self, source: Source, lines: int) -> None:
        """Lines that a base upstream was too slow for are gone."""

    def page_frame(self, wish: HistoryWanted, frame: StreamFrame) -> None:
        """Some lines of a page of history, or a gap in it."""

    def page_ended(self, wish: HistoryWanted, end: PageEnd) -> None:
        """A page of history is complete."""


class Sources(Protocol):
    """What answers sessions."""

    def join(self, upstream: Upstream) -> None:
        """Someone has come; they are told what there is."""

    def leave(self, upstream: Upstream, *, now_s: float) -> None:
        """Someone has gone, with all that they wanted."""

    def enable(self, upstream: Upstream, wish: EnableWanted) -> None:
        """Someone wants a stream. If it has it already: ``enabled`` at once, with where it is.

        Where ``replace`` names a stream that ``upstream`` has, that one ends, and the new one
        begins at ``after``, by default exactly where the old one ended.
        """

    def disable(
        self, upstream: Upstream, source: Source, stream: str | None, *, now_s: float
    ) -> None:
        """Someone no longer wants a stream of a source; None: any of it."""

    def history(self, upstream: Upstream, wish: HistoryWanted) -> None:
        """Someone asks for one page."""

    def drained(self, upstream: Upstream) -> None:
        """Someone who was not writable is so again."""
