"""Which servers are there, who speaks for each, and what they offer.

More than one downstream may have a server: its logtailor dialled two hubs, and both dialled this
one. Only the newest speaks for it, so that no line comes twice; when it goes, the one before does.
"""

from typing import Protocol

from logstream.model.filter import Filter
from logstream.model.source import Source
from logstream.node.base import HistoryWanted
from logstream.node.fetch import PageSink


class Downstream(Protocol):
    """Someone who has logs: a link."""

    @property
    def waits(self) -> bool:
        """Whether an answer of it is still to come: then it must not be paused."""

    def enable(
        self, source: Source, lines_filter: Filter, *, after: str | None, within: int | None
    ) -> None:
        """Begin with a stream; ``Router.began`` or ``Router.stream_refused`` follows."""

    def disable(self, source: Source, stream: str) -> None:
        """Send no more of it."""

    def history(self, wish: HistoryWanted, sink: PageSink) -> None:
        """Ask for a page."""

    def pause(self) -> None:
        """Hold all lines back for now: every receiver is behind."""

    def resume(self) -> None:
        """Go on."""


class Server:
    """A server that is there."""

    def __init__(self) -> None:
        self.offers: dict[Downstream, dict[Source, str]] = {}
        """What each downstream offers, source → display name; the newest downstream last."""

    @property
    def speaker(self) -> Downstream:
        """The newest downstream."""
        return next(reversed(self.offers))

    @property
    def offered(self) -> dict[Source, str]:
        """What the speaker offers."""
        return self.offers[self.speaker]
