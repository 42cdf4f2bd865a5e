"""Which database ``logstream admin`` works on, and how its commands print what is there."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from logstream.cli import settings
from logstream.errors import UsageError

if TYPE_CHECKING:
    from logstream.store.entities import Environment
    from logstream.store.store import Store

_Command = TypeVar("_Command", bound=Callable[..., Any])
_GAP: Final = "  "


@dataclass
class Choice:
    """What the options say, wherever among the words of a command they stand."""

    database: str | None = None
    config: Path | None = None
    output: str = "text"

    def url(self) -> str:
        """Find the database: ``--database``, the configuration file's, or the environment's.

        Raises:
            UsageError: None is named.
            ConfigError: The configuration file is wrong.
        """
        if self.database is not None:
            return self.database
        if self.config is not None:
            from logstream.api.config import ApiConfig
            from logstream.cli.config_file import read_config

            return read_config(self.config, ApiConfig).database
        found = settings.database()
        if not found:
            raise UsageError(
                "no database is named: use --database, the Cloud API's --config file"
                " or LOGSTREAM_DATABASE"
            )
        return found


def store_options(command: _Command) -> _Command:
    """Give ``command`` the options that say which database and which output."""
    for option in (
        click.option(
            "-o",
            "--output",
            type=click.Choice(["text", "json"]),
            expose_value=False,
            callback=_remember,
            help="Text in columns (the default), or JSON.",
        ),
        click.option(
            "--config",
            type=click.Path(path_type=Path),
            expose_value=False,
            callback=_remember,
            help="The Cloud API's configuration file, which names the database.",
        ),
        click.option(
            "--database",
            metavar="URL",
            expose_value=False,
            callback=_remember,
            help="The database: a path, or a URL without a password.",
        ),
    ):
        command = option(command)
    return command


@contextlib.contextmanager
def opened_store() -> Iterator["Store"]:
    """Open the chosen database; its schema is brought up to date."""
    from logstream.store.store import Store

    store = Store.open(_choice().url())
    try:
        yield store
    finally:
        store.close()


def named_environment(store: "Store", reference: str) -> "Environment":
    """Find the environment that ``APPLICATION/NAME`` names.

    Raises:
        UsageError: There is no slash in it.
        NotFound: There is none.
    """
    application, slash, name = reference.rpartition("/")
    if not slash:
        raise UsageError(f"environment {reference!r} is not APPLICATION/NAME, e.g. mysite/dev")
    return store.find_environment(store.find_application(application), name)


def show(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> None:
    """Print rows: as a JSON array with all that they hold, or the ``columns`` as text."""
    if _choice().output == "json":
        _print_json(list(rows))
        return
    table = [[column.upper() for column in columns]]
    table += [[_as_text(row[column]) for column in columns] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo(_GAP.join(cells).rstrip())


def show_one(row: Mapping[str, object]) -> None:
    """Print one thing: as a JSON object, or a line for each of its values."""
    if _choice().output == "json":
        _print_json(dict(row))
        return
    width = max(map(len, row)) + 1
    for name, value in row.items():
        click.echo(f"{name + ':':<{width}} {_as_text(value)}".rstrip())


def _choice() -> Choice:
    return click.get_current_context().ensure_object(Choice)


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value is None:
        return
    if parameter.name == "database" and "://" in value and _has_password(value):
        raise UsageError(
            "a password in --database is visible to everyone on this machine: put the URL into"
            " LOGSTREAM_DATABASE or a configuration file"
        )
    setattr(context.ensure_object(Choice), str(parameter.name), value)


def _has_password(url: str) -> bool:
    from urllib.parse import parse_qs, urlsplit

    try:
        parts = urlsplit(url)
        return bool(parts.password) or "password" in parse_qs(parts.query)
    except ValueError:
        return False


def _as_text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, list):
        return ",".join(map(str, value)) or "-"
    return str(value)


def _print_json(value: object) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value)).decode())
