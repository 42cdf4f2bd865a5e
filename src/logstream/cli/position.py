"""Where a whole stream is: the cursors of all its sources, in one word.

``1+srv-6/php-error=G:123+srv-7/php-error=G:9,H:0``: the version, then each source with its cursor.
Names are percent-encoded. A word is whole in itself: it says where *each* source is, also those
that have nothing new, so any word that was ever given is enough to go on. All characters of it
are letters, digits or ``+/=:,.-_~%$``; a shell leaves it as it is between single quotes.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote, unquote

from logstream.errors import BadCursor, UsageError
from logstream.model import cursor
from logstream.model.source import Source, is_name

_VERSION: Final = "1"
NOWHERE: Final = _VERSION
"""The word of a stream that has no source yet."""


def parse_position(text: str, *, origin: str) -> dict[Source, str]:
    """Take a word apart: gives the cursor of each source.

    Args:
        text: As typed, or read.
        origin: Where it is from, for a person.

    Raises:
        UsageError: It is none.
    """
    version, *parts = text.strip().split("+")
    cursors = {}
    try:
        for part in parts:
            name, found, of_source = part.partition("=")
            server, slash, log_type = name.partition("/")
            source = Source(unquote(server, errors="strict"), unquote(log_type, errors="strict"))
            cursor.parse(of_source)
            if found and slash and is_name(source.server) and is_name(source.log_type):
                cursors[source] = of_source
        whole = version == _VERSION and len(cursors) == len(parts)
    except (BadCursor, UnicodeDecodeError):
        whole = False
    if not whole:
        raise UsageError(
            f"{origin}: {text.strip()[:40]!r}… is no cursor; give a whole one, as --show-cursor, "
            "--cursor-file or the key cursor of -o json gave it"
        )
    return cursors


class PositionWriter:
    """The words of a stream that moves: only what has moved is written anew.

    Args:
        cursors: Where the stream begins.
    """

    def __init__(self, cursors: Mapping[Source, str]) -> None:
        self._cursors = dict(cursors)
        self._parts = {source: _part(source, at) for source, at in cursors.items()}

    @property
    def cursors(self) -> Mapping[Source, str]:
        """Where each source is now."""
        return self._cursors

    def move(self, source: Source, at: str) -> None:
        """Note that ``source`` is at a cursor."""
        if self._cursors.get(source) != at:
            self._cursors[source] = at
            self._parts[source] = _part(source, at)

    def word(self) -> str:
        """Give the word of where the stream is."""
        return "+".join((_VERSION, *self._parts.values()))

    def words(self, source: Source, cursors: Sequence[str]) -> list[str]:
        """Give the word for each of some places of one source, all else being where it is."""
        mark = "\n"  # in no word
        parts = {**self._parts, source: _part(source, mark)}
        start, _, end = "+".join((_VERSION, *parts.values())).partition(mark)
        return [f"{start}{at}{end}" for at in cursors]


def _part(source: Source, at: str) -> str:
    return f"{quote(source.server, safe='')}/{quote(source.log_type, safe='')}={at}"
