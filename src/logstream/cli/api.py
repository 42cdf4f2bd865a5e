"""``logstream api``: the Cloud API, which says who may stream what."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--config",
    "config_path",
    required=True,
    type=click.Path(path_type=Path),
    help="The TOML file that configures the Cloud API.",
)
@click.option("--debug", is_flag=True, help="Log more, for developers.")
def api(config_path: Path, *, debug: bool) -> None:
    """Run the Cloud API: it hands out signed connection details for hubs.

    It needs a database and the secret that it shares with the hubs. SIGTERM ends the requests under
    way, and then the service, with exit code 0.
    """
    from logstream.api.config import ApiConfig
    from logstream.api.service import ApiService
    from logstream.cli.config_file import read_config, read_secret
    from logstream.cli.running import serve_until_stopped
    from logstream.store.store import Store
    from logstream.telemetry.log import set_up
    from logstream.transport.event_loop import run

    set_up(debug=debug)
    config = read_config(config_path, ApiConfig)
    secret = read_secret(Path(config.secret_file))
    store = Store.open(config.database)
    try:
        service = ApiService(config, store, secret=secret)
        run(serve_until_stopped(service.start, service.stop))
    finally:
        store.close()
