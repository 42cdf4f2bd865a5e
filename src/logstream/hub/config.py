"""The configuration of a hub: one TOML file, validated whole before anything starts."""

import socket
from typing import Annotated

import msgspec

from logstream.model.source import HUB_NAMES_START, is_hub_name


def default_name() -> str:
    """Give this machine's hub name. Clients tell a hub by its ``logstream-``."""
    return f"{HUB_NAMES_START}{socket.gethostname().split('.')[0].lower()}"


class HubConfig(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The keys of ``logstream hub --config FILE``.

    Attributes:
        host: The address to listen on.
        port: The port to listen on; 0 takes any free one.
        name: What clients see as this hub's server name; begins with ``logstream-``.
        secret_file: A file that holds the secret shared with the Cloud API.
        tls_certificate: A PEM file with the certificate chain; without it the hub speaks ``ws``.
        tls_key: A PEM file with the certificate's key.
        upstream_endpoint: The Cloud API of another hub that this one is dialled into.
        upstream_credentials: A JSON file: ``api_key`` and ``api_secret`` of a hub's key there.
    """

    secret_file: str
    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8081
    name: str = msgspec.field(default_factory=default_name)
    tls_certificate: str | None = None
    tls_key: str | None = None
    upstream_endpoint: str | None = None
    upstream_credentials: str | None = None

    def __post_init__(self) -> None:
        """Check what types cannot say."""
        if not is_hub_name(self.name):
            raise ValueError(f"name must begin with {HUB_NAMES_START}, not be {self.name!r}")
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together: give both or neither")
        if (self.upstream_endpoint is None) != (self.upstream_credentials is None):
            raise ValueError("upstream_endpoint and upstream_credentials go together")
