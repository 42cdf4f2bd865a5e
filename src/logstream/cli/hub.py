"""``logstream hub``: the service that people and logtailors connect to."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--config",
    "config_path",
    required=True,
    type=click.Path(path_type=Path),
    help="The TOML file that configures this hub.",
)
@click.option("--debug", is_flag=True, help="Log more, for developers.")
def hub(config_path: Path, *, debug: bool) -> None:
    """Run a hub: it gathers logtailors and serves people.

    It needs the secret that it shares with the Cloud API and nothing else. SIGTERM closes all
    connections and ends it with exit code 0; clients and logtailors connect again by themselves.
    """
    from logstream.cli.config_file import read_config, read_secret
    from logstream.cli.offers import ask_offers_of
    from logstream.cli.running import serve_until_stopped
    from logstream.client.cloud_api import CloudAPI
    from logstream.client.credentials import read_credentials
    from logstream.hub.config import HubConfig
    from logstream.hub.service import Hub
    from logstream.telemetry.log import set_up
    from logstream.transport.event_loop import run

    set_up(debug=debug)
    config = read_config(config_path, HubConfig)
    offers = None
    if config.upstream_endpoint is not None and config.upstream_credentials is not None:
        credentials = read_credentials(Path(config.upstream_credentials))
        offers = ask_offers_of(CloudAPI(credentials, config.upstream_endpoint))
    service = Hub(config, secret=read_secret(Path(config.secret_file)), offers=offers)
    run(serve_until_stopped(service.start, service.stop))
