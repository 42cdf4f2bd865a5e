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

SECONDS = 3
COUNT = 1_500_000
FAST, STALLED, IDLE = 100, 400, 2_000


class Pace(NamedTuple):
    """How many lines come how fast: what a hundred receivers in one process can follow."""

    lines: int
    per_s: int
    seconds_max: int


ENDLESS = Pace(0, 0, SECONDS)
PACES = {"base": Pace(60_000, 15_000, 20), "zstd": Pace(400_000, 80_000, 20)}
REACH = {"plain": "10 M", "zstd": "30 M", "base": "8 M"}
NAMES = {"plain": "extended", "zstd": "extended with zstd", "base": "base"}


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
    many = {}
    for form in REACH:
        with directory() as state, hub_alone(state) as hub:
            many[form] = _fan_out(hub, form)
    stalled = [_stalled_row(form) for form in PACES]
    idle = {}
    for form in ("zstd", "base"):
        with directory() as state, hub_alone(state) as hub:
            idle[form] = _idle_bytes(hub, "hub", form)
    with directory() as state, _naive_hub(state) as hub:
        naive = _fan_out(hub, "base", link="base", name="naive hub")
        naive_idle = _idle_bytes(hub, "naive hub", "base")
    return [
        Row(
            "hub to one client that writes to a pipe",
            rate(client.per_s),
            client.cost,
        ),
        *(
            Row(
                f"hub to {FAST} receivers, {NAMES[form]}",
                rate(fan_out.per_s, "deliveries/s"),
                f"hub {fan_out.cost_us:.3f} µs a delivery",
                f"`websockets` hub {rate(naive.per_s, 'deliveries/s')}, {naive.cost_us:.2f} µs",
                f"{fan_out.per_s / naive.per_s:.0f}",
                REACH[form],
            )
            for form, fan_out in many.items()
        ),
        *stalled,
        *(
            Row(
                f"idle connection at the hub (of {IDLE:,}), {NAMES[form]}",
                f"{each / 1e3:.1f} kB",
                "",
                f"`websockets` hub {naive_idle / 1e3:.1f} kB",
                f"{each / naive_idle:.2f}",
                "12 kB",
            )
            for form, each in idle.items()
        ),
    ]


def _stalled_row(form: str) -> Row:
    pace = PACES[form]
    with directory() as state, hub_alone(state) as hub:
        alone = _fan_out(hub, form, pace=pace)
    with directory() as state, hub_alone(state) as hub:
        beside = _fan_out(hub, form, pace=pace, stalled=STALLED)
    return Row(
        f"{STALLED} stalled beside {FAST} fast, {pace.per_s:,} lines/s, {NAMES[form]}",
        f"the fast lose {beside.lost_lines:.0f} lines; +{beside.grown_bytes / 1e6:.0f} MB",
        f"hub {beside.cost_us:.3f} µs a delivery",
        f"without them {alone.lost_lines:.0f} lines; +{alone.grown_bytes / 1e6:.0f} MB,"
        f" {alone.cost_us:.3f} µs",
        "",
        "0 lines; +30 MB",
    )


def _one_client(hub: Running) -> Flow:
    command = [LOGSTREAM, "tail", "bench", "dev", "-t", "apache-request"]
    with (
        _offering(hub) as logtailor,
        process(command, env=hub.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as client,
    ):
        assert client.stdout is not None
        assert logtailor.stdin is not None
        logtailor.stdin.write(b"\n")
        return flow(client.stdout, COUNT, {**hub.pids, "client": client.pid})


def _fan_out(
    hub: Running,
    form: str,
    *,
    link: str = "zstd",
    name: str = "hub",
    pace: Pace = ENDLESS,
    stalled: int = 0,
) -> FanOut:
    """Let one source flow to many, as fast as it can or at a pace that all who read can follow.

    Args:
        hub: Through which.
        form: What the receivers read.
        link: What the logtailor writes; our own logtailors compress.
        name: The hub's among the processes.
        pace: How many lines.
        stalled: How many receivers more enable the source and read nothing.
    """
    pid = hub.pids[name]
    with _offering(hub, link, pace) as logtailor:
        assert logtailor.stdin is not None
        arguments = (hub.stream_url, form, FAST, stalled, pace.seconds_max, pace.lines)
        with peer("receivers.py", *arguments, feed=opening(hub)) as (receivers, _):
            assert receivers.stdin is not None
            assert receivers.stdout is not None
            grown, cpu = -resident(pid), -cpu_s(pid)
            receivers.stdin.write(b"\n")
            logtailor.stdin.write(b"\n")
            counted = json.loads(receivers.stdout.readline())
            grown, cpu = grown + resident(pid), cpu + cpu_s(pid)
    return FanOut(
        counted["lines"] / counted["seconds"],
        cpu / counted["lines"] * 1e6,
        grown,
        max(0.0, pace.lines - counted["least"]),
    )


def _idle_bytes(hub: Running, name: str, form: str) -> float:
    pid = hub.pids[name]
    before: float = resident(pid)
    with peer("receivers.py", hub.stream_url, form, IDLE, 0, 0, 0, feed=opening(hub)):
        time.sleep(1)
        return (resident(pid) - before) / IDLE


@contextmanager
def _offering(
    hub: Running, form: str = "zstd", pace: Pace = ENDLESS
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a logtailor's stand-in."""
    arguments = (hub.stream_url, hub.secret_file, SITE, "dev", form, pace.lines, pace.per_s)
    with peer("logtailor_stand_in.py", *arguments) as (logtailor, _):
        yield logtailor


@contextmanager
def _naive_hub(state: Path) -> Iterator[Running]:
    secret = state / "secret"
    secret.write_text("0" * 32)
    with peer("naive_hub.py") as (started, url):
        yield Running({"naive hub": started.pid}, {}, url, secret)
