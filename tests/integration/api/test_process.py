"""``logstream api`` as a process of its own, with ``logstream admin`` beside it."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

TIMEOUT_S = 30.0
LISTENS = re.compile(r"listens on \S*127\.0\.0\.1:(\d+)")
LOGSTREAM = [sys.executable, "-c", "from logstream.cli.main import main; main()"]


class Process:
    """A running Cloud API."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self.popen = subprocess.Popen(
            [*LOGSTREAM, "api", "--config", str(config)], stderr=subprocess.PIPE, text=True
        )
        assert self.popen.stderr is not None
        for line in self.popen.stderr:
            # Its first line says where it listens; anything else is why it does not.
            found = LISTENS.search(line)
            if found is not None:
                self.port = int(found[1])
                return
            break
        self.popen.kill()
        raise AssertionError(self.popen.communicate())

    def admin(self, *words: str) -> Any:
        done = subprocess.run(
            [*LOGSTREAM, "admin", "--config", str(self.config), "-o", "json", *words],
            stdout=subprocess.PIPE,
            check=True,
            timeout=TIMEOUT_S,
        )
        return json.loads(done.stdout)

    def ask(
        self, path: str, *, token: str | None = None, form: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(
            "GET" if form is None else "POST",
            f"/api{path}",
            body=urllib.parse.urlencode(form) if form is not None else None,
            headers=headers,
        )
        answer = connection.getresponse()
        shown = answer.status, json.loads(answer.read())
        connection.close()
        return shown


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    secret = tmp_path / "secret"
    secret.write_bytes(os.urandom(32).hex().encode())
    secret.chmod(0o600)
    config = tmp_path / "api.toml"
    config.write_text(
        f'database = "{tmp_path}/logstream.db"\n'
        f'secret_file = "{secret}"\n'
        'hub_urls = ["wss://hub.example.com/ah_websocket/logstream/v1"]\n'
        "port = 0\n"
    )
    running = Process(config)
    yield running
    running.popen.kill()
    running.popen.communicate()


def test_what_admin_does_holds_for_the_running_api_at_once(process: Process) -> None:
    process.admin("application", "create", "Sample", "--site", "devcloud:sample")
    environment = process.admin("environment", "create", "Sample", "dev")
    key = process.admin("key", "create", "--kind", "person", "--environment", "Sample/dev")
    form = {
        "grant_type": "client_credentials",
        "client_id": key["api_key"],
        "client_secret": key["api_secret"],
    }
    status, shown = process.ask("/auth/oauth/token", form=form)
    assert status == 200
    path, token = f"/environments/{environment['id']}/logstream", shown["access_token"]
    status, details = process.ask(path, token=token)
    assert (status, details["logstream"]["params"]["site"]) == (200, "devcloud:sample")

    process.admin("key", "revoke", key["api_key"])
    assert process.ask(path, token=token)[0] == 401
    assert process.ask("/auth/oauth/token", form=form)[0] == 401


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_quietly(process: Process, number: signal.Signals) -> None:
    idle = http.client.HTTPConnection("127.0.0.1", process.port, timeout=TIMEOUT_S)
    idle.request("GET", "/healthz")
    idle.getresponse().read()
    process.popen.send_signal(number)
    _, said = process.popen.communicate(timeout=TIMEOUT_S)
    assert process.popen.returncode == 0
    assert "Traceback" not in said
    idle.close()


def test_no_secret_is_logged(process: Process) -> None:
    form = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "hunter2"}
    process.ask("/token?client_secret=hunter2", form=form)
    process.ask("/account?access_token=hunter2", token="hunter2")
    process.popen.send_signal(signal.SIGTERM)
    _, said = process.popen.communicate(timeout=TIMEOUT_S)
    assert "hunter2" not in said
