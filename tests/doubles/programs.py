"""Runs the product's own programs as a user does: processes, files and signals."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LOGSTREAM = str(Path(sys.executable).with_name("logstream"))
#: How long a condition may take on a slow, busy machine.
BOUND_S = 30.0


def until(condition: Callable[[], object], what: str, *, within_s: float = BOUND_S) -> None:
    """Wait until ``condition`` holds; fail with ``what`` it was where it does not in time."""
    ends_at = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < ends_at, f"not within {within_s} s: {what}"
        time.sleep(0.01)


class Program:
    """A running program; what it writes goes to files, so that it never waits for us."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        directory: Path,
        env: dict[str, str] | None = None,
        stdout: int | None = None,
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.arguments = [LOGSTREAM, *arguments]
        self._out, self._err = directory / "out", directory / "err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                self.arguments,
                stdout=out if stdout is None else stdout,
                stderr=err,
                stdin=subprocess.DEVNULL,
                env={**clean_environment(directory), **(env or {})},
                start_new_session=True,
            )

    @property
    def out(self) -> bytes:
        return self._out.read_bytes()

    @property
    def err(self) -> str:
        return self._err.read_text("utf-8", "replace")

    @property
    def lines(self) -> list[str]:
        return self.out.decode().splitlines()

    def until_says(self, text: str) -> None:
        until(
            lambda: text in self.err or self._dead(), f"{text!r} from {self.arguments}: {self.err}"
        )
        assert text in self.err, self.err

    def until_lines(self, count: int) -> list[str]:
        until(lambda: len(self.lines) >= count or self._dead(), f"{count} lines: {self.err}")
        assert len(self.lines) >= count, (self.lines, self.err)
        return self.lines

    def wait(self) -> int:
        return self.process.wait(BOUND_S)

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.wait()

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def _dead(self) -> bool:
        return self.process.poll() is not None


def clean_environment(home: Path) -> dict[str, str]:
    """Give this process's environment without what would change the product's behaviour."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LOGSTREAM_")}
    for name in ("NO_COLOR", "CLICOLOR_FORCE", "SSL_CERT_FILE"):
        kept.pop(name, None)
    # The programs' own coverage is not measured: they are judged by what they do.
    return {**kept, "HOME": str(home), "XDG_STATE_HOME": str(home / "state")}


class Running:
    """A ``logstream up`` that is ready."""

    def __init__(self, program: Program, ready: dict[str, Any]) -> None:
        self.program = program
        self.ready = ready
        self.env = {
            "LOGSTREAM_ENDPOINT": ready["endpoint"],
            "LOGSTREAM_API_KEY": ready["api_key"],
            "LOGSTREAM_API_SECRET": ready["api_secret"],
        }


@contextmanager
def up(directory: Path, *arguments: str, env: dict[str, str] | None = None) -> Iterator[Running]:
    """Run ``logstream up`` on free ports until it is ready, and stop it at the end."""
    ready_file = directory / "ready.json"
    options = ["--api-port", "0", "--stream-port", "0", "--ready-file", str(ready_file)]
    options += ["--state-dir", str(directory / "state"), *arguments]
    with running(Program(["up", *options], directory=directory / "up", env=env)) as program:
        until(
            lambda: ready_file.exists() or program.process.poll() is not None,
            "logstream up is ready",
        )
        assert ready_file.exists(), program.err
        yield Running(program, json.loads(ready_file.read_text()))


@contextmanager
def tail(directory: Path, service: Running, *arguments: str) -> Iterator[Program]:
    """Run ``logstream tail`` against a service; ends it at the end."""
    words = ["tail", service.ready["application"], service.ready["environment"], *arguments]
    with running(Program(words, directory=directory, env=service.env)) as program:
        yield program


@contextmanager
def running(program: Program) -> Iterator[Program]:
    """End a program, whatever happens."""
    try:
        yield program
    finally:
        if program.process.poll() is None:
            program.process.send_signal(signal.SIGTERM)
            try:
                program.process.wait(10)
            except subprocess.TimeoutExpired:
                program.process.kill()
                program.process.wait()


def run(
    *arguments: str, directory: Path, env: dict[str, str] | None = None, text: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        [LOGSTREAM, *arguments],
        capture_output=True,
        text=True,
        input=text,
        env={**clean_environment(directory), **(env or {})},
        timeout=BOUND_S,
        check=False,
    )


def append(path: Path, *lines: str) -> None:
    """Append whole lines to a log file, as one write."""
    with path.open("a") as file:
        file.write("".join(f"{line}\n" for line in lines))
