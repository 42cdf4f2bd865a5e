"""What a running ``logstream up`` tells: to people a line to paste, to programs a file."""

import shlex
import shutil
import sys
from pathlib import Path

import click
import msgspec

from logstream.cli.embedded import Embedded, EmbeddedConfig
from logstream.cli.state import PersonKey, StateDirectory, write_private
from logstream.errors import ConfigError


def announce(
    service: Embedded, config: EmbeddedConfig, state: StateDirectory, environment: str
) -> None:
    """Print the line that watches what is served, ready to paste."""
    program = "logstream"
    if shutil.which(program) is None:
        program = str(Path(sys.executable).with_name(program))
    types = {source.type for sources in config.servers.values() for source in sources}
    words = [program, "tail", config.application, environment]
    words += ["--credentials", str(state.credentials.absolute()), "-t", *sorted(types)]
    click.echo(f"The Cloud API is at {service.endpoint}, the hub at {service.stream_url}")
    click.echo("Watch the logs in a browser (this link signs its first user in, once):\n")
    click.echo(f"  {service.page_link()}\n")
    click.echo("or in a terminal:\n")
    click.echo(f"  {shlex.join(words)}\n")


def forget_ready_file(path: Path) -> None:
    """Remove the file of an earlier run: it must not say that this one is up.

    Raises:
        ConfigError: It cannot be removed.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from error


def write_ready_file(path: Path, service: Embedded, config: EmbeddedConfig, key: PersonKey) -> None:
    """Write what a program needs to use the service.

    The file is its owner's alone and holds the key's secret anyway, so it may hold a one-time link
    too: ``page_link``, another one than the one that is printed. ``page_url`` is without secret.
    """
    ready = {
        "page_url": service.page_url,
        "page_link": service.page_link(),
        "endpoint": service.endpoint,
        "stream_url": service.stream_url,
        "application": service.application_uuid,
        "environment": config.environments[0],
        "site": config.site,
        "api_key": key.api_key,
        "api_secret": key.api_secret,
    }
    write_private(path, msgspec.json.format(msgspec.json.encode(ready)) + b"\n")
