"""The Cloud API's configuration: one TOML file, checked before anything starts."""

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

import msgspec

_HOST_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_PORT_MAX: Final = 65535
_BASE_PATH: Final = re.compile(r"(/[A-Za-z0-9._~-]+)*")


class ApiConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the Cloud API is run.

    Attributes:
        database: Path of an SQLite file, or ``postgresql://user@host/name``.
        secret_file: Path of the file with the secret shared with the hubs; space around it is not
            part of it.
        hub_urls: ``ws://`` or ``wss://`` URLs of the hubs, as people and logtailors reach them.
            People are given one after the other, logtailors all.
        host: Address to listen on.
        port: Port to listen on; 0: any free one.
        public_url: ``https://host`` (and a path, if a proxy adds one) at which people reach the
            API, for the links in its answers; by default, what each request was sent to.
        base_path: Where the API is below its address: ``/api``, or empty. The browser page stands
            where its last part stood, so ``/`` for ``/api``; without a base path there is no page.
        tls_certificate: A PEM file with the certificate chain; without it the API speaks HTTP.
        tls_key: A PEM file with the certificate's key.
        trust_forwarded: Whether ``X-Forwarded-Proto`` and ``X-Forwarded-Host`` are believed, which
            is right only behind a proxy that sets them.
    """

    database: str
    secret_file: str
    hub_urls: list[str]
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str | None = None
    base_path: str = "/api"
    tls_certificate: str | None = None
    tls_key: str | None = None
    trust_forwarded: bool = False

    @property
    def page_path(self) -> str:
        """Where the browser page is below the address, without a slash at its end."""
        return self.base_path.rpartition("/")[0]

    def __post_init__(self) -> None:
        _check(bool(self.database), "database", "is empty: give a path or postgresql://…")
        _check(bool(self.secret_file), "secret_file", "is empty: give the path of a file")
        _check(
            _is_host(self.host), "host", f"{self.host!r} is neither a host name nor an IP address"
        )
        _check(0 <= self.port <= _PORT_MAX, "port", f"{self.port} is not from 0 to {_PORT_MAX}")
        _check(bool(self.hub_urls), "hub_urls", "is empty: name at least one hub")
        for url in self.hub_urls:
            _check(
                _is_url(url, {"ws", "wss"}),
                "hub_urls",
                f"{url!r} is not like wss://hub.example.com/ah_websocket/logstream/v1",
            )
        if self.public_url is not None:
            _check(
                _is_url(self.public_url, {"http", "https"}),
                "public_url",
                f"{self.public_url!r} is not like https://logs.example.com",
            )
        _check(
            _BASE_PATH.fullmatch(self.base_path) is not None,
            "base_path",
            f"{self.base_path!r} is not like /api (or empty)",
        )
        _check(
            (self.tls_certificate is None) == (self.tls_key is None),
            "tls_certificate",
            "and tls_key go together: give both or neither",
        )


def _check(right: bool, key: str, text: str) -> None:
    if not right:
        # msgspec turns a ValueError into an error that names where in the file it arose.
        raise ValueError(f"{key} {text}")


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _HOST_NAME.fullmatch(host) is not None
    return True


def _is_url(url: str, schemes: set[str]) -> bool:
    if not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return (
        parts.scheme in schemes
        and parts.hostname is not None
        and _is_host(parts.hostname)
        and port_is_right
        and not (parts.query or parts.fragment or parts.username)
    )
