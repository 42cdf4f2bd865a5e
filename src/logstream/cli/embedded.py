"""The whole service in one process: Cloud API, hub and logtailors, wired as they are apart.

Nothing is short-cut: each logtailor gets its tickets from the Cloud API with a key of its own and
dials the hub, as on servers of their own.
"""

import asyncio
import secrets
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from logstream.api.config import ApiConfig
from logstream.api.service import ApiService
from logstream.cli.config_file import read_secret
from logstream.cli.offers import ask_offers_of
from logstream.cli.state import SECRET_BYTES, PersonKey, StateDirectory
from logstream.client.cloud_api import CloudAPI
from logstream.client.credentials import Credentials
from logstream.errors import ConnectionFailed, UsageError
from logstream.hub.config import HubConfig
from logstream.hub.service import STREAM_PATH, Hub
from logstream.logtailor.config import SourceConfig
from logstream.logtailor.service import Logtailor
from logstream.store.entities import Environment, KeyKind
from logstream.store.store import Store
from logstream.transport.tls import own_context

#: From the listening hub to the last source that it was offered.
START_TIMEOUT_S: Final = 20.0
POLL_S: Final = 0.01
_ANY_ADDRESS: Final = ("0.0.0.0", "::", "")  # noqa: S104 - recognised, not bound


class Listening(NamedTuple):
    """Where ``logstream up`` listens.

    Attributes:
        host: The address that both ports listen on.
        api_port: Of the Cloud API; 0: any free one.
        stream_port: Of the hub; 0: any free one.
        tls_certificate: A PEM file: the hub speaks ``wss``.
        tls_key: A PEM file.
    """

    host: str
    api_port: int
    stream_port: int
    tls_certificate: str | None = None
    tls_key: str | None = None


class EmbeddedConfig(NamedTuple):
    """What ``logstream up`` runs.

    Attributes:
        listening: Where.
        application: The application's name.
        site: Its hosting id.
        servers: Server → its sources.
    """

    listening: Listening
    application: str
    site: str
    servers: Mapping[str, Sequence[SourceConfig]]

    @property
    def environments(self) -> list[str]:
        """The environments' names, in the order of their sources."""
        sources = (source for found in self.servers.values() for source in found)
        return list(dict.fromkeys(source.environment for source in sources))


class Embedded:
    """The running service.

    Args:
        config: What to run.
        state: Where its database and secrets are.
        key: The key that people use.
    """

    def __init__(self, config: EmbeddedConfig, state: StateDirectory, key: PersonKey) -> None:
        self._config = config
        self._state = state
        self._key = key
        self._store: Store | None = None
        self._hub: Hub | None = None
        self._api: ApiService | None = None
        self._logtailors: list[Logtailor] = []
        self.application_uuid = ""
        self.stream_url = ""
        self.endpoint = ""
        self.page_url = ""

    async def start(self) -> None:
        """Start all parts; returns when every logtailor's sources can be enabled."""
        config, listening = self._config, self._config.listening
        secret_file = self._state.secret_file()
        secret = read_secret(secret_file)
        self._hub = Hub(
            HubConfig(
                secret_file=str(secret_file),
                host=listening.host,
                port=listening.stream_port,
                tls_certificate=listening.tls_certificate,
                tls_key=listening.tls_key,
            ),
            secret=secret,
        )
        stream_port = await self._hub.start()
        scheme = "wss" if listening.tls_certificate else "ws"
        self.stream_url = f"{scheme}://{_address(listening.host, stream_port)}{STREAM_PATH}"
        self._store = await asyncio.to_thread(Store.open, str(self._state.database))
        granted = await asyncio.to_thread(self._ensure_environments, self._store)
        api = ApiConfig(
            database=str(self._state.database),
            secret_file=str(secret_file),
            hub_urls=[self.stream_url],
            host=listening.host,
            port=listening.api_port,
        )
        self._api = ApiService(api, self._store, secret=secret)
        self.page_url = f"http://{_address(listening.host, await self._api.start())}/"
        self.endpoint = f"{self.page_url}api"
        self._state.keep_credentials(self._key, endpoint=self.endpoint)
        for server, sources in config.servers.items():
            await self._start_logtailor(server, sources, granted)
        await self._until_offered(self._hub)

    async def stop(self) -> None:
        """Stop all parts; those that send first."""
        for logtailor in self._logtailors:
            await logtailor.stop()
        if self._hub is not None:
            await self._hub.stop()
        if self._api is not None:
            await self._api.stop()
        if self._store is not None:
            self._store.close()

    def page_link(self) -> str:
        """Give a link to the page that lets its first user in, with the person's key."""
        if self._api is None:
            raise AssertionError("there is no page before the start")
        return f"{self.page_url}#token={self._api.issue_link_token(self._key.api_key)}"

    # --- inside ----------------------------------------------------------------------------------

    async def _until_offered(self, hub: Hub) -> None:
        """Wait until the hub knows every source."""
        sources = sum(len(found) for found in self._config.servers.values())
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                while hub.offered_sources < sources:  # noqa: ASYNC110 - once, at the start
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            raise ConnectionFailed(
                f"the logtailor did not reach the hub at {self.stream_url}"
                f" within {START_TIMEOUT_S:.0f} s: see the log above"
            ) from None

    def _ensure_environments(self, store: Store) -> list[Environment]:
        """Make sure that the application, its environments and the person's key are there."""
        config = self._config
        try:
            application = store.ensure_application(config.application, config.site)
        except UsageError as error:
            raise UsageError(
                f"{error}: give this one another name (--application) or its own --state-dir"
            ) from None
        self.application_uuid = application.uuid
        granted = [store.ensure_environment(application, name) for name in config.environments]
        store.ensure_key(
            KeyKind.PERSON,
            granted,
            key_id=self._key.api_key,
            secret=self._key.api_secret,
            label="logstream up",
        )
        return granted

    async def _start_logtailor(
        self, server: str, sources: Sequence[SourceConfig], granted: Sequence[Environment]
    ) -> None:
        if self._store is None:
            raise AssertionError("the store is opened first")
        key_id, secret = f"up-{server}", secrets.token_hex(SECRET_BYTES)
        if key_id == self._key.api_key:
            raise UsageError(f"the API key {key_id!r} is the one of the server: choose another")
        names = {source.environment for source in sources}
        await asyncio.to_thread(
            self._store.ensure_key,
            KeyKind.LOGTAILOR,
            [environment for environment in granted if environment.name in names],
            key_id=key_id,
            secret=secret,
            server=server,
            label="logstream up",
        )
        credentials = Credentials(api_key=key_id, api_secret=secret)
        api = CloudAPI(credentials, self.endpoint)
        certificate = self._config.listening.tls_certificate
        tls = own_context(Path(certificate)) if certificate else None
        logtailor = Logtailor(list(sources), offers=ask_offers_of(api), tls=tls)
        self._logtailors.append(logtailor)
        await logtailor.start()


def _address(host: str, port: int) -> str:
    """Give ``host:port`` as others reach it."""
    if host in _ANY_ADDRESS:
        host = socket.getfqdn()
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
