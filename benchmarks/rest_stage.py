"""What costs while nothing happens: a logtailor with 200 quiet files, and starting the program."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from measuring import LOGSTREAM, Row, cpu_s, directory, process, resident_bytes
from services import apart

FILES = 200
SECONDS = 10
STARTS = 9


def measure() -> list[Row]:
    """Measure both."""
    return [_quiet_files(), _start()]


def _quiet_files() -> Row:
    with directory() as state:
        files = {f"quiet-{number}": state / f"quiet-{number}.log" for number in range(FILES)}
        for path in files.values():
            path.write_text("old\n")
        words = [LOGSTREAM, "tail", "bench", "dev", "-t", "all"]
        with apart(state, files) as services:
            pid = services.pids["logtailor"]
            with process(words, env=services.env, stdout=subprocess.DEVNULL):
                time.sleep(2)
                before = cpu_s(pid)
                time.sleep(SECONDS)
                share = (cpu_s(pid) - before) / SECONDS
                resident = resident_bytes(pid)
    return Row(
        f"logtailor with {FILES} quiet files, all watched",
        f"{resident / 1e6:.0f} MB resident",
        f"{share:.1%} of a core",
        reach="40 MB, no CPU",
    )


def _start() -> Row:
    ours, bare = _cpu_ms([LOGSTREAM, "help", "tail"]), _cpu_ms([sys.executable, "-c", "pass"])
    return Row(
        "`logstream help tail`",
        f"{ours:.0f} ms of CPU",
        f"{ours - bare:.0f} ms beyond the bare interpreter",
        f"the bare interpreter {bare:.0f} ms",
        f"{ours / bare:.1f}",
        "100 ms beyond",
    )


def _cpu_ms(command: Sequence[str]) -> float:
    """Give the median of the CPU time that a program takes from start to end."""
    times = []
    for _ in range(STARTS):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as started:
            _, status, used = os.wait4(started.pid, 0)
            started.returncode = os.waitstatus_to_exitcode(status)
        assert started.returncode == 0
        times.append((used.ru_utime + used.ru_stime) * 1000)
    return statistics.median(times)
