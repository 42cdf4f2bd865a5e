"""The product's services, started for a measurement: in one process, or each in its own."""

import json
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from measuring import LOGSTREAM, process, until

from logstream.model.ticket import Role, Ticket, sign

SITE = "bench:site"


class Running(NamedTuple):
    """Services that run, and what a person and a receiver need."""

    pids: dict[str, int]
    """By what they are."""
    env: dict[str, str]
    """What ``logstream tail bench dev`` needs."""
    stream_url: str
    secret_file: Path


@contextmanager
def up(state: Path, *files: str) -> Iterator[Running]:
    """Run Cloud API, hub and a logtailor over ``files`` in one process, as ``logstream up``."""
    ready_file = state / "ready.json"
    command = [LOGSTREAM, "up", "--api-port", "0", "--stream-port", "0", "--site", SITE]
    command += ["--application", "bench", "--state-dir", str(state), "--server", "srv-6"]
    command += ["--ready-file", str(ready_file), *files]
    with (
        (state / "up.err").open("wb") as errors,
        process(command, stdout=subprocess.DEVNULL, stderr=errors) as started,
    ):
        until(ready_file.exists, of=started)
        ready = json.loads(ready_file.read_text())
        yield Running(
            {"up": started.pid}, _environment_of(ready), ready["stream_url"], state / "secret"
        )


@contextmanager
def hub_alone(state: Path) -> Iterator[Running]:
    """Run a hub to which nobody offers anything yet, and the Cloud API that it belongs to."""
    with _cloud_api(state) as (running, port), _hub(state, port) as hub:
        yield running._replace(pids={"hub": hub.pid})


@contextmanager
def apart(state: Path, sources: Mapping[str, Path]) -> Iterator[Running]:
    """Run Cloud API, hub and a logtailor as processes of their own.

    Args:
        state: Where their files are.
        sources: What the logtailor follows: log type → path.
    """
    with _cloud_api(state) as (running, port), _hub(state, port) as hub:
        credentials = state / "logtailor.json"
        credentials.write_text(json.dumps(_key(state, "logtailor", "--server", "srv-6")))
        config = state / "logtailor.toml"
        config.write_text(
            f'endpoint = "{running.env["LOGSTREAM_ENDPOINT"]}"\ncredentials = "{credentials}"\n'
            + "".join(
                f'[[source]]\nsite = "{SITE}"\nenvironment = "dev"\n'
                f'type = "{log_type}"\npaths = ["{path}"]\n'
                for log_type, path in sources.items()
            )
        )
        said = state / "logtailor.err"
        command = [LOGSTREAM, "logtailor", "--config", str(config)]
        with said.open("wb") as errors, process(command, stderr=errors) as logtailor:
            until(lambda: b"offering" in said.read_bytes(), of=logtailor)
            yield running._replace(pids={"logtailor": logtailor.pid, "hub": hub.pid})


@contextmanager
def cloud_api_for(state: Path, stream_url: str) -> Iterator[Running]:
    """Run a Cloud API that sends people to ``stream_url``, and nothing else."""
    with _cloud_api(state, stream_url) as (running, _):
        yield running


def opening(running: Running) -> bytes:
    """Give the ``stream-environment`` message of someone who may stream, as one line."""
    now = int(time.time())
    ticket = Ticket(role=Role.STREAM, site=SITE, env="dev", subject="bench", t=now)
    signed = sign(ticket, secret=running.secret_file.read_bytes().strip())
    message = {"cmd": "stream-environment", "site": SITE, "env": "dev", "t": now, "d": signed}
    return json.dumps(message).encode() + b"\n"


@contextmanager
def _cloud_api(state: Path, stream_url: str = "") -> Iterator[tuple[Running, int]]:
    """Run a Cloud API with an application and a key; give also the port that its hub has to use."""
    secret_file = state / "secret"
    secret_file.write_text(secrets.token_hex(32))
    port, hub_port = _free_port(), _free_port()
    url = stream_url or f"ws://127.0.0.1:{hub_port}/ah_websocket/logstream/v1"
    _config(state).write_text(
        f'database = "{state}/api.db"\nsecret_file = "{secret_file}"\nport = {port}\n'
        f'hub_urls = ["{url}"]\n'
    )
    _admin(state, "application", "create", "bench", "--site", SITE)
    _admin(state, "environment", "create", "bench", "dev")
    env = _environment_of({"endpoint": f"http://127.0.0.1:{port}/api", **_key(state, "person")})
    command = [LOGSTREAM, "api", "--config", str(_config(state))]
    with (
        (state / "api.err").open("wb") as errors,
        process(command, stderr=errors) as started,
    ):
        until(lambda: _listens(port), of=started)
        yield Running({"api": started.pid}, env, url, secret_file), hub_port


@contextmanager
def _hub(state: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    config = state / "hub.toml"
    config.write_text(f'port = {port}\nsecret_file = "{state}/secret"\n')
    command = [LOGSTREAM, "hub", "--config", str(config)]
    with (state / "hub.err").open("wb") as errors, process(command, stderr=errors) as started:
        until(lambda: _listens(port), of=started)
        yield started


def _environment_of(ready: Mapping[str, Any]) -> dict[str, str]:
    return {
        "LOGSTREAM_ENDPOINT": ready["endpoint"],
        "LOGSTREAM_API_KEY": ready["api_key"],
        "LOGSTREAM_API_SECRET": ready["api_secret"],
    }


def _config(state: Path) -> Path:
    return state / "api.toml"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _admin(state: Path, *arguments: str) -> str:
    command = [LOGSTREAM, "admin", *arguments, "--config", str(_config(state))]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _key(state: Path, kind: str, *more: str) -> dict[str, str]:
    made = _admin(
        state, "key", "create", "--kind", kind, "--environment", "bench/dev", "-o", "json", *more
    )
    key: dict[str, str] = json.loads(made)
    return {"api_key": key["api_key"], "api_secret": key["api_secret"]}
