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


class FanOut(NamedTuple):
    """What a hub did for many receivers."""

    per_s: float
    """Deliveries: lines times receivers."""
    least_share: float
    """What the worst served of those who read got, of the mean."""
    cost_us: float
    """The hub's CPU time for a delivery."""
    grown_bytes: int
    """The memory that it took more."""


def measure() -> list[Row]:
    """Measure them, and a naive hub beside."""
    with directory() as state, hub_alone(state) as hub:
        client = _one_client(hub)
        alone = _fan_out(hub, "hub", stalled=0)
    with directory() as state, hub_alone(state) as hub:
        beside = _fan_out(hub, "hub", stalled=STALLED)
    with directory() as state, hub_alone(state) as hub:
        idle = _idle_bytes(hub, "hub")
    with directory() as state, _naive_hub(state) as hub:
        naive = _fan_out(hub, "naive hub", stalled=0)
        naive_idle = _idle_bytes(hub, "naive hub")
    return [
        Row(
            "hub to one client that writes to a pipe",
            rate(client.per_s),
            client.cost,
            "",
            "",
            "200 k",
        ),
        Row(
            f"hub to {FAST} receivers, base",
            rate(alone.per_s, "deliveries/s"),
            f"hub {alone.cost_us:.2f} µs a delivery",
            f"`websockets` hub {rate(naive.per_s, 'deliveries/s')}, {naive.cost_us:.2f} µs",
            f"{alone.per_s / naive.per_s:.0f}",
            "8 M",
        ),
        Row(
            f"{STALLED} stalled beside {FAST} fast",
            f"{rate(beside.per_s, 'deliveries/s')}, memory +{beside.grown_bytes / 1e6:.0f} MB",
            f"hub {beside.cost_us:.2f} µs a delivery",
            f"without them {rate(alone.per_s, 'deliveries/s')}, +{alone.grown_bytes / 1e6:.0f} MB",
            f"{beside.per_s / alone.per_s:.2f}",
            "the same, +30 MB",
        ),
        Row(
            f"idle connection at the hub (of {IDLE})",
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


def _fan_out(hub: Running, name: str, *, stalled: int) -> FanOut:
    pid = hub.pids[name]
    with _offering(hub) as (logtailor, frame_bytes):
        assert logtailor.stdin is not None
        arguments = (hub.stream_url, FAST, stalled, SECONDS)
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
        counted["least"] * FAST / counted["bytes"],
        cpu / deliveries * 1e6,
        grown,
    )


def _idle_bytes(hub: Running, name: str) -> float:
    pid = hub.pids[name]
    before: float = resident(pid)
    with peer("receivers.py", hub.stream_url, IDLE, 0, 0, feed=opening(hub)):
        time.sleep(1)
        return (resident(pid) - before) / IDLE


@contextmanager
def _offering(hub: Running) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """Run a logtailor's stand-in; give also the bytes of its lines' frames."""
    arguments = (hub.stream_url, hub.secret_file, SITE, "dev")
    with peer("logtailor_stand_in.py", *arguments) as (logtailor, frame_bytes):
        yield logtailor, float(frame_bytes)


@contextmanager
def _naive_hub(state: Path) -> Iterator[Running]:
    secret = state / "secret"
    secret.write_text("0" * 32)
    with peer("naive_hub.py") as (started, url):
        yield Running({"naive hub": started.pid}, {}, url, secret)
