"""Pages of history over real files, without a node."""

from collections.abc import Callable, Sequence
from pathlib import Path

from logstream.formats.catalogue import KNOWN_FORMATS
from logstream.formats.filtering import Matcher
from logstream.logtailor.history import HistoryPage, HistoryReading, history_page
from logstream.logtailor.page_parts import PageLines
from logstream.model.filter import NO_FILTER, Filter
from logstream.model.source import Source
from logstream.protocol.wishes import HistoryWanted, PageEnd
from logstream.tail.archive import Archive
from logstream.tail.base import Lost
from logstream.tail.kept import KeptContents

NOW_S = 1_404_770_000.0
SOURCE = Source("web-1", "log")


class Pages:
    """The history of one log."""

    def __init__(
        self, path: Path, log_type: str = "apache-request", clock: Callable[[], float] | None = None
    ) -> None:
        self.contents = KeptContents()
        self.reading = HistoryReading(
            lambda: Archive([str(path)]),
            KNOWN_FORMATS.format_for(log_type),
            lambda: NOW_S,
            clock or (lambda: 0.0),
            self.contents,
        )

    def begin(
        self,
        *,
        after: str | None = None,
        before: str | None = None,
        since: float | None = None,
        until: float | None = None,
        limit: int = 1000,
        back: bool = False,
        wanted: Filter = NO_FILTER,
    ) -> HistoryPage:
        """Begin a page."""
        wish = HistoryWanted(SOURCE, wanted, 1, after, before, since, until, limit, back)
        return history_page(wish, self.reading, None if wanted == NO_FILTER else Matcher(wanted))

    @staticmethod
    def finish(
        page: HistoryPage, begun: Sequence[PageLines | Lost] = ()
    ) -> tuple[list[PageLines | Lost], PageEnd]:
        """Give all of a page, which has ``begun`` so, having checked its chain."""
        parts = list(begun)
        while page.end is None:
            parts += page.step(0.0)
        page.close()
        at = page.end.first
        for part in parts:
            assert part.after == at
            at = part.next
        assert at == page.end.last
        return parts, page.end


def texts_of(parts: list[PageLines | Lost]) -> list[str]:
    """Give the texts of a page."""
    return [
        text
        for part in parts
        if isinstance(part, PageLines) and part.read is not None
        for text in part.read.texts
    ]
