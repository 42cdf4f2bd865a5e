"""The words of where a stream is (`client/position.py`), made anew only where it has moved."""

from collections.abc import Mapping, Sequence
from typing import Final

from logstream.client.position import Position, join, part, shell_safe
from logstream.errors import BadCursor, UsageError
from logstream.model.source import Source

NOWHERE: Final = join(())
"""The word of a stream that has no source yet."""


def parse_position(text: str, *, origin: str) -> Position:
    """Take a word apart: gives the cursor of each source.

    Args:
        text: As typed, or read.
        origin: Where it is from, for a person.

    Raises:
        UsageError: It is none.
    """
    try:
        return Position.parse(text)
    except BadCursor:
        raise UsageError(
            f"{origin}: {text.strip()[:40]!r}… is no cursor; give a whole one, as --show-cursor, "
            "--cursor-file or the key cursor of -o json gave it"
        ) from None


class PositionWriter:
    """The words of a stream that moves.

    Args:
        cursors: Where the stream begins.
    """

    def __init__(self, cursors: Mapping[Source, str]) -> None:
        self._cursors = dict(cursors)
        self._parts = {source: part(source, at) for source, at in cursors.items()}

    @property
    def cursors(self) -> Mapping[Source, str]:
        """Where each source is now."""
        return self._cursors

    def move(self, source: Source, at: str) -> None:
        """Note that ``source`` is at a cursor."""
        if self._cursors.get(source) != at:
            self._cursors[source] = at
            self._parts[source] = part(source, at)

    def word(self) -> str:
        """Give the word of where the stream is."""
        return join(self._parts.values())

    def words(self, source: Source, cursors: Sequence[str]) -> list[str]:
        """Give the word for each of some places of one source, all else being where it is."""
        mark = "\n"  # in no word
        start, _, end = join({**self._parts, source: part(source, mark)}.values()).partition(mark)
        return [f"{start}{shell_safe(at)}{end}" for at in cursors]
