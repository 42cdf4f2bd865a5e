"""What the environment says: the only reader of environment variables.

| variable | for |
| --- | --- |
| ``LOGSTREAM_API_KEY``, ``LOGSTREAM_API_SECRET`` | credentials, before the file in the home |
| ``LOGSTREAM_ENDPOINT`` | the Cloud API's base, after ``--endpoint`` |
| ``XDG_STATE_HOME`` | where ``logstream up`` keeps its state, after ``--state-dir`` |
| ``LOGSTREAM_DATABASE`` | the database that ``logstream admin`` works on, after its options |
| ``NO_COLOR``, ``CLICOLOR_FORCE``, ``TERM`` | whether to colour, after ``--color`` |
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

COMPLETION_VARIABLE: Final = "_LOGSTREAM_COMPLETE"
"""Set by the scripts of `logstream completion`."""

if TYPE_CHECKING:
    from logstream.client.credentials import Credentials


def completion_instruction() -> str:
    """Give what a shell asks for when it completes a command line; empty when it does not."""
    return os.environ.get(COMPLETION_VARIABLE, "")


def environment() -> Mapping[str, str]:
    """Give the environment, for what takes it as a mapping."""
    return os.environ


def credentials(file: Path | None) -> "Credentials":
    """Find the person's credentials; ``file`` is what ``--credentials`` named.

    Raises:
        AuthenticationError: There are none that can be used.
    """
    from logstream.client.credentials import find_credentials

    return find_credentials(os.environ, file)


def endpoint(option: str) -> str:
    """Choose the Cloud API's base; empty where only the credentials can say it."""
    return option or os.environ.get("LOGSTREAM_ENDPOINT", "")


def database() -> str:
    """Give the database that ``logstream admin`` works on; empty if the environment names none."""
    return os.environ.get("LOGSTREAM_DATABASE", "")


def colours_wanted(*, terminal: bool) -> bool:
    """Say whether to colour where no option says it; ``terminal``: standard output is one."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    return terminal and os.environ.get("TERM") != "dumb"


def key_for_people() -> tuple[str, str]:
    """Give the key and the secret that ``logstream up`` lets people in with; empty if not set.

    Raises:
        AuthenticationError: Only one of the two is set.
    """
    from logstream.errors import AuthenticationError

    key, secret = (
        os.environ.get("LOGSTREAM_API_KEY", ""),
        os.environ.get("LOGSTREAM_API_SECRET", ""),
    )
    if bool(key) != bool(secret):
        raise AuthenticationError(
            "LOGSTREAM_API_KEY and LOGSTREAM_API_SECRET go together: set both or neither"
        )
    return key, secret


def state_directory() -> Path:
    """Give the directory that ``logstream up`` keeps its state in by default."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return (Path(base) if base else Path.home() / ".local" / "state") / "logstream"
