"""``logstream up``: the whole service in one process, over the given files."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from logstream.cli.embedded import Embedded, EmbeddedConfig
    from logstream.cli.state import PersonKey, StateDirectory

#: Where ``--demo`` does not choose free ones.
API_PORT = 8080
STREAM_PORT = 8081


class UpOptions(NamedTuple):
    """The command line, as it was given."""

    files: tuple[str, ...]
    demo: bool
    host: str
    api_port: int
    stream_port: int
    application: str
    site: str
    environment: str
    server: str
    state_dir: Path | None
    ready_file: Path | None
    tls_certificate: str | None
    tls_key: str | None


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE | TYPE=FILE]...")
@click.option("--demo", is_flag=True, help="Serve a sample application with realistic traffic.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--api-port",
    type=click.IntRange(0, 65535),
    help=f"Port of the Cloud API; 0: any free one. Default: {API_PORT}, with --demo 0.",
)
@click.option(
    "--stream-port",
    type=click.IntRange(0, 65535),
    help=f"Port of the hub; 0: any free one. Default: {STREAM_PORT}, with --demo 0.",
)
@click.option("--application", default="Local", show_default=True, help="The application's name.")
@click.option(
    "--site", default="local:site", show_default=True, help="Its hosting id, realm:sitename."
)
@click.option("--environment", default="dev", show_default=True, help="The environment's name.")
@click.option("--server", default="", help="The server's name. Default: this machine's.")
@click.option(
    "--state-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where its database and secrets are. Default: $XDG_STATE_HOME/logstream, or"
    " ~/.local/state/logstream.",
)
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Once all is up, write the addresses and the key to this file, as JSON, mode 0600.",
)
@click.option("--tls-certificate", type=click.Path(), help="A PEM file: the hub speaks wss.")
@click.option("--tls-key", type=click.Path(), help="The PEM file with the certificate's key.")
def up(
    files: tuple[str, ...],
    *,
    demo: bool,
    host: str,
    api_port: int | None,
    stream_port: int | None,
    application: str,
    site: str,
    environment: str,
    server: str,
    state_dir: Path | None,
    ready_file: Path | None,
    tls_certificate: str | None,
    tls_key: str | None,
) -> None:
    """Start the whole service in one process: Cloud API, hub and a logtailor.

    It follows the given files and globs (quote those). The log type is recognised from a file's
    path and content; TYPE=FILE says it, as php-error=/var/log/php.log.

    The key that people stream with comes from LOGSTREAM_API_KEY and LOGSTREAM_API_SECRET, else it
    is generated and kept in the state directory. SIGTERM and Ctrl-C end it with exit code 0.
    """
    if not files and not demo:
        raise click.UsageError("name the log files to follow, or try --demo")
    if files and demo:
        raise click.UsageError("--demo makes its own files: give either --demo or files")
    options = UpOptions(
        files,
        demo,
        host,
        api_port if api_port is not None else (0 if demo else API_PORT),
        stream_port if stream_port is not None else (0 if demo else STREAM_PORT),
        application,
        site,
        environment,
        server,
        state_dir,
        ready_file,
        tls_certificate,
        tls_key,
    )
    _run(options)


def _run(options: UpOptions) -> None:
    from logstream.cli import settings
    from logstream.cli.state import StateDirectory
    from logstream.telemetry.log import set_up
    from logstream.transport.event_loop import run

    set_up(quiet=options.demo)
    state = StateDirectory(options.state_dir or settings.state_directory())
    key = state.person_key(*settings.key_for_people())
    if options.demo:
        from logstream.cli.demo import Demo

        run(Demo(options, state, key).run())
    else:
        run(_serve(_config(options), state, key, options.ready_file))


def _config(options: UpOptions) -> "EmbeddedConfig":
    import socket

    from logstream.cli.embedded import EmbeddedConfig
    from logstream.cli.sources import read_sources

    server = options.server or socket.gethostname().partition(".")[0]
    sources = read_sources(options.files, site=options.site, environment=options.environment)
    return EmbeddedConfig(
        host=options.host,
        api_port=options.api_port,
        stream_port=options.stream_port,
        application=options.application,
        site=options.site,
        servers={server: sources},
        tls_certificate=options.tls_certificate,
        tls_key=options.tls_key,
    )


async def _serve(
    config: "EmbeddedConfig", state: "StateDirectory", key: "PersonKey", ready_file: Path | None
) -> None:
    from logstream.cli.embedded import Embedded
    from logstream.cli.running import serve_until_stopped

    service = Embedded(config, state, key)

    async def start() -> None:
        await service.start()
        for sources in config.servers.values():
            for source in sources:
                click.echo(f"following {source.type}: {', '.join(source.paths)}")
        announce(service, config, state, config.environments[0])
        if ready_file is not None:
            write_ready_file(ready_file, service, config, key)

    await serve_until_stopped(start, service.stop)


def announce(
    service: "Embedded", config: "EmbeddedConfig", state: "StateDirectory", environment: str
) -> None:
    """Print the line that watches what is served, ready to paste."""
    import shlex
    import shutil
    import sys

    program = "logstream"
    if shutil.which(program) is None:
        program = str(Path(sys.executable).with_name(program))
    types = {source.type for sources in config.servers.values() for source in sources}
    words = [program, "tail", config.application, environment]
    words += ["--credentials", str(state.credentials.absolute()), "-t", *sorted(types)]
    click.echo(f"The Cloud API is at {service.endpoint}, the hub at {service.stream_url}")
    click.echo("Watch the logs with:\n")
    click.echo(f"  {shlex.join(words)}\n")


def write_ready_file(
    path: Path, service: "Embedded", config: "EmbeddedConfig", key: "PersonKey"
) -> None:
    """Write what a program needs to use the service."""
    import msgspec

    from logstream.cli.state import write_private

    ready = {
        "page_url": None,
        "endpoint": service.endpoint,
        "stream_url": service.stream_url,
        "application": service.application_uuid,
        "environment": config.environments[0],
        "site": config.site,
        "api_key": key.api_key,
        "api_secret": key.api_secret,
    }
    write_private(path, msgspec.json.format(msgspec.json.encode(ready)) + b"\n")
