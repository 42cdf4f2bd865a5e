"""`logstream tail`: the options, checked. The work is in `tail_run.py`, imported when it begins."""

import re
import sys
import warnings
from pathlib import Path
from re import Pattern
from typing import Any, Final

import click

from logstream.cli import settings
from logstream.cli.arguments import GreedyCommand, GreedyOption
from logstream.cli.duration import parse_duration_s
from logstream.cli.tail_config import Colour, Ending, LineFilter, Output, TailConfig
from logstream.errors import UsageError
from logstream.model.source import DEFAULT_TYPES, DISPLAY_NAMES

COLUMNS: Final = ("disp_time", "http_status", "log_type", "request_id", "server", "text", "type")
_STATUS: Final = re.compile(r"[1-9x][0-9x]{2}", re.ASCII)

_EPILOG: Final = """\b
Examples:
  logstream tail mysite prod
  logstream tail -t php-error apache-error -- devcloud:mysite dev
  logstream tail mysite prod --status 5xx -c disp_time server text
  logstream tail mysite prod -h 'text=health-?check' -o json

\b
Exit codes: 0 ended as asked (also by Ctrl-C, or when what reads the output ends),
1 error or --fail-on, 2 usage, 4 credentials, 124 --timeout.

Standard output has lines and nothing else; all news go to standard error."""


def _complete(known: tuple[str, ...]) -> Any:
    def complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
        return [name for name in known if name.startswith(incomplete)]

    return complete


@click.command(
    cls=GreedyCommand,
    short_help="Stream log lines of an environment.",
    epilog=_EPILOG,
    context_settings={"help_option_names": ["--help"], "max_content_width": 100},
)
@click.argument("application", metavar="APPLICATION")
@click.argument("environment", metavar="ENV")
@click.option(
    "-t",
    "--types",
    cls=GreedyOption,
    metavar="TYPE ...",
    shell_complete=_complete(tuple(DISPLAY_NAMES)),
    help=f"Stream these log types.  [default: {' '.join(DEFAULT_TYPES)}; 'all': all]",
)
@click.option(
    "-s",
    "--show",
    cls=GreedyOption,
    metavar="COLUMN=REGEXP ...",
    help="Of lines that have the column, show only those in which it matches.",
)
@click.option(
    "-h",
    "--hide",
    cls=GreedyOption,
    metavar="COLUMN=REGEXP ...",
    help="Do not show lines in which the column matches.  (-h alone: this help.)",
)
@click.option(
    "-c",
    "--columns",
    cls=GreedyOption,
    metavar="COLUMN ...",
    shell_complete=_complete(COLUMNS),
    help=f"Show these columns: {' '.join(COLUMNS)}, …  [default: text]",
)
@click.option(
    "--color",
    metavar="[auto|always|never]",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colour lines; --color: always, --no-color: never.  [default: auto, on a terminal]",
)
@click.option(
    "-o",
    "--output",
    type=click.Choice([each.value for each in Output]),
    default=Output.TEXT.value,
    help="text: columns, unable to act on the terminal; raw: as they came; json: an object a line.",
)
@click.option(
    "-i", "--include", multiple=True, metavar="REGEXP", help="Show only lines whose text matches."
)
@click.option(
    "-e", "--exclude", multiple=True, metavar="REGEXP", help="Do not show lines whose text matches."
)
@click.option(
    "--status", multiple=True, metavar="STATUS", help="Show only these HTTP statuses: 404, 5xx, …"
)
@click.option("--request-id", metavar="ID", default="", help="Show only lines of this request.")
@click.option(
    "--server",
    "servers",
    multiple=True,
    metavar="NAME",
    help="Stream only from this server; * and ? stand for any characters.",
)
@click.option("--max-lines", metavar="N", type=click.IntRange(min=1), help="End after N lines.")
@click.option("--timeout", metavar="DURATION", help="End with code 124 after 30s, 5m, 1h30m, …")
@click.option("--until-match", metavar="REGEXP", help="End after a line whose text matches.")
@click.option(
    "--fail-on", metavar="REGEXP", help="End with code 1 after a line whose text matches."
)
@click.option(
    "--reconnect/--no-reconnect",
    default=True,
    help="Whether to connect again when the connection is lost.  [default: yes]",
)
@click.option("--endpoint", metavar="URL", default="", help="Of the Cloud API, if not Acquia's.")
@click.option(
    "--credentials",
    "credentials_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="JSON with api_key and api_secret.  [default: $HOME/.acquia/cloudapiv2.conf]",
)
@click.option("--debug", is_flag=True, help="Show the protocol's messages on standard error.")
def tail(**options: Any) -> int:
    """Stream log lines of an application's environment, live.

    APPLICATION is a UUID, a name, or a hosting id (realm:sitename); ENV is dev, test, prod, …

    TYPE, COLUMN and COLUMN=REGEXP may be several, one after another: put APPLICATION and ENV before
    them, or after a --. A column is any key of the protocol's line.
    """
    if sys.stdout is None or sys.stderr is None:
        raise UsageError("standard output or standard error is closed: where should lines go?")
    config = _config(options)
    from logstream.cli.tail_run import run_tail

    return run_tail(config, out_fd=sys.stdout.fileno(), err=sys.stderr)


def _config(options: dict[str, Any]) -> TailConfig:
    """Check what the person typed.

    Raises:
        UsageError: Something of it makes no sense.
    """
    types = _listed(options["types"]) or DEFAULT_TYPES
    timeout = options["timeout"]
    return TailConfig(
        application=options["application"],
        environment=options["environment"],
        endpoint=settings.endpoint(options["endpoint"]),
        credentials_file=options["credentials_file"],
        types=None if "all" in types else frozenset(types),
        servers=_listed(options["servers"]),
        columns=_listed(options["columns"]) or None,
        line_filter=LineFilter(
            show=_column_patterns("--show", options["show"]),
            hide=_column_patterns("--hide", options["hide"]),
            include=[_pattern("--include", each) for each in options["include"]],
            exclude=[_pattern("--exclude", each) for each in options["exclude"]],
            statuses=[_status(each) for each in _listed(options["status"])],
            request_id=options["request_id"],
        ),
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
    )


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
