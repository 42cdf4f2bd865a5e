"""Lines to bytes for standard output, many at once.

As text the bytes are the original client's, for all text that cannot act on a terminal: columns
between single spaces, ``type`` padded to 15 and ``server`` to 8, the colour ended before the line.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from logstream.cli.colour import FULL, ORIGINAL, RESET, Palette
from logstream.cli.inert import encode_inert, inert, inert_json, is_inert
from logstream.cli.rows import TEXT, getter, getter_of_all, shown
from logstream.cli.tail_config import Colour, Output

Render = Callable[[Sequence[Any]], bytes]
"""Gives the bytes of rows that `rows.row_type` made for `columns_of` the same choice."""

_FORMATS: Final = {"type": "%-15s", "server": "%-8s"}
_JSON_COLUMNS: Final = (
    "log_type",
    "server",
    "unix_time",
    "disp_time",
    "http_status",
    "request_id",
    TEXT,
)
_FORMATTABLE: Final = frozenset((str, int, float))
_PALETTES: Final = {Colour.ORIGINAL: ORIGINAL, Colour.FULL: FULL}


def shown_columns(columns: Sequence[str] | None, output: Output) -> Sequence[str]:
    """Give the columns to show where a person may have named none."""
    return columns or (_JSON_COLUMNS if output is Output.JSON else (TEXT,))


def columns_of(columns: Sequence[str], output: Output, colour: Colour) -> set[str]:
    """Name all columns that `renderer` looks at."""
    coloured = output is not Output.JSON and colour is not Colour.NEVER
    return {*columns, "log_type", "http_status"} if coloured else {*columns}


def renderer(columns: Sequence[str], output: Output, colour: Colour) -> Render:
    """Make what renders rows.

    Args:
        columns: To show, in this order.
        output: How.
        colour: Which lines; JSON has no colours.
    """
    if output is Output.JSON:
        return _json_renderer(columns)
    encode = encode_inert if output is Output.TEXT else _encode_raw
    bodies = _bodies(columns)
    palette = _PALETTES.get(colour)
    if palette is None:
        return lambda rows: encode(bodies(rows))
    return _coloured_renderer(bodies, palette, keep_active=output is Output.RAW)


def _bodies(columns: Sequence[str]) -> Callable[[Sequence[Any]], list[str]]:
    """Make what gives each row's columns as text."""
    pattern = " ".join(_FORMATS.get(column, "%s") for column in columns)
    if list(columns) == [TEXT]:
        return lambda rows: [row.text if type(row.text) is str else shown(row.text) for row in rows]
    getters = [getter(column) for column in columns]

    def bodies(rows: Sequence[Any]) -> list[str]:
        shown_columns = [_formattable([*map(get, rows)]) for get in getters]
        return [pattern % values for values in zip(*shown_columns, strict=True)]

    return bodies


def _formattable(values: list[Any]) -> list[Any]:
    """Give the values of a column as what ``%s`` shows as `shown` does: nearly always as it is."""
    return values if _FORMATTABLE.issuperset(map(type, values)) else [*map(shown, values)]


def _coloured_renderer(
    bodies: Callable[[Sequence[Any]], list[str]], palette: Palette, *, keep_active: bool
) -> Render:
    decisive = getter_of_all(("log_type", "http_status"))

    def start(log_type: Any, status: Any) -> str:
        return palette.start(shown(log_type), shown(status))

    def colours(rows: Sequence[Any]) -> list[str]:
        deciding = [*map(decisive, rows)]
        try:
            known = {values: start(*values) for values in set(deciding)}
        except TypeError:  # lists and objects have no hash, and are no type and no status either
            return [start(*values) for values in deciding]
        return [*map(known.__getitem__, deciding)]

    def render(rows: Sequence[Any]) -> bytes:
        shown_bodies = bodies(rows)
        if not (keep_active or is_inert(shown_bodies)):
            shown_bodies = [inert(body) for body in shown_bodies]
        return _encode_raw(
            [
                f"{colour}{body}{RESET}" if colour else body
                for colour, body in zip(colours(rows), shown_bodies, strict=True)
            ]
        )

    return render


def _json_renderer(columns: Sequence[str]) -> Render:
    values = getter_of_all(columns)
    encode_lines = msgspec.json.Encoder().encode_lines
    unset = msgspec.UNSET

    def render(rows: Sequence[Any]) -> bytes:
        objects = [
            {c: v for c, v in zip(columns, values(row), strict=True) if v is not unset}
            for row in rows
        ]
        return inert_json(encode_lines(objects))

    return render


def _encode_raw(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")
