"""A real PostgreSQL for tests: a server of its own in a directory, reached by a socket there.

It listens on no port. It does not run as root, so under root it runs as ``postgres``.
"""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAMS = "/usr/lib/postgresql"
INSTALL = "apt-get install postgresql"


def programs() -> Path:
    """Find the directory of PostgreSQL's programs, or skip the test."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    versions = sorted(Path(PROGRAMS).glob("*/bin/initdb"))
    if not versions:
        pytest.skip(f"PostgreSQL is missing: {INSTALL}")
    return versions[-1].parent


@contextlib.contextmanager
def running_postgresql() -> Iterator[str]:
    """Start a server with an empty database; gives the URL to it.

    Its directory is short-lived and directly in the temporary directory: a socket's path may have
    no more than 107 bytes.
    """
    pytest.importorskip("psycopg", reason="psycopg is missing: pip install 'logstream[postgres]'")
    bin_directory = programs()
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        directory = Path(name)
        user = run_as(directory)
        data = directory / "data"

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [bin_directory / program, "-D", data, *arguments],
                user=user,
                cwd=directory,
                env={"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                check=True,
                timeout=60,
            )

        run("initdb", "--username=logstream", "--auth=trust", "--no-sync", "--encoding=UTF8")
        options = f"-c listen_addresses= -c unix_socket_directories={directory} -c fsync=off"
        log = str(directory / "log")
        run("pg_ctl", "--wait", f"--log={log}", f"--options={options}", "start")
        try:
            yield f"postgresql://logstream@/postgres?host={directory}"
        finally:
            run("pg_ctl", "--wait", "--mode=immediate", "stop")


def run_as(directory: Path) -> int | None:
    """Choose the user that the server runs as, and give it ``directory``; ``None``: who we are."""
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam("postgres")
    os.chown(directory, user.pw_uid, user.pw_gid)
    return user.pw_uid
