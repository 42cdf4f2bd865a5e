"""What `logstream tail` was asked for, once it has been checked."""

from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from re import Pattern
from types import MappingProxyType
from typing import NamedTuple

from logstream.client.start import Start


class Output(Enum):
    """How a line is written."""

    TEXT = "text"
    """Its columns, inert in a terminal."""
    RAW = "raw"
    """Its columns as they came."""
    JSON = "json"
    """One JSON object."""


class Colour(Enum):
    """Which lines are coloured."""

    NEVER = "never"
    ORIGINAL = "original"
    """Those that the original client colours, with its bytes."""
    FULL = "full"


class LineFilter(NamedTuple):
    """Which lines are shown; empty lets all pass.

    Attributes:
        show: A line that has this column is shown only if one of the patterns is found in it.
        hide: A line is not shown if one of the patterns is found in this column.
        include: A line is shown only if one of these is found in its text.
        exclude: A line is not shown if one of these is found in its text.
        statuses: A line is shown only if its HTTP status fits one of these wholly.
        request_id: A line is shown only if it belongs to this request.
        mine: A line is shown only if its request's id starts so.
    """

    show: Mapping[str, Sequence[Pattern[str]]] = MappingProxyType({})
    hide: Mapping[str, Sequence[Pattern[str]]] = MappingProxyType({})
    include: Sequence[Pattern[str]] = ()
    exclude: Sequence[Pattern[str]] = ()
    statuses: Sequence[Pattern[str]] = ()
    request_id: str = ""
    mine: str = ""


class Ending(NamedTuple):
    """When to end by itself; None: never.

    Attributes:
        timeout_s: After this time, with code 124.
        max_lines: After so many lines, with code 0.
        until_match: After a line in whose text this is found, with code 0.
        fail_on: After a line in whose text this is found, with code 1.
    """

    timeout_s: float | None = None
    max_lines: int | None = None
    until_match: Pattern[str] | None = None
    fail_on: Pattern[str] | None = None


class Resuming(NamedTuple):
    """What remembers where the stream was.

    Attributes:
        cursor_file: Where the position is kept, and read at the start.
        show_cursor: Say the position at the end.
        origin: Where the position that the stream goes on from is from, for a person.
    """

    cursor_file: Path | None = None
    show_cursor: bool = False
    origin: str = ""


class TailConfig(NamedTuple):
    """All of one `logstream tail`."""

    application: str
    environment: str
    endpoint: str
    credentials_file: Path | None
    types: frozenset[str] | None
    """None: all."""
    servers: Sequence[str]
    columns: Sequence[str] | None
    """None: not said; the text, and with JSON all."""
    line_filter: LineFilter
    output: Output
    colour: Colour
    ending: Ending
    reconnect: bool
    debug: bool
    start: Start = Start()
    resuming: Resuming = Resuming()
    reorder_s: float = 0.0
    highlight: Pattern[str] | None = None
