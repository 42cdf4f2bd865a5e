"""What was written before, and going on where a run ended: real programs over real files."""

import gzip
import json
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from doubles.programs import Running, append, run, tail, up

TYPES = ("-t", "php-error", "apache-request")


class Site:
    """A service over two log files whose lines are numbered and a second apart."""

    def __init__(self, directory: Path, service: Running, php: Path, web: Path) -> None:
        self.directory = directory
        self.service = service
        self.php = php
        self.web = web
        self._runs = 0

    def tail(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a tail to its end."""
        ready = self.service.ready
        words = ("tail", ready["application"], ready["environment"], *TYPES, *arguments)
        done = run(*words, directory=self.directory, env=self.service.env)
        assert done.returncode == 0, done.stderr
        return done

    def next_directory(self) -> Path:
        self._runs += 1
        return self.directory / f"run-{self._runs}"


def php(second: int) -> str:
    return f"[{datetime.fromtimestamp(second, UTC):%d-%b-%Y %H:%M:%S} UTC] PHP Notice:  {second}"


def web(second: int) -> str:
    stamp = f"{datetime.fromtimestamp(second, UTC):%d/%b/%Y:%H:%M:%S +0000}"
    status = 500 if second % 4 == 1 else 200
    return f'203.0.113.9 - - [{stamp}] "GET /{second} HTTP/1.1" {status} 7 "-" "-"'


def seconds(text: str) -> list[int]:
    """Give the numbers of shown lines."""
    found = []
    for line in text.splitlines():
        word = line.rsplit(" ", 1)[1] if "PHP" in line else line.split('"')[1].split()[1][1:]
        found.append(int(word))
    return found


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    files = tmp_path / "php.log", tmp_path / "access.log"
    for file, line in zip(files, (php, web), strict=True):
        odd = line is web
        append(file, *(line(second) for second in range(odd, 100, 2)))
    with up(tmp_path, f"php-error={files[0]}", f"apache-request={files[1]}") as service:
        yield Site(tmp_path, service, *files)


def test_the_last_lines_of_all_sources_come_in_the_order_of_time(site: Site) -> None:
    assert seconds(site.tail("--no-follow", "-n", "7").stdout) == [*range(93, 100)]
    assert seconds(site.tail("--no-follow").stdout) == [*range(90, 100)]
    assert seconds(site.tail("--no-follow", "-n", "0").stdout) == []
    assert seconds(site.tail("--no-follow", "-n", "500").stdout) == [*range(100)]


def test_a_range_of_time_is_exact(site: Site) -> None:
    done = site.tail("--since", "@20", "--until", "1970-01-01T00:00:30Z")
    assert seconds(done.stdout) == [*range(20, 30)]
    assert "since 1970-01-01 00:00:20 UTC" in done.stderr
    assert seconds(site.tail("--until", "@50", "-n", "3").stdout) == [47, 48, 49]
    assert seconds(site.tail("--since", "@90", "--no-follow").stdout) == [*range(90, 100)]


def test_the_past_is_filtered_where_the_files_are(site: Site) -> None:
    done = site.tail("--no-follow", "-n", "3", "--status", "5xx", "--debug")
    assert seconds(done.stdout) == [89, 93, 97]
    assert '"show":{"http_status":["^(?:5[0-9][0-9])$"]}' in done.stderr
    done = site.tail("--no-follow", "-n", "3", "-i", r"Notice:  \d+(?=7)")
    assert seconds(done.stdout) == []
    assert "its lines are filtered here" in done.stderr


def test_the_past_goes_over_into_live_lines_without_a_seam(site: Site) -> None:
    with tail(site.next_directory(), site.service, *TYPES, "-n", "4") as program:
        program.until_lines(4)
        append(site.php, php(100))
        append(site.web, web(101))
        shown = sorted(seconds("\n".join(program.until_lines(6))))
    assert shown == [*range(96, 102)]


def rotate(log: Path, *, compress: bool) -> None:
    """Rotate as logrotate does, with ``delaycompress``."""
    for number in range(8, 0, -1):
        for ending in ("", ".gz"):
            old = log.with_name(f"{log.name}.{number}{ending}")
            if old.exists():
                old.rename(log.with_name(f"{log.name}.{number + 1}{ending}"))
    second = log.with_name(f"{log.name}.2")
    if compress and second.exists():
        with gzip.open(f"{second}.gz", "wb") as file:
            file.write(second.read_bytes())
        second.unlink()
    log.rename(log.with_name(f"{log.name}.1"))


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "compressed"])
def test_runs_with_a_cursor_file_go_on_through_rotations(site: Site, compress: bool) -> None:
    cursor, shown = site.directory / "cursor", list[int]()
    arguments = ("--cursor-file", str(cursor), "-n", "4", "--no-follow")
    shown += seconds(site.tail(*arguments).stdout)
    for step in range(4):
        second = 100 + 5 * step
        append(site.php, php(second))
        rotate(site.php, compress=compress)
        append(site.php, php(second + 1), php(second + 2))
        if step % 2:  # in the middle of the lines of this step
            done = site.tail(*arguments, "--max-lines", "1")
            assert "lost" not in done.stderr
            shown += seconds(done.stdout)
            rotate(site.php, compress=compress)
        append(site.php, php(second + 3))
        append(site.web, web(second + 4))
        done = site.tail(*arguments)
        assert "lost" not in done.stderr
        shown += seconds(done.stdout)
    assert sorted(shown) == [*range(96, 120)]


def test_a_run_that_is_killed_goes_on_from_its_last_whole_line(site: Site) -> None:
    directory = site.next_directory()
    with tail(directory, site.service, *TYPES, "-o", "json", "-n", "100") as program:
        program.until_lines(30)
        program.stop(signal.SIGKILL)
        whole = program.out[: program.out.rfind(b"\n") + 1].decode().splitlines()
    records = [json.loads(line) for line in whole]
    append(site.php, *(php(second) for second in range(100, 110)))
    after = ("--after-cursor", records[-1]["cursor"], "--no-follow", "-o", "json")
    rest = [json.loads(line) for line in site.tail(*after).stdout.splitlines()]
    texts = "\n".join(record["text"] for record in (*records, *rest))
    assert sorted(seconds(texts)) == [*range(110)]


def test_a_cursor_of_something_else_is_refused_in_one_line(site: Site) -> None:
    ready = site.service.ready
    words = ("tail", ready["application"], ready["environment"], "--after-cursor", "1+x")
    done = run(*words, directory=site.directory, env=site.service.env)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--after-cursor: '1+x'… is no cursor" in done.stderr
