"""Lines to bytes for standard output, many at once.

As text the bytes are the original client's, for all text that cannot act on a terminal: columns
between single spaces, ``type`` padded to 15 and ``server`` to 8, the colour ended before the line.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from logstream.cli.colour import FULL, ORIGINAL, RESET, Palette
from logstream.cli.columns import Columns
from logstream.cli.inert import encode_inert, inert, inert_json, is_inert
from logstream.cli.rows import TEXT, shown
from logstream.cli.tail_config import Colour, Output

Render = Callable[[Columns], bytes]
"""Gives the bytes of lines that have the columns that `columns_of` names for the same choice."""

_FORMATS: Final = {"type": "%-15s", "server": "%-8s"}
_JSON_COLUMNS: Final = (
    "server",
    "type",
    "time",
    "unix_time",
    "http_status",
    "request_id",
    TEXT,
)
_JSON_EXTRAS: Final = ("cut", "late", "cursor")
"""What a JSON object has besides, where there is such a thing."""
_FORMATTABLE: Final = frozenset((str, int, float))
_PALETTES: Final = {Colour.ORIGINAL: ORIGINAL, Colour.FULL: FULL}
_MARK: Final = "\x1b[7m"
_MARK_ENDS: Final = "\x1b[27m"


def shown_columns(columns: Sequence[str] | None, output: Output) -> Sequence[str]:
    """Give the columns to show where a person may have named none."""
    return columns or (_JSON_COLUMNS if output is Output.JSON else (TEXT,))


def columns_of(columns: Sequence[str], output: Output, colour: Colour) -> set[str]:
    """Name all columns that `renderer` looks at."""
    coloured = output is not Output.JSON and colour is not Colour.NEVER
    return {*columns, "log_type", "http_status"} if coloured else {*columns}


def renderer(
    columns: Sequence[str],
    output: Output,
    colour: Colour,
    highlight: re.Pattern[str] | None = None,
) -> Render:
    """Make what renders lines.

    Args:
        columns: To show, in this order.
        output: How.
        colour: Which lines; JSON has no colours.
        highlight: What to show in reverse, where colours are shown.
    """
    if output is Output.JSON:
        return _json_renderer(columns)
    encode = encode_inert if output is Output.TEXT else _encode_raw
    bodies = _bodies(columns)
    palette = _PALETTES.get(colour)
    if palette is None:
        return lambda lines: encode(bodies(lines.marked()))
    return _coloured_renderer(bodies, palette, highlight, keep_active=output is Output.RAW)


def _bodies(columns: Sequence[str]) -> Callable[[Columns], list[str]]:
    """Make what gives each line's columns as text."""
    pattern = " ".join(_FORMATS.get(column, "%s") for column in columns)
    if list(columns) == [TEXT]:
        return lambda lines: _texts(lines.column(TEXT))

    def bodies(lines: Columns) -> list[str]:
        shown_columns = [_formattable(_as_base(name, lines.column(name))) for name in columns]
        return [pattern % values for values in zip(*shown_columns, strict=True)]

    return bodies


def _texts(values: Sequence[Any]) -> list[str]:
    """Give a column as text; nearly always it is."""
    if set(map(type, values)) == {str}:
        return values if isinstance(values, list) else [*values]
    return [*map(shown, values)]


def _as_base(name: str, values: Sequence[Any]) -> Sequence[Any]:
    """Give whole seconds as the base protocol does, so that text is the same on either wire."""
    if name == "unix_time" and float in set(map(type, values)):
        return [int(value) if type(value) is float else value for value in values]
    return values


def _formattable(values: Sequence[Any]) -> Sequence[Any]:
    """Give the values of a column as what ``%s`` shows as `shown` does: nearly always as it is."""
    return values if _FORMATTABLE.issuperset(map(type, values)) else [*map(shown, values)]


def _coloured_renderer(
    bodies: Callable[[Columns], list[str]],
    palette: Palette,
    highlight: re.Pattern[str] | None,
    *,
    keep_active: bool,
) -> Render:
    def start(log_type: Any, status: Any) -> str:
        return palette.start(shown(log_type), shown(status))

    def colours(lines: Columns) -> list[str]:
        deciding = list(zip(lines.column("log_type"), lines.column("http_status"), strict=True))
        try:
            known = {values: start(*values) for values in set(deciding)}
        except TypeError:  # lists and objects have no hash, and are no type and no status either
            return [start(*values) for values in deciding]
        return [*map(known.__getitem__, deciding)]

    def render(lines: Columns) -> bytes:
        shown_bodies = bodies(lines.marked())
        if not (keep_active or is_inert(shown_bodies)):
            shown_bodies = [inert(body) for body in shown_bodies]
        if highlight is not None:
            shown_bodies = [_highlighted(body, highlight) for body in shown_bodies]
        return _encode_raw(
            [
                f"{colour}{body}{RESET}" if colour else body
                for colour, body in zip(colours(lines), shown_bodies, strict=True)
            ]
        )

    return render


def _highlighted(body: str, pattern: re.Pattern[str]) -> str:
    return pattern.sub(lambda found: f"{_MARK}{found[0]}{_MARK_ENDS}" if found[0] else "", body)


def _json_renderer(columns: Sequence[str]) -> Render:
    """Make what gives an object a line: all keys that were chosen by nobody are always there."""
    keys = (*columns, *(extra for extra in _JSON_EXTRAS if extra not in columns))
    always = frozenset(_JSON_COLUMNS) if tuple(columns) == _JSON_COLUMNS else frozenset[str]()
    encode_lines = msgspec.json.Encoder().encode_lines
    unset = msgspec.UNSET

    def values(lines: Columns, key: str) -> Sequence[Any]:
        found = lines.column(key)
        if key == "unix_time":
            found = _whole_numbers(found)
        return [None if one is unset else one for one in found] if key in always else found

    def render(lines: Columns) -> bytes:
        found = [(key, values(lines, key)) for key in keys]
        # Most keys are in all lines or in none; so only the rest is looked at one by one.
        found = [(key, of) for key, of in found if not all(one is unset for one in of)]
        names = [key for key, _ in found]
        rows = zip(*(of for _, of in found), strict=True)
        if any(unset in of for _, of in found):
            objects = [
                {name: one for name, one in zip(names, row, strict=True) if one is not unset}
                for row in rows
            ]
        else:
            objects = [dict(zip(names, row, strict=True)) for row in rows]
        return inert_json(encode_lines(objects))

    return render


def _whole_numbers(values: Sequence[Any]) -> Sequence[Any]:
    """Give numbers without ``.0``, as most services write them."""
    return [
        int(value) if type(value) is float and value.is_integer() else value for value in values
    ]


def _encode_raw(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")
