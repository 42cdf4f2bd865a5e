"""What an extended session tells to whoever follows it; the shape alone."""

from typing import Protocol

from logstream.client.line_columns import LineColumns
from logstream.client.status import Gap, Status
from logstream.model.source import Source


class Follower(Protocol):
    """What a session tells."""

    def source_offered(self, source: Source) -> None:
        """A source can be asked for; may be told again."""

    def settled(self) -> None:
        """All sources that the hub knew at the beginning were offered."""

    def source_flows(self, source: Source, after: str) -> None:
        """A source's ``enable`` was answered: its lines follow, from this cursor on."""

    def take(self, columns: LineColumns) -> None:
        """Lines came."""

    def progress(self, source: Source, cursor: str) -> None:
        """There is no line up to ``cursor``."""

    def gap(self, gap: Gap) -> None:
        """A stretch is lost."""

    def notify(self, news: Status) -> None:
        """Something else happened."""
