"""``logstream formats``: shows how log types are read, and tries that on given lines."""

import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

import click
import msgspec

from logstream.model.limits import RECORD_MAX_BYTES, TRY_LINES_MAX

if TYPE_CHECKING:
    from logstream.formats.base import Reading
    from logstream.formats.catalogue import Catalogue
    from logstream.formats.grouping import Grouping

_TEXT: Final = "text"
_JSON: Final = "json"
_NOTHING: Final = "-"

_config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    help="A logtailor's configuration, for the types in its [[format]] tables.",
)
_output_option = click.option(
    "-o",
    "--output",
    type=click.Choice([_TEXT, _JSON]),
    default=_TEXT,
    show_default=True,
    help="For people, or one JSON object a line.",
)


class Tried(NamedTuple):
    """A record and what was read from it."""

    reading: "Reading"
    text: str


@click.group()
def formats() -> None:
    """Show how log types are read, and try that on given lines."""


@formats.command("list")
@_config_option
@_output_option
def list_(config_path: Path | None, *, output: str) -> None:
    """List the log types, with their names and where their formats come from.

    A type that is not listed can be used as well: its lines are read as plain text.
    """
    catalogue = _catalogue(config_path)
    rows = [
        {
            "type": log_type,
            "display_name": catalogue.display_name(log_type),
            "format": catalogue.origin(log_type),
        }
        for log_type in catalogue.log_types
    ]
    if output == _JSON:
        _print_json(rows)
    else:
        _print_table(["TYPE", "NAME", "FORMAT"], [[*row.values()] for row in rows])


@formats.command("try")
@click.argument("log_type", metavar="TYPE")
@click.argument("file", metavar="FILE")
@_config_option
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(1, TRY_LINES_MAX),
    default=10,
    show_default=True,
    help="How many lines to read, from the start.",
)
@_output_option
def try_(log_type: str, file: str, *, config_path: Path | None, lines: int, output: str) -> int:
    """Show what is read from the first lines of FILE, taken as TYPE.

    For each record: its time (in UTC, and as Unix seconds), HTTP status and request id. The further
    lines of a record of several lines stand below the first, after a |. FILE may be - for standard
    input. What was used and how many records have no time is said on standard error. Exits 0, or 1
    if nothing was read from any record.
    """
    catalogue = _catalogue(config_path)
    tried = _read(catalogue, log_type, _lines_of(file, lines))
    if output == _JSON:
        _print_json([_record(each) for each in tried])
    else:
        _print_table(
            ["TIME (UTC)", "UNIX", "STATUS", "REQUEST ID", "TEXT"],
            [row for each in tried for row in _rows(each)],
        )
    click.echo(_summary(catalogue, log_type, tried), err=True)
    return 0 if any(any(value is not None for value in each.reading) for each in tried) else 1


def _catalogue(config_path: Path | None) -> "Catalogue":
    from logstream.formats.catalogue import KNOWN_FORMATS

    if config_path is None:
        return KNOWN_FORMATS
    from logstream.cli.config_file import read_config
    from logstream.logtailor.config import LogtailorConfig

    return read_config(config_path, LogtailorConfig).formats()


def _lines_of(file: str, count: int) -> list[str]:
    """Read the first lines of a file as a logtailor does.

    Raises:
        UsageError: It cannot be read.
    """
    from logstream.errors import UsageError

    try:
        with nullcontext(sys.stdin.buffer) if file == "-" else Path(file).open("rb") as opened:
            return [text for _ in range(count) if (text := _next_line(opened)) is not None]
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error


def _next_line(opened: IO[bytes]) -> str | None:
    """Read one line, cut where a logtailor cuts it; None at the end."""
    from logstream.tail.splitter import decode_cut, decode_rest, split

    line = opened.readline(RECORD_MAX_BYTES + 1)
    if not line:
        return None
    if line.endswith(b"\n"):
        return split(line)[0]
    if len(line) <= RECORD_MAX_BYTES:
        return decode_rest(line)
    while (rest := opened.readline(RECORD_MAX_BYTES)) and not rest.endswith(b"\n"):
        pass
    return decode_cut(line[:RECORD_MAX_BYTES].lstrip(b"\0"))


