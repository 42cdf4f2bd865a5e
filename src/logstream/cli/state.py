"""The state directory of ``logstream up``: its database, its secrets, and people's credentials.

Secrets are generated once, readable by their owner only, and never leave the files they are in.
"""

import contextlib
import fcntl
import os
import secrets
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from logstream.errors import ConfigError

#: Of a generated secret; 32 bytes are as good as HMAC-SHA256 gets.
SECRET_BYTES: Final = 32
_PRIVATE: Final = 0o600


class PersonKey(NamedTuple):
    """The key that a person streams with."""

    api_key: str
    api_secret: str


class StateDirectory:
    """What ``logstream up`` keeps between its runs; one process uses it at a time.

    Args:
        path: Created where it is missing, for its owner only.

    Raises:
        ConfigError: It cannot be created, or another process uses it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = (path / "lock").open("wb")
        except OSError as error:
            raise ConfigError(f"cannot use the state directory {path}: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise ConfigError(
                f"another logstream up uses {path}: end it, or give this one its own --state-dir"
            ) from None

    def close(self) -> None:
        """Let another process use it."""
        self._lock.close()

    @property
    def database(self) -> Path:
        """The SQLite file of the Cloud API."""
        return self.path / "logstream.db"

    @property
    def credentials(self) -> Path:
        """What ``logstream tail --credentials`` takes."""
        return self.path / "credentials.json"

    def secret_file(self) -> Path:
        """Give the file with the secret that hub and Cloud API share; made the first time."""
        path = self.path / "secret"
        if not path.exists():
            write_private(path, secrets.token_hex(SECRET_BYTES).encode())
        return path

    def person_key(self, api_key: str, api_secret: str) -> PersonKey:
        """Give the key as it was set from outside; else the one kept here; else a new one.

        Args:
            api_key: Empty if it was not set.
            api_secret: Empty if it was not set.
        """
        if api_key and api_secret:
            return PersonKey(api_key, api_secret)
        try:
            kept = msgspec.json.decode(self.credentials.read_bytes(), type=PersonKeyFile)
        except (OSError, msgspec.MsgspecError):
            return PersonKey(api_key or secrets.token_hex(8), secrets.token_hex(SECRET_BYTES))
        return PersonKey(kept.api_key, kept.api_secret)

    def keep_credentials(self, key: PersonKey, *, endpoint: str) -> None:
        """Write the file that ``logstream tail --credentials`` takes."""
        kept = PersonKeyFile(api_key=key.api_key, api_secret=key.api_secret, endpoint=endpoint)
        write_private(self.credentials, msgspec.json.format(msgspec.json.encode(kept)) + b"\n")


class PersonKeyFile(msgspec.Struct):
    """The content of the credentials file."""

    api_key: str
    api_secret: str
    endpoint: str = ""


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read; whoever looks sees all of it or nothing.

    Raises:
        ConfigError: It cannot be written.
    """
    whole = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        whole.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            whole.unlink()
        raise ConfigError(f"cannot write {path}: {error.strerror}") from error
