"""Cursors: opaque positions in a source, as far as any node may look into one.

A cursor is ``""`` (before everything) or a comma-separated list of ``G:offset[~check]``, one
component for each generation, the oldest of a series first. What a ``G`` means, only the tailing
side knows; any node may take a cursor apart, move one component, and compare two cursors that
differ in nothing but one component's offset. Offsets are in uncompressed bytes. Rule: S4.
"""

import re
from typing import Final, NamedTuple

from logstream.errors import BadCursor
from logstream.model.limits import CURSOR_MAX_CHARS

START: Final = ""
"""The cursor before everything."""

GONE: Final = "$"
"""Stands for the offset of a generation whose content is gone."""

_COMPONENT: Final = re.compile(
    r"([A-Za-z0-9._-]{1,128}):(\$|0|[1-9][0-9]{0,17})(?:~([A-Za-z0-9_-]{1,64}))?"
)


class Component(NamedTuple):
    """One generation's part of a cursor."""

    generation: str
    offset: int | None
    """None: its content is gone (``$``)."""
    check: str | None = None
    """Over the bytes before the offset; only the tailing side makes and reads it."""


def parse(cursor: str) -> list[Component]:
    """Take a cursor apart.

    Raises:
        BadCursor: It is none.
    """
    if cursor == START:
        return []
    if len(cursor) > CURSOR_MAX_CHARS:
        raise BadCursor(f"a cursor has at most {CURSOR_MAX_CHARS} characters")
    components = []
    seen = set()
    for text in cursor.split(","):
        match = _COMPONENT.fullmatch(text)
        if match is None or match[1] in seen:
            raise BadCursor(f"not a cursor: {cursor[:64]!r}; give one as it was received")
        seen.add(match[1])
        offset = None if match[2] == GONE else int(match[2])
        components.append(Component(match[1], offset, match[3]))
    return components


def render(components: list[Component]) -> str:
    """Put a cursor together."""
    return ",".join(
        f"{generation}:{GONE if offset is None else offset}{'' if check is None else '~' + check}"
        for generation, offset, check in components
    )


def with_offset(cursor: str, component: int, offset: int) -> str:
    """Move one component: the cursor before the line that starts at ``offset``.

    Args:
        cursor: The ``next`` of the batch that the line is in.
        component: The batch's ``gen``.
        offset: The line's.

    Raises:
        BadCursor: There is no such component.
    """
    parts = cursor.split(",")
    if not 0 <= component < len(parts):
        raise BadCursor(f"the cursor {cursor[:64]!r} has no component {component}")
    generation = parts[component].partition(":")[0]
    parts[component] = f"{generation}:{offset}"
    return ",".join(parts)


def distance_bytes(after: str, before: str) -> int | None:
    """Tell how far it is from one cursor to another.

    Returns:
        Bytes; negative if ``before`` comes first; None where only the tailing side can tell.
    """
    if after == before:
        return 0
    ours, theirs = parse(after), parse(before)
    if len(ours) != len(theirs):
        return None
    differing = [
        (one, other)
        for one, other in zip(ours, theirs, strict=True)
        if one[:2] != other[:2]  # the check says nothing about the place
    ]
    if len(differing) > 1:
        return None
    for one, other in differing:
        if one.generation != other.generation or one.offset is None or other.offset is None:
            return None
        return other.offset - one.offset
    return 0
