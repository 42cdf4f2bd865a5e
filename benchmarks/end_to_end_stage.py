"""From a file to a pipe through logtailor, hub and client; and how long that takes.

``tail -F`` beside it is the floor: one process, no network, no parsing. rsyslog, where it is
installed, does what our logtailor and hub do: it follows a file and sends its lines over TCP.
"""

import os
import select
import shutil
import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from measuring import (
    BLOCK_BYTES,
    LOGSTREAM,
    Row,
    cost_of,
    cpu_s,
    directory,
    lines,
    process,
    rate,
    until,
)
from services import apart, up

COUNT = 400_000
PACED_LINES, PACED_PER_S = 4_000, 1_000
LOG_TYPE = "apache-request"
TAIL = [LOGSTREAM, "tail", "bench", "dev", "-t", LOG_TYPE]


class Way(NamedTuple):
    """What stands between a file and us."""

    out_fd: int
    """Where the lines come out."""
    pids: Mapping[str, int]


class Burst(NamedTuple):
    """How many lines written at once fared."""

    per_s: float
    cost: str


def measure() -> list[Row]:
    """Measure bursts, and the latency at 1,000 lines/s."""
    text = lines(COUNT)
    with (
        directory() as state,
        apart(state, {LOG_TYPE: _log(state)}) as services,
        _way(TAIL, services.env, services.pids) as way,
    ):
        ours = _burst(way, _log(state), text)
        p50, p99 = _latency(way, _log(state))
    with (
        directory() as state,
        up(state, f"{LOG_TYPE}={_log(state)}") as service,
        _way(TAIL, service.env, service.pids) as way,
    ):
        together = _burst(way, _log(state), text)
    with directory() as state, _way(["tail", "-n", "0", "-F", str(_log(state))], {}, {}) as way:
        floor = _burst(way, _log(state), text)
        floor_p50, floor_p99 = _latency(way, _log(state))
    beside, slower = f"`tail -F` alone {rate(floor.per_s)}", floor.per_s
    if shutil.which("rsyslogd"):
        with directory() as state, _rsyslog(state, _log(state)) as way:
            peer = _burst(way, _log(state), text)
        beside = f"rsyslog imfile to TCP {rate(peer.per_s)}, {peer.cost}; {beside}"
        slower = peer.per_s
    names = {"three processes": ours, "`logstream up`": together}
    return [
        Row(
            f"file → logtailor → hub → client, {name}",
            rate(burst.per_s),
            burst.cost,
            beside,
            f"{burst.per_s / slower:.2f}",
            reach,
        )
        for (name, burst), reach in zip(names.items(), ("1 M; 6", ""), strict=True)
    ] + [
        Row(
            f"write to the client's stdout at {PACED_PER_S:,} lines/s, p50 / p99",
            f"{p50:.2f} / {p99:.2f} ms",
            "",
            f"`tail -F` alone {floor_p50:.2f} / {floor_p99:.2f} ms",
            f"{p50 / floor_p50:.1f}",
            "0.3 / 1 ms",
        )
    ]


def _log(state: Path) -> Path:
    log = state / "access.log"
    log.touch()
    return log


@contextmanager
def _way(command: Sequence[str], env: Mapping[str, str], pids: Mapping[str, int]) -> Iterator[Way]:
    with process(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as client:
        assert client.stdout is not None
        yield Way(client.stdout.fileno(), {**pids, "client": client.pid})


@contextmanager
def _rsyslog(state: Path, log: Path) -> Iterator[Way]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        config = state / "rsyslog.conf"
        config.write_text(
            f'global(workDirectory="{state}" maxMessageSize="8k")\n'
            'module(load="imfile")\n'
            f'input(type="imfile" file="{log}" tag="bench" ruleset="send")\n'
            'template(name="text" type="string" string="%msg%\\n")\n'
            'ruleset(name="send") { action(type="omfwd" target="127.0.0.1" protocol="tcp" '
            f'port="{server.getsockname()[1]}" template="text") }}\n'
        )
        command = ["rsyslogd", "-n", "-f", str(config), "-i", str(state / "rsyslog.pid")]
        with process(command, stderr=subprocess.DEVNULL) as started:
            until((state / "rsyslog.pid").exists, of=started)
            with log.open("ab") as file:
                file.write(b"?\n")  # it connects when it has something to send
            client, _ = server.accept()
            with client:
                yield Way(client.fileno(), {"rsyslog": started.pid})


def _burst(way: Way, log: Path, text: bytes) -> Burst:
    """Write all at once, and take it all; whether anything is lost shows at the end."""
    _wait_until_it_flows(way, log)
    cpu = {name: -cpu_s(pid) for name, pid in way.pids.items()}
    began = time.perf_counter()
    with log.open("ab") as file:
        file.write(text)
    left = len(text)
    while left > 0:
        block = os.read(way.out_fd, BLOCK_BYTES)
        assert block, "it ended"
        left -= len(block)
    elapsed = time.perf_counter() - began
    assert left == 0, "more came than was written"
    costs = {name: (cpu[name] + cpu_s(pid)) / COUNT * 1e6 for name, pid in way.pids.items()}
    return Burst(COUNT / elapsed, cost_of(costs))


def _latency(way: Way, log: Path) -> tuple[float, float]:
    """Give the median and the 99th percentile, in ms, of the time from write to read."""
    _wait_until_it_flows(way, log)
    writer = threading.Thread(target=_write_paced, args=(log,))
    writer.start()
    taken_ms: list[float] = []
    rest = b""
    while len(taken_ms) < PACED_LINES:
        block = rest + os.read(way.out_fd, BLOCK_BYTES)
        now = time.monotonic()
        *whole, rest = block.split(b"\n")
        taken_ms += [(now - float(line)) * 1000 for line in whole]
    writer.join()
    return statistics.median(taken_ms), statistics.quantiles(taken_ms, n=100)[98]


def _write_paced(log: Path) -> None:
    began = time.monotonic()
    with log.open("ab", buffering=0) as file:
        for number in range(PACED_LINES):
            time.sleep(max(0.0, began + number / PACED_PER_S - time.monotonic()))
            file.write(b"%.6f\n" % time.monotonic())


def _wait_until_it_flows(way: Way, log: Path) -> None:
    """Write until a line comes out, then take all that is still on its way."""

    def flows() -> bool:
        with log.open("ab") as file:
            file.write(b"?\n")
        return _comes(way, within_s=0.2)

    until(flows)
    while _comes(way, within_s=0.5):
        os.read(way.out_fd, BLOCK_BYTES)


def _comes(way: Way, *, within_s: float) -> bool:
    return bool(select.select([way.out_fd], [], [], within_s)[0])
