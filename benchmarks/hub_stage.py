"""The hub: from a logtailor's link to one client, to many, to many beside stalled ones."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from measuring import LOGSTREAM, Flow, Row, cpu_s, directory, flow, peer, process, rate
from measuring import resident_bytes as resident
from services import SITE, Running, hub_alone, opening

SECONDS = 5
COUNT = 1_000_000
FAST, STALLED, IDLE = 100, 400, 2_000
PACED_LINES, PACED_PER_S, PACED_SECONDS_MAX = 60_000, 15_000, 20
"""What a hundred receivers in one process can follow."""


class FanOut(NamedTuple):
    """What a hub did for many receivers."""

    per_s: float
    """Deliveries: lines times receivers."""
    cost_us: float
    """The hub's CPU time for a delivery."""
    grown_bytes: int
    """The memory that it took more."""
    lost_lines: float
    """By the one of those who read that lost most; where the lines were counted."""


def measure() -> list[Row]:
    """Measure them, and a naive hub beside."""
    with directory() as state, hub_alone(state) as hub:
        client = _one_client(hub)
    with directory() as state, hub_alone(state) as hub:
        many = _fan_out(hub, "hub")
    with directory() as state, hub_alone(state) as hub:
        alone = _fan_out(hub, "hub", paced=True)
    with directory() as state, hub_alone(state) as hub:
        beside = _fan_out(hub, "hub", paced=True, stalled=STALLED)
    with directory() as state, hub_alone(state) as hub:
        idle = _idle_bytes(hub, "hub")
    with directory() as state, _naive_hub(state) as hub:
        naive = _fan_out(hub, "naive hub")
        naive_idle = _idle_bytes(hub, "naive hub")
    return [
        Row(
            "hub to one client that writes to a pipe",
            rate(client.per_s),
            client.cost,
            reach="200 k",
        ),
        Row(
            f"hub to {FAST} receivers, base",
            rate(many.per_s, "deliveries/s"),
            f"hub {many.cost_us:.2f} µs a delivery",
            f"`websockets` hub {rate(naive.per_s, 'deliveries/s')}, {naive.cost_us:.2f} µs",
            f"{many.per_s / naive.per_s:.0f}",
            "8 M",
        ),
        Row(
            f"{STALLED} stalled beside {FAST} fast, {PACED_PER_S:,} lines/s",
            f"the fast lose {beside.lost_lines:.0f} lines; +{beside.grown_bytes / 1e6:.0f} MB",
            f"hub {beside.cost_us:.2f} µs a delivery",
            f"without them {alone.lost_lines:.0f} lines; +{alone.grown_bytes / 1e6:.0f} MB,"
            f" {alone.cost_us:.2f} µs",
            "",
            "0 lines; +30 MB",
        ),
        Row(
            f"idle connection at the hub (of {IDLE:,})",
            f"{idle / 1e3:.1f} kB",
            "",
            f"`websockets` hub {naive_idle / 1e3:.1f} kB",
            f"{idle / naive_idle:.2f}",
            "12 kB",
        ),
    ]


def _one_client(hub: Running) -> Flow:
    command = [LOGSTREAM, "tail", "bench", "dev", "-t", "apache-request"]
    with (
        _offering(hub) as (logtailor, _),
        process(command, env=hub.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as client,
    ):
        assert client.stdout is not None
        assert logtailor.stdin is not None
        logtailor.stdin.write(b"\n")
        return flow(client.stdout, COUNT, {**hub.pids, "client": client.pid})


def _fan_out(hub: Running, name: str, *, paced: bool = False, stalled: int = 0) -> FanOut:
    """Let one source flow to many, as fast as it can or at a pace that all who read can follow."""
    pid = hub.pids[name]
    lines, per_s = (PACED_LINES, PACED_PER_S) if paced else (0, 0)
    with _offering(hub, lines, per_s) as (logtailor, frame_bytes):
        assert logtailor.stdin is not None
        seconds = PACED_SECONDS_MAX if paced else SECONDS
        arguments = (hub.stream_url, FAST, stalled, seconds, round(lines * frame_bytes))
        with peer("receivers.py", *arguments, feed=opening(hub)) as (receivers, _):
            assert receivers.stdin is not None
            assert receivers.stdout is not None
            grown, cpu = -resident(pid), -cpu_s(pid)
            receivers.stdin.write(b"\n")
            logtailor.stdin.write(b"\n")
            counted = json.loads(receivers.stdout.readline())
            grown, cpu = grown + resident(pid), cpu + cpu_s(pid)
    deliveries = counted["bytes"] / frame_bytes
    return FanOut(
        deliveries / counted["seconds"],
        cpu / deliveries * 1e6,
        grown,
        lines - counted["least"] / frame_bytes,
    )


def _idle_bytes(hub: Running, name: str) -> float:
    pid = hub.pids[name]
    before: float = resident(pid)
    with peer("receivers.py", hub.stream_url, IDLE, 0, 0, 0, feed=opening(hub)):
        time.sleep(1)
        return (resident(pid) - before) / IDLE


@contextmanager
def _offering(
    hub: Running, lines: int = 0, per_s: int = 0
) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """Run a logtailor's stand-in; give also the bytes of its lines' frames."""
    arguments = (hub.stream_url, hub.secret_file, SITE, "dev", lines, per_s)
    with peer("logtailor_stand_in.py", *arguments) as (logtailor, frame_bytes):
        yield logtailor, float(frame_bytes)


@contextmanager
def _naive_hub(state: Path) -> Iterator[Running]:
    secret = state / "secret"
    secret.write_text("0" * 32)
    with peer("naive_hub.py") as (started, url):
        yield Running({"naive hub": started.pid}, {}, url, secret)
