"""Lines as the columns that are asked for: only these are read of each message.

A column is any key of the protocol's ``line``, also one that nobody knows yet. A value is turned to
text as the original client does it.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, Final, cast

import msgspec

from logstream.protocol.messages import Message

TEXT: Final = "text"
_CMD: Final = "cmd"


class TextRow(Message, tag="line", gc=False):
    """A line of which nothing but the text is asked for."""

    text: str = ""


def row_type(columns: Iterable[str]) -> type[Message]:
    """Make the type that reads these columns, whatever their values are.

    A column that a line does not have is ``msgspec.UNSET``. The columns' attributes have the names
    that `attribute` gives.
    """
    wanted = sorted(set(columns) - {_CMD})
    if wanted == [TEXT]:
        return TextRow
    fields: list[tuple[str, Any, Any]] = [
        (attribute(column), Any, msgspec.field(default=msgspec.UNSET, name=column))
        for column in wanted
    ]
    made = msgspec.defstruct("Row", fields, bases=(Message,), tag="line", gc=False)
    return cast("type[Message]", made)


def attribute(column: str) -> str:
    """Give the attribute of a row that has ``column``."""
    if column == TEXT:
        return TEXT
    return "".join(
        c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" for c in f"column_{column}"
    )


def getter(column: str) -> Callable[[Message], Any]:
    """Make what gives a column's value as it came; ``msgspec.UNSET`` where a line has none."""
    return _cmd if column == _CMD else attrgetter(attribute(column))


def getter_of_all(columns: Sequence[str]) -> Callable[[Message], tuple[Any, ...]]:
    """Make what gives the values of several columns, each as `getter` does."""
    if len(columns) == 1 or _CMD in columns:
        each = [getter(column) for column in columns]
        return lambda row: tuple([get(row) for get in each])
    return attrgetter(*(attribute(column) for column in columns))


def _cmd(_: Message) -> str:
    return "line"


def shown(value: Any) -> str:
    """Turn a value to the text that the original client shows of it."""
    if isinstance(value, str):
        return value
    if value is None or value is msgspec.UNSET:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return msgspec.json.encode(value).decode()
