"""The demo's log files: each visit to the sample application is appended to those of its servers.

The files lie in ``<directory>/<environment>/<server>/<log type>.log``. Each is rotated at
``DEMO_FILE_MAX_BYTES``, as a logrotate would do it: renamed to ``….log.1``, and a new one made. Who
drives a ``Traffic`` reads the clock; it blocks for as long as a small write takes.
"""

from collections.abc import Mapping
from pathlib import Path
from random import Random

from logstream.cli.demo_visits import ENVIRONMENTS, SOURCES, records_of_visit
from logstream.errors import ConfigError
from logstream.model.limits import DEMO_FILE_MAX_BYTES


class Traffic:
    """Visitors of the sample application, and its servers' log files."""

    def __init__(
        self, directory: Path, *, seed: int, file_max_bytes: int = DEMO_FILE_MAX_BYTES
    ) -> None:
        """Make the log files; those of an earlier demo are written on.

        Args:
            directory: Where they are put; made where it is missing.
            seed: The same seed gives the same visits.
            file_max_bytes: A file that has reached this is rotated.

        Raises:
            ConfigError: The files cannot be made.
        """
        self._random = Random(seed)  # noqa: S311 - decides nothing but what a demo shows
        self._file_max_bytes = file_max_bytes
        self._paths = {
            (env, server, log_type): directory / env / server / f"{log_type}.log"
            for env in ENVIRONMENTS
            for server, log_type in SOURCES
        }
        for path in self._paths.values():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
            except OSError as error:
                raise _unwritable(path, error) from error

    def layout(self) -> Mapping[tuple[str, str, str], Path]:
        """Give the file of each (environment, server, log type); the busiest environment first."""
        return self._paths

    def visit(self, now_s: float) -> None:
        """Let somebody visit the site at ``now_s`` and its servers write about it.

        Raises:
            ConfigError: A file cannot be written, for example as the disk is full.
        """
        for env, server, log_type, text in records_of_visit(self._random, now_s):
            path = self._paths[env, server, log_type]
            try:
                self._append(path, text)
            except OSError as error:
                raise _unwritable(path, error) from error

    def _append(self, path: Path, text: str) -> None:
        with path.open("ab") as file:
            file.write(f"{text}\n".encode())
            size_bytes = file.tell()
        if size_bytes >= self._file_max_bytes:
            path.replace(path.with_name(f"{path.name}.1"))
            path.touch()


def _unwritable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"cannot write the demo's log {path}: {error.strerror}: make room, or choose another "
        "directory with --state-dir"
    )
