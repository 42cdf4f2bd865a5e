import socket

import msgspec
import pytest

from logstream.hub.config import HubConfig, default_name


def read(text: str) -> HubConfig:
    return msgspec.toml.decode(text, type=HubConfig)


def test_all_but_the_secret_has_a_default() -> None:
    config = read("secret_file = '/etc/logstream/secret'")
    assert (config.host, config.port) == ("127.0.0.1", 8081)
    assert config.name == default_name()
    assert config.tls_certificate is None
    assert config.upstream_endpoint is None


def test_a_machines_hub_is_named_so_that_clients_tell_it_from_a_web_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "Web-1.example.org")
    assert default_name() == "logstream-web-1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "missing required field `secret_file`"),
        ("secret_file = 's'\nprot = 1", "unknown field `prot`"),
        ("secret_file = 's'\nport = 'x'", "Expected `int`"),
        ("secret_file = 's'\nport = -1", "Expected `int` >= 0"),
        ("secret_file = 's'\nport = 65536", "Expected `int` <= 65535"),
        ("secret_file = 's'\nname = 'hub'", "name must begin with logstream-, not be 'hub'"),
        ('secret_file = "s"\nname = "logstream-\\n"', "name must begin with logstream-"),
        ("secret_file = 's'\ntls_key = 'k'", "tls_certificate and tls_key go together"),
        ("secret_file = 's'\ntls_certificate = 'c'", "tls_certificate and tls_key go together"),
        ("secret_file = 's'\nupstream_endpoint = 'e'", "upstream_credentials go together"),
        ("secret_file = 's'\nupstream_credentials = 'c'", "upstream_credentials go together"),
    ],
)
def test_a_mistake_is_named(text: str, message: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        read(text)


def test_everything_can_be_given() -> None:
    config = read(
        """
        secret_file = "s"
        host = "::"
        port = 0
        name = "logstream-eu-1"
        tls_certificate = "c"
        tls_key = "k"
        upstream_endpoint = "https://api"
        upstream_credentials = "u"
        """
    )
    assert config.name == "logstream-eu-1"
