"""The Cloud API as a service: starts in a running event loop, and drains when told to stop."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator

import uvicorn

from logstream.api.app import create_app
from logstream.api.config import ApiConfig
from logstream.api.http_protocol import BoundedProtocol
from logstream.api.visitor import Office
from logstream.errors import ConfigError
from logstream.model.limits import API_DRAIN_TIMEOUT_S, API_HEAD_MAX_BYTES
from logstream.store.store import Store

_log = logging.getLogger("logstream")


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: who runs the loop decides when to stop."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class ApiService:
    """The Cloud API; ``start`` it, and ``stop`` it at the end. The store stays its owner's.

    Args:
        config: How it is run.
        store: Where applications, environments and keys are.
        secret: Shared with the hubs.
    """

    def __init__(self, config: ApiConfig, store: Store, *, secret: bytes) -> None:
        self._config = config
        self._office = Office(config, store, secret)
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Listen.

        Returns:
            The port that it listens on.

        Raises:
            ConfigError: The address cannot be listened on.
        """
        config = uvicorn.Config(
            create_app(self._office),
            http=BoundedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",  # a stranger's malformed request is no event of ours
            access_log=False,
            proxy_headers=False,
            server_header=False,
            h11_max_incomplete_event_size=API_HEAD_MAX_BYTES,
            timeout_graceful_shutdown=API_DRAIN_TIMEOUT_S,
            ssl_certfile=self._config.tls_certificate,
            ssl_keyfile=self._config.tls_key,
        )
        try:
            config.load()
        except OSError as exc:
            raise ConfigError(
                f"tls_certificate {self._config.tls_certificate} or tls_key"
                f" {self._config.tls_key} cannot be used: {exc.strerror or exc}"
            ) from exc
        listener = _listen(self._config.host, self._config.port)
        port: int = listener.getsockname()[1]
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        listens = asyncio.create_task(self._server.listens.wait())
        await asyncio.wait([listens, self._serving], return_when=asyncio.FIRST_COMPLETED)
        if self._serving.done():  # another process was quicker, since the address was bound
            listens.cancel()
            failure = self._serving.exception()
            raise ConfigError(
                f"the Cloud API cannot listen on {self._config.host}:{port}: {failure}"
            ) from failure
        scheme = "https" if self._config.tls_certificate is not None else "http"
        host, base_path = self._config.host, self._config.base_path
        host = f"[{host}]" if ":" in host else host
        _log.info("the Cloud API listens on %s://%s:%d%s", scheme, host, port, base_path)
        return port

    def issue_link_token(self, key_id: str) -> str:
        """Give a token that lets its first user into the page, with the key ``key_id``."""
        return self._office.one_time_links.issue(key_id, now_s=self._office.now())

    async def stop(self) -> None:
        """Take no more requests, end those under way, and close. Stopping twice is fine."""
        if self._server is None or self._serving is None:
            return
        self._server.should_exit = True
        await asyncio.wait([self._serving])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except OSError as exc:
        raise ConfigError(f"the Cloud API cannot listen on {host}:{port}: {exc.strerror}") from exc
    return listener
