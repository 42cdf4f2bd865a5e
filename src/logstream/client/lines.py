"""Many ``line`` messages to many lines at once: the hot path of a client.

The lines of one read are decoded together, as a type that has only the fields that are needed.
Where that fails (another message among them, or a line of an odd shape) the caller goes on one by
one, and what is odd is read as far as it makes sense: another service's line must never be lost
because a number came as a string.
"""

import json
from typing import Any, Generic

import msgspec

from logstream.protocol import codec
from logstream.protocol.codec import LineType


class LineReader(Generic[LineType]):
    """Reads lines as one type, which is tagged ``line``."""

    def __init__(self, line: type[LineType]) -> None:
        self._line = line
        self._fields = msgspec.structs.fields(line)

    def read_all(self, messages: list[bytes]) -> list[LineType] | None:
        """Read messages that are all lines; None where any of them is something else."""
        return codec.decode_lines(messages, self._line)

    def read_loosely(self, message: bytes) -> LineType | None:
        """Read one line of an odd shape; None where it is no line at all."""
        try:
            # The standard library's reader takes halves of surrogate pairs, which have no meaning.
            found = json.loads(message.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            return None
        if not isinstance(found, dict) or found.get("cmd") != "line":
            return None
        values: dict[str, Any] = {}
        for field in self._fields:
            if field.encode_name in found:
                value = _without_surrogates(found[field.encode_name])
                values[field.name] = _converted(value, field.type)
            elif field.required:
                values[field.name] = _converted(None, field.type)
        return self._line(**values)


def _converted(value: object, kind: Any) -> object:
    """Make ``value`` fit, or give what stands for nothing."""
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError:
        if kind is str:
            return "" if value is None else str(value)
        return None


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value
