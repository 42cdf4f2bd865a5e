"""Configuration files and the secret beside them."""

from pathlib import Path

import pytest

from logstream.cli.config_file import read_config, read_secret
from logstream.errors import ConfigError
from logstream.hub.config import HubConfig


def test_a_configuration_is_read_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "hub.toml"
    path.write_text('secret_file = "s"\nport = 5\n')
    assert read_config(path, HubConfig).port == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"port = 5", "secret_file"),
        (b'secret_file = "s"\nprot = 5', "prot"),
        (b'secret_file = "s"\nport = "5"', "port"),
        (b'secret_file = "s"\nname = "web"', "logstream-"),
        (b"= 5", "hub.toml"),
        (b"\xff", "hub.toml"),
    ],
)
def test_what_is_wrong_is_said_with_the_file(tmp_path: Path, text: bytes, said: str) -> None:
    path = tmp_path / "hub.toml"
    path.write_bytes(text)
    with pytest.raises(ConfigError) as raised:
        read_config(path, HubConfig)
    assert said in str(raised.value)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*none\.toml"):
        read_config(tmp_path / "none.toml", HubConfig)


def test_space_around_the_secret_is_not_part_of_it(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b" 0123456789abcdef\n")
    assert read_secret(path) == b"0123456789abcdef"


def test_a_secret_that_is_missing_or_short_is_told_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    with pytest.raises(ConfigError, match=r"secret: No such file"):
        read_secret(path)
    path.write_bytes(b"hunter2\n")
    with pytest.raises(ConfigError, match="has 7 bytes") as raised:
        read_secret(path)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(("mode", "told"), [(0o600, 0), (0o640, 0), (0o644, 1)])
def test_a_secret_that_all_can_read_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, mode: int, told: int
) -> None:
    """A group may have to: that of the services."""
    path = tmp_path / "secret"
    path.write_text("a secret of at least sixteen bytes")
    path.chmod(mode)
    read_secret(path)
    assert len(caplog.messages) == told
    assert "a secret" not in caplog.text
