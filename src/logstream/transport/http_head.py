"""The head of an HTTP/1 message, start line and headers, as a WebSocket handshake needs it.

Strict where leniency lets two readers of one head disagree (folded lines, blanks before a colon,
bare line feeds, control characters). Pure. Source: RFC 9112, sections 2 to 5; RFC 9110, section 5.
"""

import re
from typing import Final, NamedTuple

from logstream.model.limits import HEAD_MAX_BYTES, HEADERS_MAX

END: Final = b"\r\n\r\n"

_NAME: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE: Final = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")


class BadHead(Exception):
    """A head that cannot be taken.

    Attributes:
        status: The HTTP status that says so: 400, or 431 for a head over a limit.
    """

    def __init__(self, text: str, *, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


class Head(NamedTuple):
    """A head, taken apart."""

    start_line: str
    headers: dict[str, str]
    """By name in lower case; a header that came in several lines is joined by ``, ``."""
    repeated: frozenset[str]
    """The names that came in several lines."""


def find_end(received: bytes | bytearray) -> int | None:
    """Find where the head ends.

    Returns:
        The index after its empty line; None while that has not come.

    Raises:
        BadHead: It is over ``HEAD_MAX_BYTES``, its lines end in bare line feeds, or it does not
            begin as HTTP does, but as TLS, say.
    """
    if not received[:1].isalpha():
        raise BadHead("this is no HTTP")
    end = received.find(END)
    if end < 0:
        if len(received) > HEAD_MAX_BYTES:
            raise BadHead(f"the headers are over {HEAD_MAX_BYTES} bytes", status=431)
        if b"\n\n" in received:
            raise BadHead("lines must end in CR LF")
        return None
    if end > HEAD_MAX_BYTES:
        raise BadHead(f"the headers are over {HEAD_MAX_BYTES} bytes", status=431)
    return end + len(END)


def parse_head(raw: bytes) -> Head:
    """Take a head apart.

    Args:
        raw: The whole head, with or without its empty line.

    Raises:
        BadHead: A line that is no header, or too many of them.
    """
    start_line, *lines = raw.removesuffix(END).split(b"\r\n")
    if len(lines) > HEADERS_MAX:
        raise BadHead(f"there are more than {HEADERS_MAX} headers", status=431)
    if not _VALUE.fullmatch(start_line):
        raise BadHead("the first line holds control characters")
    headers: dict[str, str] = {}
    repeated: set[str] = set()
    for line in lines:
        raw_name, colon, raw_value = line.partition(b":")
        if not colon or not _NAME.fullmatch(raw_name) or not _VALUE.fullmatch(raw_value):
            raise BadHead("there is a line that is no header")
        name = raw_name.decode("ascii").lower()
        value = raw_value.strip(b" \t").decode("latin-1")
        if name in headers:
            repeated.add(name)
            value = f"{headers[name]}, {value}"
        headers[name] = value
    return Head(start_line.decode("latin-1"), headers, frozenset(repeated))


def tokens(value: str) -> list[str]:
    """Split a comma-separated header; empty elements do not count."""
    return [token for element in value.split(",") if (token := element.strip(" \t"))]