def _read(catalogue: "Catalogue", log_type: str, lines: Sequence[str]) -> list[Tried]:
    from logstream.formats.base import Reading

    format_ = catalogue.format_for(log_type)
    texts = _records(lines, format_.grouping)
    columns = format_.columns(texts, now_s=time.time())
    nothing = [None] * len(texts)
    readings = zip(
        columns.unix_time,
        columns.http_status or nothing,
        columns.request_id or nothing,
        strict=True,
    )
    return [Tried(Reading(*each), text) for each, text in zip(readings, texts, strict=True)]


def _records(lines: Sequence[str], grouping: "Grouping | None") -> Sequence[str]:
    """Put lines together as a logtailor does that begins to read with the first of them."""
    from logstream.tail.records import record_starts

    if grouping is None or not lines:
        return lines
    ends = accumulate(len(line.encode(errors="replace")) + 1 for line in lines)
    firsts = record_starts(grouping.starts(lines), [0, *ends])
    return ["\n".join(lines[first:after]) for first, after in pairwise([*firsts, len(lines)])]


def _summary(catalogue: "Catalogue", log_type: str, tried: Sequence[Tried]) -> str:
    from logstream.cli.inert import inert

    origin = catalogue.origin(log_type)
    without = sum(1 for each in tried if each.reading.unix_time is None)
    lines = sum(1 + each.text.count("\n") for each in tried)
    count = _counted(lines, "line")
    if lines > len(tried):
        count = f"{_counted(len(tried), 'record')} of {count}"
    timeless = "all with a time" if without == 0 else f"{without} without a time"
    if not tried:
        timeless = "there is nothing to read"
    said = f"{inert(log_type)} ({origin}): {count}, {timeless}"
    if origin == "plain text":
        said += "; the type is neither known nor configured: see logstream formats list"
    return said


def _counted(count: int, word: str) -> str:
    return f"1 {word}" if count == 1 else f"{count} {word}s"


# --- output --------------------------------------------------------------------------------------


def _record(tried: Tried) -> dict[str, Any]:
    unix_time, http_status, request_id = tried.reading
    return {
        "unix_time": unix_time,
        "time": None if unix_time is None else f"{_utc(unix_time)}Z".replace(" ", "T"),
        "http_status": http_status,
        "request_id": request_id,
        "text": tried.text,
    }


def _rows(tried: Tried) -> list[list[str]]:
    """Give a row for each line of a record."""
    unix_time, http_status, request_id = tried.reading
    first, *further = tried.text.split("\n")
    row = [
        _NOTHING if unix_time is None else _utc(unix_time),
        _NOTHING if unix_time is None else f"{unix_time:.6f}".rstrip("0").rstrip("."),
        _NOTHING if http_status is None else str(http_status),
        request_id or _NOTHING,
        first,
    ]
    return [row, *(["", "", "", "", f"| {line}"] for line in further)]


def _utc(unix_time: float) -> str:
    """Write a time to the millisecond, where it has a fraction."""
    moment = datetime.fromtimestamp(unix_time, UTC).replace(tzinfo=None)
    return moment.isoformat(" ", "milliseconds" if moment.microsecond else "seconds")


def _print_json(rows: Sequence[dict[str, Any]]) -> None:
    from logstream.cli.inert import inert_json

    for row in rows:
        click.echo(inert_json(msgspec.json.encode(row)))


def _print_table(head: list[str], rows: list[list[str]]) -> None:
    from logstream.cli.inert import inert

    # A line break in a cell would let a log line draw rows of its own.
    shown = [[inert(cell).replace("\n", "\\n") for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *shown, strict=True)]
    widths[-1] = 0
    for row in [head, *shown]:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())
