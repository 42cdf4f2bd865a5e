"""Configuration files and the secret beside them: read whole, checked before anything starts."""

import logging
import stat
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from logstream.errors import ConfigError
from logstream.model.ticket import check_secret

ConfigType = TypeVar("ConfigType")

_log: Final = logging.getLogger("logstream")


def read_config(path: Path, kind: type[ConfigType]) -> ConfigType:
    """Read a service's configuration.

    Raises:
        ConfigError: The file cannot be read, is not TOML, or a key in it is wrong.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, ConfigError) as error:
        raise ConfigError(f"{path}: {error}") from error


def read_secret(path: Path) -> bytes:
    """Read the secret that Cloud API and hubs share; space around it is not part of it.

    Raises:
        ConfigError: The file cannot be read, or the secret is too short.
    """
    try:
        secret = path.read_bytes().strip()
        exposed = bool(path.stat().st_mode & stat.S_IROTH)
    except OSError as error:
        raise ConfigError(f"cannot read the secret_file {path}: {error.strerror}") from error
    try:
        check_secret(secret)
    except ConfigError as error:
        raise ConfigError(f"secret_file {path}: {error}") from error
    if exposed:
        _log.warning("all users can read the secret_file %s: protect it with chmod 600", path)
    return secret
