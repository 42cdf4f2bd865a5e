import msgspec
import pytest

from logstream.api.config import ApiConfig

LEAST = {
    "database": "logstream.db",
    "secret_file": "secret",
    "hub_urls": ["wss://hub.example.com/ah_websocket/logstream/v1"],
}


def decoded(**changes: object) -> ApiConfig:
    return msgspec.convert({**LEAST, **changes}, ApiConfig)


def test_three_keys_are_enough() -> None:
    config = decoded()
    assert (config.host, config.port, config.base_path) == ("127.0.0.1", 8080, "/api")
    assert not config.trust_forwarded


@pytest.mark.parametrize("key", LEAST)
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=key):
        msgspec.convert({name: LEAST[name] for name in LEAST if name != key}, ApiConfig)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("colour", "red"),
        ("database", ""),
        ("database", 1),
        ("secret_file", ""),
        ("hub_urls", []),
        ("hub_urls", ["https://hub.example.com"]),
        ("hub_urls", ["wss://"]),
        ("hub_urls", ["wss://hub.example.com:0/"]),
        ("hub_urls", ["wss://hub.example.com/?a=b"]),
        ("hub_urls", ["wss://jane:pw@hub.example.com/"]),
        ("hub_urls", ["wss://hub.example.com/a b"]),
        ("host", ""),
        ("host", "a b"),
        ("port", -1),
        ("port", 65536),
        ("port", "8080"),
        ("public_url", "logs.example.com"),
        ("public_url", "ws://logs.example.com"),
        ("base_path", "api"),
        ("base_path", "/api/"),
        ("tls_certificate", "cert.pem"),
        ("tls_key", "key.pem"),
    ],
)
def test_a_wrong_value_is_told_with_its_key(key: str, value: object) -> None:
    name = "tls_certificate" if key == "tls_key" else key
    with pytest.raises(msgspec.ValidationError, match=name):
        decoded(**{key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hub_urls", ["ws://127.0.0.1:8081/ah_websocket/logstream/v1", "wss://[::1]/x"]),
        ("host", "::"),
        ("host", "0.0.0.0"),
        ("host", "localhost"),
        ("port", 0),
        ("base_path", ""),
        ("base_path", "/a/b"),
        ("public_url", "https://logs.example.com/prefix"),
    ],
)
def test_an_ordinary_value_is_taken(key: str, value: object) -> None:
    assert getattr(decoded(**{key: value}), key) == value
