"""`logstream tail`: its options.

They are checked in `tail_options.py`, and the work is done in `tail_run.py`; both are imported only
then, so that help is quick.
"""

import sys
from pathlib import Path
from typing import Any, Final

import click

from logstream.cli.arguments import GreedyCommand, GreedyOption
from logstream.errors import UsageError
from logstream.model.source import DEFAULT_TYPES, DISPLAY_NAMES

COLUMNS: Final = (
    "disp_time",
    "http_status",
    "log_type",
    "request_id",
    "server",
    "text",
    "time",
    "type",
    "unix_time",
)
_OUTPUTS: Final = ("text", "raw", "json")

_EPILOG: Final = """\b
Examples:
  logstream tail mysite prod
  logstream tail -t php-error apache-error -- devcloud:mysite dev
  logstream tail mysite prod --status 5xx -c disp_time server text
  logstream tail mysite prod -h 'text=health-?check' -o json
  logstream tail mysite prod --since 1h --until 30m -i Fatal
  logstream tail mysite prod -n 100 --cursor-file ~/.mysite.cursor

\b
A time is 10s, 5m, 2h, 3d, 1w, 1h30m (ago), today, yesterday, 15:04,
2026-01-02, '2026-01-02 15:04', 2026-01-02T15:04:05Z or @UNIXTIME; without
a zone it is local.

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
    type=click.Choice(_OUTPUTS),
    default=_OUTPUTS[0],
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
    "--mine",
    is_flag=True,
    help="Show only lines of requests that you send with a header, which is told at the start.",
)
@click.option(
    "-H", "--highlight", metavar="REGEXP", help="Show in reverse what matches, where in colour."
)
@click.option(
    "--server",
    "servers",
    multiple=True,
    metavar="NAME",
    help="Stream only from this server; * and ? stand for any characters.",
)
@click.option(
    "-n",
    "--lines",
    metavar="N",
    type=click.IntRange(min=0),
    help="Begin with the last N lines of all sources together.  "
    "[default: 0, with --no-follow 10; with --since all]",
)
@click.option("-S", "--since", metavar="TIME", help="Begin with lines of this time and later.")
@click.option("-U", "--until", metavar="TIME", help="End at lines of this time; does not follow.")
@click.option(
    "-f",
    "--follow/--no-follow",
    default=True,
    help="Whether to go on with new lines.  [default: yes]",
)
@click.option(
    "--cursor-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Go on where the last run with this FILE came to, and keep that there.",
)
@click.option("--after-cursor", metavar="CURSOR", help="Go on after this cursor.")
@click.option("--show-cursor", is_flag=True, help="Say the cursor on standard error at the end.")
@click.option(
    "--reorder",
    metavar="DURATION",
    help="Hold new lines so long to show those of all sources in the order of time: 500ms, 2s.",
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
    """Stream log lines of an application's environment.

    APPLICATION is a UUID, a name, or a hosting id (realm:sitename); ENV is dev, test, prod, …

    TYPE, COLUMN and COLUMN=REGEXP may be several, one after another: put APPLICATION and ENV before
    them, or after a --. A column is any key of the protocol's line, and time.
    """
    if sys.stdout is None or sys.stderr is None:
        raise UsageError("standard output or standard error is closed: where should lines go?")
    from logstream.cli.tail_options import checked
    from logstream.cli.tail_run import run_tail

    config = checked(options)
    return run_tail(config, out_fd=sys.stdout.fileno(), err=sys.stderr)
