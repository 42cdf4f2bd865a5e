"""How far a stream has really been shown: the position up to which standard output took its lines.

Lines that wait for a reader that is slow are not shown yet; the position then stays behind them. So
whoever goes on from it sees every line, and none twice but those that were written in part.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence

from logstream.cli.position import PositionWriter
from logstream.model.source import Source


class Progress:
    """Follows a stream and its output.

    Args:
        begun_at: Where the stream begins.
        given: Tells where the stream is: after all that it gave.
        queued_bytes: Tells how much was given to the output.
        written_bytes: Tells how much of that the output has taken.
    """

    def __init__(
        self,
        begun_at: Mapping[Source, str],
        *,
        given: Callable[[], Mapping[Source, str]],
        queued_bytes: Callable[[], int],
        written_bytes: Callable[[], int],
    ) -> None:
        self._given = given
        self._queued_bytes = queued_bytes
        self._written_bytes = written_bytes
        self._ahead = PositionWriter(begun_at)
        self._shown: Mapping[Source, str] = dict(begun_at)
        self._waiting: deque[tuple[int, Mapping[Source, str]]] = deque()
        self._end: Mapping[Source, str] | None = None

    def words(self, source: Source, cursors: Sequence[str]) -> list[str]:
        """Give the position after each of some lines of ``source``, which come next."""
        self._catch_up()
        return self._ahead.words(source, cursors)

    def word(self) -> str:
        """Give the position after all that the stream gave."""
        self._catch_up()
        return self._ahead.word()

    def note(self) -> None:
        """Note what was just given to the output, where that has not taken it."""
        if self._written_bytes() < self._queued_bytes():
            self._waiting.append((self._queued_bytes(), self._position()))

    def end(self, source: Source, cursor: str) -> None:
        """Show nothing any more after this line, whatever the stream gives."""
        self._end = {**self._given(), source: cursor}

    def shown_word(self) -> str:
        """Give the position after all that standard output has taken."""
        written = self._written_bytes()
        while self._waiting and self._waiting[0][0] <= written:
            self._shown = self._waiting.popleft()[1]
        if not self._waiting and written >= self._queued_bytes():
            self._shown = self._position()
        return PositionWriter(self._shown).word()

    def _position(self) -> Mapping[Source, str]:
        return dict(self._given()) if self._end is None else self._end

    def _catch_up(self) -> None:
        for source, cursor in self._given().items():
            self._ahead.move(source, cursor)
