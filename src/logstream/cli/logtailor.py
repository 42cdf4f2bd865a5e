"""``logstream logtailor``: the service on each server, which follows its log files."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--config",
    "config_path",
    required=True,
    type=click.Path(path_type=Path),
    help="The TOML file that configures this logtailor.",
)
@click.option("--debug", is_flag=True, help="Log more, for developers.")
def logtailor(config_path: Path, *, debug: bool) -> None:
    """Run a logtailor: it follows log files and offers them to the hubs.

    Its key comes from the credentials file that the configuration names, or from
    LOGSTREAM_API_KEY and LOGSTREAM_API_SECRET. It only dials out. SIGTERM ends it with exit code 0.
    """
    from logstream.cli import settings
    from logstream.cli.config_file import read_config
    from logstream.cli.offers import ask_offers_of
    from logstream.cli.running import serve_until_stopped
    from logstream.client.cloud_api import CloudAPI
    from logstream.client.credentials import find_credentials
    from logstream.logtailor.config import LogtailorConfig
    from logstream.logtailor.service import Logtailor
    from logstream.telemetry.log import set_up
    from logstream.transport.event_loop import run

    set_up(debug=debug)
    config = read_config(config_path, LogtailorConfig)
    file = Path(config.credentials) if config.credentials is not None else None
    credentials = find_credentials(settings.environment(), file)
    api = CloudAPI(credentials, config.endpoint)
    service = Logtailor(config.source, offers=ask_offers_of(api), formats=config.formats())
    run(serve_until_stopped(service.start, service.stop))
