"""The request id that web servers, Drupal and PHP put at the end of what they log.

It is written ` request_id="v-…"` or ` request_id=v-…`; empty and ``-`` mean that there was none.
The *last* one counts everywhere: what visitors can write (the path, the host, the referer, the user
agent, the message that quotes them) stands before it, so the real one overrules a forged one.
"""

import re

from logstream.model.limits import REQUEST_ID_MAX_CHARS

KEY = " request_id="

# Possessive, and an unterminated string runs to the end, so that no text takes more than one pass.
_ITEM = re.compile(r' request_id=(?:"([^"]*+)"|([^\s"]*+))|"[^"]*+(?:"|\Z)')
_VALUE = re.compile(r'"([^"]*+)"|([^\s"]*+)')


def without_escapes(text: str) -> str:
    """Put other characters in the place of escaped quotes and backslashes.

    Web servers escape them wherever a visitor wrote them, inside quoted strings and outside; every
    quote that is left is the server's own. All positions stay the same.
    """
    if "\\" not in text:
        return text
    return text.replace("\\\\", "__").replace('\\"', "__")


def unquoted_request_id(text: str, start: int) -> str | None:
    """Find the last request id from ``start`` on that is not inside a quoted string.

    For records whose quoted strings are what visitors sent. ``start`` must be outside of them.
    """
    value: str | None = None
    for item in _ITEM.finditer(without_escapes(text), start):
        if item.lastindex is not None:
            value = _value(text, item)
    return checked(value)


def last_request_id(text: str) -> str | None:
    """Find the last request id, for records where no quoting protects anything."""
    at = text.rfind(KEY)
    if at < 0:
        return None
    found = _VALUE.match(without_escapes(text), at + len(KEY))
    return checked(_value(text, found)) if found else None


def ending_request_id(text: str) -> str | None:
    """Find the request id that ends the record, after a message that may hold anything.

    Else the one that ends its first line, where a trace follows.
    """
    at = text.rfind(KEY)
    if at < 0:
        return None
    found = _VALUE.fullmatch(without_escapes(text.rstrip()), at + len(KEY))
    if found is None:
        line, _, trace = text.partition("\n")
        return ending_request_id(line) if trace else None
    return checked(_value(text, found))


def checked(value: str | None) -> str | None:
    """Give ``value`` if it is a request id: not empty, not ``-``, not too long."""
    if value is None or not 0 < len(value) <= REQUEST_ID_MAX_CHARS or value == "-":
        return None
    return value


def _value(text: str, found: re.Match[str]) -> str:
    """Give what ``found`` means in ``text`` as it was before the escapes were taken out."""
    start, end = found.span(found.lastindex or 0)
    return text[start:end]
