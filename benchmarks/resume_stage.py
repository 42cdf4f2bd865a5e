"""Coming back: how soon the missed lines begin, and how fast they are caught up with.

``tail -n +1`` beside it is the floor: one process that reads the same file from its start.
"""

import json
import statistics
import subprocess
from pathlib import Path

from measuring import (
    LOGSTREAM,
    Flow,
    Row,
    directory,
    flow,
    lines,
    peer,
    process,
    rate,
    until,
)
from services import Running, apart, opening

LOG_TYPE = "apache-request"
TAIL = [LOGSTREAM, "tail", "bench", "dev", "-t", LOG_TYPE]
NEAR_LINES, FAR_LINES = 1_000, 400_000
"""What a ring still holds; many times what it does."""
ROUNDS = 9


def measure() -> list[Row]:
    """Measure both."""
    text = lines(FAR_LINES)
    near_ms = _first_lines_ms(lines(NEAR_LINES))
    far_ms = _first_lines_ms(text)
    ours = _catch_up(text)
    floor = _floor(text)
    beside = f"`tail -n +1` {rate(floor.per_s)}"
    return [
        Row(
            f"from connecting anew to the first of {count:,} missed lines, median / worst",
            f"{statistics.median(taken_ms):.1f} / {max(taken_ms):.1f} ms",
        )
        for count, taken_ms in ((NEAR_LINES, near_ms), (FAR_LINES, far_ms))
    ] + [
        Row(
            f"catching up with {FAR_LINES:,} lines",
            rate(ours.per_s),
            ours.cost,
            beside,
            f"{ours.per_s / floor.per_s:.2f}",
        )
    ]


def _first_lines_ms(text: bytes) -> list[float]:
    with directory() as state:
        log = _log(state)
        with (
            apart(state, {LOG_TYPE: log}) as services,
            peer("resuming.py", services.stream_url, ROUNDS, feed=opening(services)) as (back, _),
        ):
            assert back.stdin is not None
            assert back.stdout is not None
            _append(log, text)
            back.stdin.write(b"\n")
            taken_ms: list[float] = json.loads(back.stdout.readline())
            return taken_ms


def _catch_up(text: bytes) -> Flow:
    """Run a client for a moment, write, and run it again from where it was."""
    with directory() as state:
        log, cursor_file = _log(state), state / "cursor"
        command = [*TAIL, "--cursor-file", str(cursor_file)]
        with apart(state, {LOG_TYPE: log}) as services:
            with process(command, env=services.env, stdout=subprocess.PIPE) as client:
                assert client.stdout is not None
                until(lambda: _stands(log, cursor_file), of=client)
            _append(log, text)
            return _taken(command, services)


def _stands(log: Path, cursor_file: Path) -> bool:
    """Write a line; say whether a client has taken one."""
    _append(log, b"?\n")
    return cursor_file.exists()


def _taken(command: list[str], services: Running) -> Flow:
    with process(
        command, env=services.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as client:
        assert client.stdout is not None
        return flow(client.stdout, FAR_LINES, {**services.pids, "client": client.pid})


def _floor(text: bytes) -> Flow:
    with directory() as state:
        log = _log(state)
        _append(log, text)
        with process(["tail", "-n", "+1", str(log)], stdout=subprocess.PIPE) as reader:
            assert reader.stdout is not None
            return flow(reader.stdout, FAR_LINES, {"tail": reader.pid})


def _log(state: Path) -> Path:
    """Give a log that has a line already: in an empty file nothing has a place."""
    log = state / "access.log"
    _append(log, b"?\n")
    return log


def _append(log: Path, text: bytes) -> None:
    with log.open("ab") as file:
        file.write(text)
