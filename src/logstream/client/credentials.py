"""Where a person's API key comes from: a file, or the environment.

The file is the one that other clients of the Cloud API use, ``$HOME/.acquia/cloudapiv2.conf``: a
JSON object with ``api_key`` and ``api_secret``, and here an ``endpoint`` if it is another service
than Acquia Cloud. The caller hands in the environment; nothing here reads it.
"""

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from logstream.errors import AuthenticationError

KEY_VARIABLE: Final = "LOGSTREAM_API_KEY"
SECRET_VARIABLE: Final = "LOGSTREAM_API_SECRET"  # noqa: S105 - the name of a variable
DEFAULT_FILE: Final = Path(".acquia") / "cloudapiv2.conf"
"""Relative to the home directory."""


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """An API key with its secret, which no ``repr`` shows.

    Attributes:
        api_key: The key's id.
        api_secret: Its secret.
        endpoint: The service that the file names; empty where it names none.
        origin: Where they are from, for messages.
        exposed: Other users of this machine can read the file.
    """

    api_key: str
    api_secret: str
    endpoint: str = ""
    origin: str = "the program"
    exposed: bool = False

    def __repr__(self) -> str:
        return f"Credentials(api_key={self.api_key!r}, origin={self.origin!r})"


class _File(msgspec.Struct):
    api_key: str
    api_secret: str
    endpoint: str = ""


def find_credentials(environ: Mapping[str, str], file: Path | None = None) -> Credentials:
    """Find the credentials of the person who runs this.

    Args:
        environ: The environment; a key and a secret in it win over the default file.
        file: A file that the person named, which wins over all.

    Raises:
        AuthenticationError: There are none, or they cannot be used; says where it looked.
    """
    if file is not None:
        return read_credentials(file)
    key, secret = environ.get(KEY_VARIABLE, ""), environ.get(SECRET_VARIABLE, "")
    if key and secret:
        origin = f"{KEY_VARIABLE} and {SECRET_VARIABLE}"
        return Credentials(api_key=key, api_secret=secret, origin=origin)
    if key or secret:
        there, missing = (KEY_VARIABLE, SECRET_VARIABLE) if key else (SECRET_VARIABLE, KEY_VARIABLE)
        raise AuthenticationError(f"{there} is set but {missing} is not: set both, or neither")
    home = environ.get("HOME")
    default = (Path(home) if home else Path.home()) / DEFAULT_FILE
    try:
        return read_credentials(default)
    except FileNotFoundError:
        raise AuthenticationError(
            f"no credentials: put api_key and api_secret as JSON into {default}, "
            f"or set {KEY_VARIABLE} and {SECRET_VARIABLE}"
        ) from None


def read_credentials(path: Path) -> Credentials:
    """Read a credentials file.

    Raises:
        AuthenticationError: It is missing, unreadable or without what is needed; names the path. A
            missing file's error is a ``FileNotFoundError`` too.
    """
    try:
        content = path.read_bytes()
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise _Missing(f"there is no credentials file {path}") from None
    except OSError as failure:
        reason = (failure.strerror or str(failure)).lower()
        raise AuthenticationError(f"cannot read the credentials file {path}: {reason}") from None
    try:
        read = msgspec.json.decode(content, type=_File)
    except msgspec.ValidationError as failure:
        raise AuthenticationError(
            f"the credentials file {path} needs api_key and api_secret: {failure}"
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise AuthenticationError(
            f'the credentials file {path} is not JSON: put {{"api_key": …, "api_secret": …}} there'
        ) from None
    if not (read.api_key and read.api_secret):
        raise AuthenticationError(
            f"the credentials file {path} has an empty api_key or api_secret: fill it in"
        )
    return Credentials(
        api_key=read.api_key,
        api_secret=read.api_secret,
        endpoint=read.endpoint,
        origin=str(path),
        exposed=bool(mode & (stat.S_IRGRP | stat.S_IROTH)),
    )


class _Missing(AuthenticationError, FileNotFoundError):
    """The file is not there: final where it was named, else another place is tried or named."""
