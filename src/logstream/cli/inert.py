"""Log text that cannot act on a terminal.

Shown as escapes: control characters but TAB and LF (C0, DEL, C1: they move the cursor, change
colours and titles, erase), the controls of writing direction (they make text read as what it is
not), and the separators of lines and paragraphs. All else is shown as it is.
"""

import re
from typing import Final

_ACTIVE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
_ASCII_ACTIVE: Final = (*range(0x09), *range(0x0B, 0x20), 0x7F)
_LAST_LATIN_1: Final = 0xFF
# `bytes.translate` gives back the very same object where it changes nothing: ten times faster than
# a search with `_ACTIVE`.
_MARKING: Final = bytes(0x01 if c == 0 else 0x00 if c in _ASCII_ACTIVE else c for c in range(256))


def encode_inert(lines: list[str]) -> bytes:
    """Give lines as UTF-8, each with its line end, with what is active in them as escapes."""
    joined = "\n".join(lines) + "\n"
    encoded = joined.encode("utf-8", "replace")
    if _is_inert(joined, encoded):
        return encoded
    return _ACTIVE.sub(_escaped, joined).encode("utf-8", "replace")


def is_inert(lines: list[str]) -> bool:
    """Say whether nothing in these lines is active; quicker than asking line by line."""
    joined = "\n".join(lines)
    return _is_inert(joined, joined.encode("utf-8", "replace"))


def inert(text: str) -> str:
    r"""Give ``text`` with what is active in it as escapes: ``\x1b``, ``\u202e``."""
    if text.isprintable():  # nothing active is
        return text
    return _ACTIVE.sub(_escaped, text)


def inert_json(encoded: bytes) -> bytes:
    """Give JSON with what is active in its strings as JSON's own escapes."""
    if encoded.isascii() and b"\x7f" not in encoded:
        return encoded  # a JSON encoder escapes the rest
    return _ACTIVE.sub(lambda c: f"\\u{ord(c[0]):04x}", encoded.decode()).encode()


def _is_inert(text: str, encoded: bytes) -> bool:
    return encoded.translate(_MARKING) is encoded and (text.isascii() or not _ACTIVE.search(text))


def _escaped(active: re.Match[str]) -> str:
    code = ord(active[0])
    return f"\\x{code:02x}" if code <= _LAST_LATIN_1 else f"\\u{code:04x}"
