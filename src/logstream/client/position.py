"""Where a whole stream is: the cursors of all its sources, and all of them as one word.

``1+srv-6/php-error=G:123+srv-7/php-error=G:9,H:0``: the version, then each source with its cursor;
names, and the ``$`` of a cursor into a file that is gone, are percent-encoded. A word is whole in
itself: it says where *each* source is, also those that have nothing new, so any word that was ever
given is enough to go on. It is what ``--cursor-file`` keeps and ``--after-cursor`` takes, and needs
no quotes in a shell. It depends on no hub, no connection and no filter (S4). It is the
environment's: another one's cursors are refused by the sources themselves. Pure; a word is bounded
before it is read.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Self
from urllib.parse import quote, unquote

from logstream.errors import BadCursor
from logstream.model import cursor as cursors
from logstream.model.limits import POSITION_MAX_CHARS
from logstream.model.source import Source, is_name

_VERSION: Final = "1"
_GONE: Final = quote(cursors.GONE)


class Position(Mapping[Source, str]):
    """A cursor for each source; immutable."""

    __slots__ = ("_cursors",)

    def __init__(self, of: Mapping[Source, str] | None = None) -> None:
        self._cursors = dict(of or {})

    def __getitem__(self, source: Source) -> str:
        return self._cursors[source]

    def __iter__(self) -> Iterator[Source]:
        return iter(self._cursors)

    def __len__(self) -> int:
        return len(self._cursors)

    def __repr__(self) -> str:
        return f"Position({self._cursors!r})"

    @classmethod
    def parse(cls, word: str) -> Self:
        """Read what ``render`` gave; blanks around it do not count.

        Raises:
            BadCursor: It is no such word.
        """
        word = word.strip()
        bad = BadCursor(f"not a stream cursor: {word[:64]!r}; give a whole one, as it was given")
        version, *parts = word.split("+")
        if len(word) > POSITION_MAX_CHARS or version != _VERSION:
            raise bad
        found = {}
        try:
            for part in parts:
                name, _, at = part.partition("=")
                server, _, log_type = name.partition("/")
                source = Source(
                    unquote(server, errors="strict"), unquote(log_type, errors="strict")
                )
                cursor = at.replace(_GONE, cursors.GONE)
                cursors.parse(cursor)
                if "=" in part and is_name(source.server) and is_name(source.log_type):
                    found[source] = cursor
        except (BadCursor, UnicodeDecodeError):
            raise bad from None
        if len(found) < len(parts):
            raise bad
        return cls(found)

    def render(self) -> str:
        """Give it as one word: letters, digits and ``+/=:,.-_~%``."""
        return join(part(source, cursor) for source, cursor in sorted(self._cursors.items()))


def part(source: Source, cursor: str) -> str:
    """Give one source's part of a word."""
    server, log_type = quote(source.server, safe=""), quote(source.log_type, safe="")
    return f"{server}/{log_type}={shell_safe(cursor)}"


def shell_safe(cursor: str) -> str:
    """Give a cursor as it stands in a word."""
    return cursor.replace(cursors.GONE, _GONE)


def join(parts: Iterable[str]) -> str:
    """Give the word of some parts."""
    return "+".join((_VERSION, *parts))
