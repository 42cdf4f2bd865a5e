"""What all stages share: a measured row, sample lines, and the processes that they start."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

HERE = Path(__file__).parent
LOGSTREAM = str(Path(sys.executable).with_name("logstream"))
BLOCK_BYTES = 1 << 20
LINE = (
    '107.{}.{}.{} - - [07/Jul/2014:20:{:02}:{:02} +0000] "GET /node/{} HTTP/1.0" 200 {} "-" '
    '"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_7_5) AppleWebKit/537.36 (KHTML, like Gecko) '
    'Chrome/35.0.1916.153 Safari/537.36" vhost=mysite.example.com request_time=80001 '
    'request_id="v-{:08x}-0615-{:04x}-{:04x}-{:012x}"\n'
)


class Row(NamedTuple):
    """One measurement beside its reference, both of one run."""

    stage: str
    measured: str
    cost: str = ""
    """The CPU time that it took, for each process: what other work on the machine changes least."""
    beside: str = ""
    """What it is compared with, and how that did."""
    ratio: str = ""
    reach: str = ""


def lines(count: int) -> bytes:
    """Give the text of ``count`` web requests, some 300 bytes each; 1,000 in each second.

    Addresses, sizes and ids jump about as real ones do, so that compressing them is work: zstd
    makes an eighth of them.
    """
    mixed = [i * 0x9E3779B97F4A7C15 % (1 << 64) for i in range(count)]
    return "".join(
        LINE.format(
            *(m >> 56, m >> 48 & 255, m >> 40 & 255, i // 60_000 % 60, i // 1000 % 60, i),
            *(m >> 44 & 0x7FFF, m >> 32, m >> 16 & 0xFFFF, m & 0xFFFF, i),
        )
        for i, m in enumerate(mixed)
    ).encode()


def rate(per_s: float, what: str = "lines/s") -> str:
    """Give a rate as people read it."""
    return f"{per_s / 1e6:.2f} M {what}" if per_s >= 1e6 else f"{per_s / 1e3:.0f} k {what}"


def median_time_s(action: Callable[[], object], *, rounds: int = 5) -> float:
    """Give the median time of some runs."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def median_cpu_s(action: Callable[[], object], *, rounds: int = 5) -> float:
    """Give the median of the CPU time that some runs take of this process."""
    times = []
    for _ in range(rounds):
        began = time.process_time()
        action()
        times.append(time.process_time() - began)
    return statistics.median(times)


@contextmanager
def directory() -> Iterator[Path]:
    """Give a directory that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="logstream-bench-") as name:
        yield Path(name)


@contextmanager
def process(
    arguments: Sequence[str], *, env: Mapping[str, str] | None = None, **more: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the end of the block."""
    started = subprocess.Popen(arguments, env={**os.environ, **(env or {})}, **more)
    try:
        yield started
    finally:
        if started.poll() is None:
            started.terminate()
        try:
            started.wait(20)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


@contextmanager
def peer(
    name: str, *arguments: object, feed: bytes = b""
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run a program of ``peers/`` until the end of the block; give it, and the line it begins with.

    Args:
        name: The file's.
        arguments: Its arguments.
        feed: What its standard input begins with.
    """
    command = [sys.executable, str(HERE / "peers" / name), *map(str, arguments)]
    with process(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as started:
        assert started.stdin is not None
        assert started.stdout is not None
        started.stdin.write(feed)
        first = started.stdout.readline().decode().strip()
        assert first, f"{name} failed"
        yield started, first


def until(
    condition: Callable[[], object],
    *,
    within_s: float = 30.0,
    of: subprocess.Popen[bytes] | None = None,
) -> None:
    """Wait for a condition, which ``of`` has to fulfil."""
    ends_at = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > ends_at or (of is not None and of.poll() is not None):
            raise TimeoutError
        time.sleep(0.005)


class Flow(NamedTuple):
    """How fast lines came out of a pipe."""

    per_s: float
    cost: str
    """CPU time a line, in microseconds, of each process."""


def flow(out: IO[bytes], count: int, pids: Mapping[str, int]) -> Flow:
    """Take ``count`` lines from a pipe, and time them from the first byte on.

    Args:
        out: The reading end.
        count: How many lines to wait for.
        pids: The processes that work on them, by what to call them.
    """
    left = count - os.read(out.fileno(), BLOCK_BYTES).count(b"\n")
    began, cpu = time.perf_counter(), {name: cpu_s(pid) for name, pid in pids.items()}
    measured = left
    while left > 0:
        block = os.read(out.fileno(), BLOCK_BYTES)
        assert block, f"{left} of {count} lines did not come"
        left -= block.count(b"\n")
    elapsed = time.perf_counter() - began
    costs = {name: (cpu_s(pid) - cpu[name]) / measured * 1e6 for name, pid in pids.items()}
    return Flow(measured / elapsed, cost_of(costs))


def cost_of(costs_us: Mapping[str, float]) -> str:
    """Give the CPU time of a line as people read it."""
    return ", ".join(f"{name} {cost:.1f}" for name, cost in costs_us.items()) + " µs"


def cpu_s(pid: int) -> float:
    """Give the CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int:
    """Give the memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
