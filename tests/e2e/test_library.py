"""The library and its examples over real files, through a service that is restarted."""

import subprocess
import sys
from pathlib import Path

from doubles.programs import Running, append, up

EXAMPLE = (Path(__file__).parents[2] / "examples" / "keep_up.py").read_text(encoding="utf-8")
FOLLOW = """
import os, sys
from itertools import islice
import logstream
application, environment, count, after = sys.argv[1:]
lines = logstream.stream_sync(
    application,
    environment,
    credentials=logstream.find_credentials(os.environ),
    endpoint=os.environ["LOGSTREAM_ENDPOINT"],
    lines=None if after else 50,
    after=after or None,
)
for line in islice(lines, int(count)):
    print(line.text)
lines.close()
source = logstream.Source(line.server, line.log_type)
print(logstream.Position({source: line.cursor}).render())
"""
WAIT_S = 60


def php(number: int) -> str:
    return f"[23-Nov-2026 12:{number // 60 % 60:02}:{number % 60:02} UTC] PHP Notice:  n {number}"


def run(program: str, service: Running, *arguments: str) -> list[str]:
    """Run a Python program with a service; give the lines that it prints."""
    ready = service.ready
    done = subprocess.run(
        [sys.executable, "-c", program, ready["application"], ready["environment"], *arguments],
        env={**service.env, "LOGSTREAM_ENDPOINT": ready["endpoint"]},
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_stream_goes_on_where_it_was_whatever_is_restarted(tmp_path: Path) -> None:
    log = tmp_path / "php.log"
    append(log, *map(php, range(100)))
    seen: list[str] = []
    position = ""
    for count in ("30", "50"):  # a whole service each time, on other ports, with another state
        directory = tmp_path / count
        directory.mkdir()
        with up(directory, f"php-error={log}") as service:
            *lines, position = run(FOLLOW, service, count, position)
        seen += lines
        append(log, *map(php, range(100, 130)))
    assert seen == [php(number) for number in range(50, 130)]


def test_a_program_that_keeps_up_prints_each_line_once(tmp_path: Path) -> None:
    log, kept = tmp_path / "php.log", tmp_path / "position"
    append(log, *map(php, range(10)))
    printed: list[str] = []
    with up(tmp_path, f"php-error={log}") as service:
        for numbers in (range(10, 15), range(15, 15), range(15, 20)):
            printed += run(EXAMPLE, service, str(kept))
            append(log, *map(php, numbers))
    assert [line.rsplit(" ", 1)[1] for line in printed] == [f"{number}" for number in range(15)]
