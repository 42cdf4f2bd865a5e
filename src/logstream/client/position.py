"""Where a stream is: a cursor for each source, and all of them as one printable token.

A token is what ``--cursor-file`` keeps and ``--after-cursor`` takes. It depends on no hub, no
connection and no filter (S4). It is the environment's: another one's cursors are refused by the
sources themselves. Pure; a token is bounded before it is read.
"""

import base64
import binascii
import zlib
from collections.abc import Iterator, Mapping
from typing import Final, Self

import msgspec

from logstream.errors import BadCursor
from logstream.model import cursor as cursors
from logstream.model.limits import POSITION_MAX_BYTES, POSITION_MAX_CHARS
from logstream.model.source import Source

_VERSION: Final = "1."
_BAD: Final = "not a stream cursor: {!r}; give one as it was printed"
_decoder: Final = msgspec.json.Decoder(dict[str, dict[str, str]])


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
    def parse(cls, token: str) -> Self:
        """Read what ``render`` gave; blanks around it do not count.

        Raises:
            BadCursor: It is no such token.
        """
        token = token.strip()
        bad = BadCursor(_BAD.format(token[:64]))
        if len(token) > POSITION_MAX_CHARS or not token.startswith(_VERSION):
            raise bad
        encoded = token.removeprefix(_VERSION)
        try:
            packed = base64.b64decode(encoded + "=" * (-len(encoded) % 4), b"-_", validate=True)
            inflater = zlib.decompressobj()
            plain = inflater.decompress(packed, POSITION_MAX_BYTES)
            whole = inflater.eof and not inflater.unused_data
            servers = _decoder.decode(plain)
        except (binascii.Error, ValueError, zlib.error, msgspec.MsgspecError, RecursionError):
            raise bad from None
        if not whole:
            raise bad
        made = {
            Source(server, log_type): cursor
            for server, of in servers.items()
            for log_type, cursor in of.items()
        }
        for cursor in made.values():
            cursors.parse(cursor)
        return cls(made)

    def render(self) -> str:
        """Give it as one token: letters, digits, ``-``, ``_`` and one dot."""
        servers: dict[str, dict[str, str]] = {}
        for source, cursor in sorted(self._cursors.items()):
            servers.setdefault(source.server, {})[source.log_type] = cursor
        packed = zlib.compress(msgspec.json.encode(servers))
        return _VERSION + base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")
