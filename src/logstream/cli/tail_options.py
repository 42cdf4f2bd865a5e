"""What was typed after `logstream tail`, checked: the `TailConfig` of a run."""

import re
import secrets
import sys
import time
import warnings
from pathlib import Path
from re import Pattern
from typing import Any, Final

from logstream.cli import settings
from logstream.cli.cursor_file import check_writable, read_position
from logstream.cli.duration import parse_duration_s
from logstream.cli.moment import parse_moment_s, shown
from logstream.cli.position import parse_position
from logstream.cli.tail_config import Colour, Ending, LineFilter, Output, Resuming, TailConfig
from logstream.client.position import Position
from logstream.client.start import Start
from logstream.errors import UsageError
from logstream.model.source import DEFAULT_TYPES

_STATUS: Final = re.compile(r"[1-9x][0-9x]{2}", re.ASCII)
_LAST_LINES: Final = 10
"""How many lines are shown where nobody says what to show, as of the program ``tail``."""
_REORDER_MAX_S: Final = 60.0
"""How long lines may be held: who watches live wants to see them."""


def checked(options: dict[str, Any]) -> TailConfig:
    """Check what the person typed.

    Raises:
        UsageError: Something of it makes no sense.
    """
    types = _listed(options["types"]) or DEFAULT_TYPES
    timeout = options["timeout"]
    start, origin = _start(options)
    return TailConfig(
        application=options["application"],
        environment=options["environment"],
        endpoint=settings.endpoint(options["endpoint"]),
        credentials_file=options["credentials_file"],
        types=None if "all" in types else frozenset(types),
        servers=_listed(options["servers"]),
        columns=_listed(options["columns"]) or None,
        line_filter=_line_filter(options),
        output=Output(options["output"]),
        colour=_colour(options["color"]),
        ending=Ending(
            timeout_s=None if timeout is None else parse_duration_s(timeout),
            max_lines=options["max_lines"],
            until_match=_optional_pattern("--until-match", options["until_match"]),
            fail_on=_optional_pattern("--fail-on", options["fail_on"]),
        ),
        reconnect=options["reconnect"],
        debug=options["debug"],
        start=start,
        resuming=Resuming(options["cursor_file"], options["show_cursor"], origin),
        reorder_s=_reorder_s(options["reorder"]),
        highlight=_optional_pattern("--highlight", options["highlight"]),
    )


def _line_filter(options: dict[str, Any]) -> LineFilter:
    return LineFilter(
        show=_column_patterns("--show", options["show"]),
        hide=_column_patterns("--hide", options["hide"]),
        include=[_pattern("--include", each) for each in options["include"]],
        exclude=[_pattern("--exclude", each) for each in options["exclude"]],
        statuses=[_status(each) for each in _listed(options["status"])],
        request_id=options["request_id"],
        mine=f"logstream-{secrets.token_hex(4)}-" if options["mine"] else "",
    )


def _start(options: dict[str, Any]) -> tuple[Start, str]:
    """Say where to begin and to end, and where the cursor for that is from, if there is one."""
    now_s = time.time()
    since, until = (
        None if options[name] is None else _moment_s(f"--{name}", options[name], now_s)
        for name in ("since", "until")
    )
    after, origin = _after(options)
    if since is not None and until is not None and since >= until:
        raise UsageError(
            f"--since ({shown(since)}) is not before --until ({shown(until)}): there is nothing"
        )
    lines = options["lines"]
    if origin and options["after_cursor"] is None:
        since, lines = None, None  # the file says where to begin; they are for its first run
    follow = options["follow"] and until is None
    if lines is None and since is None and not (follow or after):
        lines = 0 if origin else _LAST_LINES
    start = Start(
        lines=lines or None if follow else lines,
        since=since,
        until=until,
        follow=follow,
        after=after,
    )
    start.check()
    return start, origin


def _after(options: dict[str, Any]) -> tuple[Position, str]:
    """Give the position to go on from and where it is from; both empty where there is none."""
    path: Path | None = options["cursor_file"]
    if path is not None:
        check_writable(path)
    if options["after_cursor"] is not None:
        if options["lines"] is not None or options["since"] is not None:
            raise UsageError("--after-cursor says where to begin: leave out --lines and --since")
        return parse_position(options["after_cursor"], origin="--after-cursor"), "--after-cursor"
    kept = None if path is None else read_position(path)
    return (Position(), "") if kept is None else (kept, f"--cursor-file {path}")


def _moment_s(option: str, text: str, now_s: float) -> float:
    try:
        return parse_moment_s(text, now_s=now_s)
    except UsageError as failure:
        raise UsageError(f"{option}: {failure}") from None


def _reorder_s(text: str | None) -> float:
    held_s = 0.0 if text is None else parse_duration_s(text)
    if held_s > _REORDER_MAX_S:
        raise UsageError(f"--reorder {text}: lines are held for at most {_REORDER_MAX_S:g} s")
    return held_s


def _listed(values: tuple[str, ...]) -> tuple[str, ...]:
    """Give the names in values, which may hold several between commas."""
    return tuple(name for value in values for name in value.split(",") if name)


def _colour(wish: str) -> Colour:
    if wish == "always":
        return Colour.ORIGINAL
    if wish == "auto" and settings.colours_wanted(terminal=sys.stdout.isatty()):
        return Colour.FULL
    return Colour.NEVER


def _column_patterns(option: str, values: tuple[str, ...]) -> dict[str, list[Pattern[str]]]:
    patterns: dict[str, list[Pattern[str]]] = {}
    for value in values:
        column, equals, regexp = value.partition("=")
        if not (column and equals):
            raise UsageError(f"{option} {value}: write it as column=regexp, as text=error")
        patterns.setdefault(column, []).append(_pattern(option, regexp))
    return patterns


def _optional_pattern(option: str, regexp: str | None) -> Pattern[str] | None:
    return None if regexp is None else _pattern(option, regexp)


def _pattern(option: str, regexp: str) -> Pattern[str]:
    """Compile a regular expression; ``^`` and ``$`` are at line ends, as in the original client."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # such as [[:digit:]], which would match something else
            return re.compile(regexp, re.MULTILINE)
    except (re.error, Warning, OverflowError, RecursionError) as failure:
        raise UsageError(f"{option}: {regexp!r} is no regular expression: {failure}") from None


def _status(text: str) -> Pattern[str]:
    if not _STATUS.fullmatch(text):
        raise UsageError(f"--status {text}: write it as 404 or 5xx")
    return re.compile(text.replace("x", "[0-9]"))
