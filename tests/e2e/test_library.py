"""The library and its examples over real files, through a service that is killed and returns."""

import subprocess
import sys
from itertools import islice
from pathlib import Path

import logstream
from doubles.programs import append, up

EXAMPLE = Path(__file__).parents[2] / "examples" / "keep_up.py"
WAIT_S = 60


def php(number: int) -> str:
    return f"[23-Nov-2026 12:{number // 60 % 60:02}:{number % 60:02} UTC] PHP Notice:  n {number}"


def test_a_stream_goes_on_where_it_was_whatever_is_restarted(tmp_path: Path) -> None:
    log = tmp_path / "php.log"
    append(log, *map(php, range(100)))
    seen: list[logstream.Line] = []
    for run in range(2):  # a whole service each time, on other ports and with another state
        directory = tmp_path / f"run-{run}"
        directory.mkdir()
        with up(directory, f"php-error={log}") as service:
            credentials = logstream.find_credentials(service.env)
            lines = logstream.stream_sync(
                service.ready["application"],
                service.ready["environment"],
                credentials=credentials,
                endpoint=service.ready["endpoint"],
                lines=None if run else 50,
                after={logstream.Source(seen[-1].server, "php-error"): seen[-1].cursor or ""}
                if run
                else None,
            )
            seen += islice(lines, 50 if run else 30)
            lines.close()
        append(log, *map(php, range(100, 130)))
    assert [line.text for line in seen] == [php(number) for number in range(50, 130)]


def test_a_program_that_keeps_up_prints_each_line_once(tmp_path: Path) -> None:
    log, kept = tmp_path / "php.log", tmp_path / "position"
    append(log, *map(php, range(10)))
    with up(tmp_path, f"php-error={log}") as service:
        ready = service.ready
        command = [sys.executable, str(EXAMPLE), ready["application"], ready["environment"]]
        printed = ""
        for numbers in (range(10, 15), range(15, 15), range(15, 20)):
            done = subprocess.run(
                [*command, str(kept)],
                env={**service.env, "LOGSTREAM_ENDPOINT": ready["endpoint"]},
                capture_output=True,
                text=True,
                timeout=WAIT_S,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            printed += done.stdout
            append(log, *map(php, numbers))
    assert [line.split(" UTC] ")[1] for line in printed.splitlines()] == [
        f"PHP Notice:  n {number}" for number in range(15)
    ]
