"""``logstream up``: the whole service in one process, over the given files."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from logstream.cli.embedded import EmbeddedConfig, Listening
    from logstream.cli.state import PersonKey, StateDirectory

#: Where ``--demo`` does not choose free ones.
API_PORT = 8080
STREAM_PORT = 8081


class UpOptions(NamedTuple):
    """The command line, as it was given."""

    files: tuple[str, ...]
    demo: bool
    listening: "Listening"
    application: str
    site: str
    environment: str
    server: str
    state_dir: Path | None
    ready_file: Path | None


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
    if (tls_certificate is None) != (tls_key is None):
        raise click.UsageError("--tls-certificate and --tls-key go together: give both or neither")
    from logstream.cli.embedded import Listening

    listening = Listening(
        host,
        api_port if api_port is not None else (0 if demo else API_PORT),
        stream_port if stream_port is not None else (0 if demo else STREAM_PORT),
        tls_certificate,
        tls_key,
    )
    _run(
        UpOptions(
            files, demo, listening, application, site, environment, server, state_dir, ready_file
        )
    )


def _run(options: UpOptions) -> None:
    from logstream.cli import settings
    from logstream.cli.ready import forget_ready_file
    from logstream.cli.state import StateDirectory
    from logstream.telemetry.log import set_up
    from logstream.transport.event_loop import run

    set_up(quiet=options.demo)
    default = settings.state_directory()
    state = StateDirectory(options.state_dir or (default / "demo" if options.demo else default))
    try:
        if options.ready_file is not None:
            forget_ready_file(options.ready_file)
        key = state.person_key(*settings.key_for_people())
        if options.demo:
            from logstream.cli.demo import Demo

            run(Demo(options.listening, state, key, options.ready_file).run())
        else:
            run(_serve(_config(options), state, key, options.ready_file))
    finally:
        state.close()


def _config(options: UpOptions) -> "EmbeddedConfig":
    import socket

    from logstream.cli.embedded import EmbeddedConfig
    from logstream.cli.sources import read_sources
    from logstream.store import names
    from logstream.store.entities import KeyKind

    # The store checks them too, but says less clearly which option is meant, and later.
    names.check_application_name(options.application)
    names.check_site(options.site)
    names.check_environment_name(options.environment)
    server = options.server or socket.gethostname().partition(".")[0]
    names.check_server(KeyKind.LOGTAILOR, server)
    sources = read_sources(options.files, site=options.site, environment=options.environment)
    return EmbeddedConfig(
        listening=options.listening,
        application=options.application,
        site=options.site,
        servers={server: sources},
    )


async def _serve(
    config: "EmbeddedConfig", state: "StateDirectory", key: "PersonKey", ready_file: Path | None
) -> None:
    from logstream.cli.embedded import Embedded
    from logstream.cli.inert import inert
    from logstream.cli.ready import announce, write_ready_file
    from logstream.cli.running import serve_until_stopped

    service = Embedded(config, state, key)

    async def start() -> None:
        await service.start()
        for sources in config.servers.values():
            for source in sources:
                click.echo(inert(f"following {source.type}: {', '.join(source.paths)}"))
        announce(service, config, state, config.environments[0])
        if ready_file is not None:
            write_ready_file(ready_file, service, config, key)

    await serve_until_stopped(start, service.stop)
