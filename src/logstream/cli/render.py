"""Lines to bytes for standard output, many at once.

As text the bytes are the original client's, for all text that cannot act on a terminal: columns
between single spaces, ``type`` padded to 15 and ``server`` to 8, the colour ended before the line.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from logstream.cli.colour import FULL, ORIGINAL, RESET, Palette
from logstream.cli.inert import encode_inert, inert, inert_json, is_inert
from logstream.cli.rows import TEXT, getter_of_all, shown
from logstream.cli.tail_config import Colour, Output
from logstream.protocol.messages import Message

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
_STARTS_MAX: Final = 1024
"""Colours that are remembered: a hub could name log types without end."""
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
    values = getter_of_all(columns)
    return lambda rows: [
        pattern % tuple([v if type(v) is str else shown(v) for v in values(row)]) for row in rows
    ]


def _coloured_renderer(
    bodies: Callable[[Sequence[Any]], list[str]], palette: Palette, *, keep_active: bool
) -> Render:
    starts: dict[tuple[str, str], str] = {}
    values = getter_of_all(("log_type", "http_status"))

    def start(row: Message) -> str:
        log_type, status = values(row)
        key = shown(log_type), shown(status)[:1]
        found = starts.get(key)
        if found is None:
            found = palette.start(*key)
            if len(starts) < _STARTS_MAX:
                starts[key] = found
        return found

    def render(rows: Sequence[Any]) -> bytes:
        shown_bodies = bodies(rows)
        if not (keep_active or is_inert(shown_bodies)):
            shown_bodies = [inert(body) for body in shown_bodies]
        lines: list[str] = []
        for row, body in zip(rows, shown_bodies, strict=True):
            colour = start(row)
            lines.append(f"{colour}{body}{RESET}" if colour else body)
        return _encode_raw(lines)

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
