"""The command ``logstream``: finds the command, runs it, and turns what goes wrong into one line.

A command's module is imported only when it is needed, so that help is quick. Exit codes: those of
the errors (`errors.py`); 2 for usage; 130 for Ctrl-C, except where it is the way to end (``tail``).
"""

import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from typing import Final

import click

from logstream.cli import settings
from logstream.errors import LogstreamError

_INTERRUPTED: Final = 130
_OURS: Final = "logstream"
_COMMANDS: Final = {
    "tail": ("logstream.cli.tail", "tail", "Stream log lines of an environment."),
    "up": ("logstream.cli.up", "up", "Run the whole service in one process."),
    "api": ("logstream.cli.api", "api", "Run the Cloud API."),
    "hub": ("logstream.cli.hub", "hub", "Run a hub (logstream-api)."),
    "logtailor": ("logstream.cli.logtailor", "logtailor", "Run a logtailor on a server."),
    "formats": ("logstream.cli.formats", "formats", "Show how log types are read."),
    "admin": ("logstream.cli.admin", "admin", "Manage applications, environments and keys."),
    "completion": ("logstream.cli.completion", "completion", "Print shell completion."),
}
"""For each command: its module, its name there, and what the list of commands says of it."""


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all commands, in the order of the table."""
        return [*_COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in _COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, name, _ = _COMMANDS[cmd_name]
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)  # noqa: S101 - for mypy
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        del ctx
        rows = [(name, text) for name, (_, _, text) in _COMMANDS.items()]
        rows += [(n, c.get_short_help_str()) for n, c in sorted(self.commands.items())]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _print_version(ctx: click.Context, _param: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"logstream {version('logstream')}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Show the version and exit.",
)
def logstream() -> None:
    """Stream web-site logs from many servers, live."""


@logstream.command("help", short_help="Explain a command.")
@click.argument("commands", nargs=-1, metavar="[COMMAND]...")
@click.pass_context
def help_(ctx: click.Context, commands: tuple[str, ...]) -> None:
    """Explain a command."""
    assert ctx.parent is not None  # noqa: S101 - for mypy
    explained: click.Command = logstream
    shown = ctx.parent
    for name in commands:
        found = explained.get_command(shown, name) if isinstance(explained, click.Group) else None
        if found is None:
            raise click.UsageError(f"there is no command {' '.join(commands)!r}", ctx.parent)
        shown = found.make_context(name, [], parent=shown, resilient_parsing=True)
        explained = found
    click.echo(explained.get_help(shown))


def main() -> None:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:]))


def run(args: Sequence[str]) -> int:
    """Run one command line.

    Returns:
        The exit code; nothing is ever raised.
    """
    try:
        return _invoke(args)
    except click.ClickException as failure:
        failure.show()
        return failure.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except LogstreamError as failure:
        return _failed(failure, str(failure), args, failure.exit_code)
    except BrokenPipeError:
        _forget_output()
        return 0
    except Exception as failure:  # noqa: BLE001 - no traceback reaches a person who has not asked
        return _failed(failure, _unexpected(failure, args), args, 1)


def _invoke(args: Sequence[str]) -> int:
    """Run one command line as Click does, but leave its failures to the caller."""
    instruction = settings.completion_instruction()
    if instruction:
        from click.shell_completion import shell_complete

        return shell_complete(logstream, {}, "logstream", settings.COMPLETION_VARIABLE, instruction)
    try:
        with logstream.make_context("logstream", list(args)) as context:
            code = logstream.invoke(context)
    except click.exceptions.Exit as asked:  # help or the version was shown
        code = asked.exit_code
    if sys.stdout is not None:
        sys.stdout.flush()
    return code if isinstance(code, int) else 0


def _unexpected(failure: Exception, args: Sequence[str]) -> str:
    if isinstance(failure, ModuleNotFoundError) and not (failure.name or "").startswith(_OURS):
        return (
            f"this command needs the Python package {failure.name}, which is not installed: "
            "pip install 'logstream[server]'"
        )
    hint = "" if "--debug" in args else " (with --debug: where)"
    return f"unexpected {type(failure).__name__}: {failure}".replace("\n", " ") + hint


def _failed(failure: Exception, said: str, args: Sequence[str], code: int) -> int:
    from logstream.cli.inert import inert

    if "--debug" in args:
        click.echo(inert("".join(traceback.format_exception(failure))), err=True, nl=False)
    click.echo(f"logstream: {inert(said)}", err=True)
    return code


def _forget_output() -> None:
    """Make the interpreter's last flush silent: nobody reads standard output any more."""
    try:
        sys.stdout.close()
    except BrokenPipeError:
        return
