"""Configuration files: TOML, read whole and checked before anything starts."""

from pathlib import Path
from typing import TypeVar

import msgspec

from logstream.errors import ConfigError

ConfigType = TypeVar("ConfigType")


def read_config(path: Path, kind: type[ConfigType]) -> ConfigType:
    """Read a service's configuration.

    Raises:
        ConfigError: The file cannot be read, is not TOML, or a key in it is wrong.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
