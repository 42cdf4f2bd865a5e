"""Real web servers under load, their logs rotated, watched by two people: not a line differs."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from doubles.daemons import WebStack, generations, web_stack
from doubles.http_load import Answer, load_on
from doubles.programs import BOUND_S, Program, Running, tail, until, up

BURSTS = 4
BURST_REQUESTS = 1_000
PEOPLE = 8
PATHS = (
    "/",
    "/index.php",
    "/index.php?status=301",
    "/index.php?status=404",
    "/index.php?status=503",
    "/warning.php",
    "/exception.php",
    "/private/door",
    "/missing",
)
LAST = ("/warning.php?last", "/private/last")
"""Between them they write to every log."""

REQUEST_LOGS = ("bal-request", "varnish-request", "apache-request")
STATUS = re.compile(r'" (\d{3}) (?:\d+|-) "')
REQUEST_ID = re.compile(r' request_id="([^"]*)"')

Record = dict[str, Any]


@pytest.fixture
def web() -> Iterator[WebStack]:
    with web_stack() as running:
        yield running


@pytest.mark.timeout(240)
def test_every_line_under_load_and_rotation_arrives_once(web: WebStack, tmp_path: Path) -> None:
    sources = [f"{log_type}={path}" for log_type, path in web.logs.items()]
    with (
        up(tmp_path, *sources, "--server", "srv-6") as service,
        watching(service, tmp_path / "json", *web.logs, output="json") as everything,
        watching(service, tmp_path / "raw", "apache-request", output="raw") as requests,
    ):
        before = {log_type: len(lines_of(path)) for log_type, path in web.logs.items()}
        answers: list[Answer] = []
        for _ in range(BURSTS):
            with load_on(web.port, PATHS, count=BURST_REQUESTS, people=PEOPLE) as load:
                load.wait_for(BURST_REQUESTS // 2)
                # A generation lasts until somebody has seen it: hours on a server, moments here.
                wait_for_lines(everything, len(all_lines(web)) - sum(before.values()))
                web.rotate()
            answers += load.answers
        # The last requests show that nothing is on its way any more, nor came twice.
        with load_on(web.port, LAST, count=len(LAST), people=1) as load:
            until(lambda: all_logged(web, load.answers), "the last requests are in every log")
        answers += load.answers
        written = {
            log_type: lines_of(path)[before[log_type] :] for log_type, path in web.logs.items()
        }
        wait_for_lines(everything, sum(len(lines) for lines in written.values()))
        wait_for_lines(requests, len(written["apache-request"]))
        assert '"cmd":"error"' not in everything.err + requests.err
        assert [program.stop() for program in (requests, everything, service.program)] == [0, 0, 0]

    assert len(answers) == BURSTS * BURST_REQUESTS + len(LAST)
    assert {len(generations(path)) for path in web.logs.values()} == {BURSTS + 1}
    records = [json.loads(line) for line in split(everything.out)]
    for log_type, lines in written.items():
        assert_same(texts(records, log_type), lines, log_type)
    assert_same(split(requests.out), written["apache-request"], "raw")
    assert_columns_are_those_of_the_text(records)
    assert_requests_keep_their_id_on_their_way(records, answers)


@contextmanager
def watching(service: Running, directory: Path, *log_types: str, output: str) -> Iterator[Program]:
    """Run ``logstream tail`` and wait until all sources flow."""
    arguments = ["-t", *log_types, "-o", output, "--debug"]
    with tail(directory, service, *arguments) as program:
        until(
            lambda: program.err.count('"msg":{"cmd":"enable"') >= len(log_types),
            f"all sources flow: {program.err}",
        )
        yield program


def all_logged(web: WebStack, answers: list[Answer]) -> bool:
    """Whether the two last requests are in all the logs that they concern."""
    if len(answers) < len(LAST):
        return False
    warned, refused = (answer.request_id for answer in answers)
    request_logs = [lines_of(web.logs[log_type]) for log_type in REQUEST_LOGS]
    warnings = lines_of(web.logs["php-error"])
    return any(warned in line for line in warnings) and all(
        any(f'request_id="{request_id}"' in line for line in lines)
        for lines in request_logs
        for request_id in (warned, refused)
    )


def all_lines(web: WebStack) -> list[str]:
    return [line for path in web.logs.values() for line in lines_of(path)]


def lines_of(path: Path) -> list[str]:
    """All lines of a log, from its oldest generation on."""
    return [line for file in reversed(generations(path)) for line in split(file.read_bytes())]


def split(content: bytes) -> list[str]:
    """The complete lines of ``content``."""
    return content.decode("utf-8", "replace").split("\n")[:-1]


def wait_for_lines(program: Program, count: int) -> None:
    """Wait a bounded time; what did not come is told by the comparison of the whole."""
    deadline_s = time.monotonic() + BOUND_S
    while physical_lines(program.out) < count and time.monotonic() < deadline_s:
        time.sleep(0.02)


def physical_lines(out: bytes) -> int:
    """Count them in raw output, or in JSON, where a record of several holds escaped line feeds."""
    return out.count(b"\n") + out.count(rb"\n")


def texts(records: list[Record], log_type: str) -> list[str]:
    """Give the physical lines of a type: a stack trace is one record."""
    shown = (record["text"] for record in records if record["type"] == log_type)
    return [line for text in shown for line in text.split("\n")]


def assert_same(received: list[str], written: list[str], what: str) -> None:
    missing, extra = Counter(written) - Counter(received), Counter(received) - Counter(written)
    examples = (list(missing)[:3], list(extra)[:3])
    assert (missing.total(), extra.total()) == (0, 0), (what, examples)


def assert_columns_are_those_of_the_text(records: list[Record]) -> None:
    for record in records:
        assert record["server"] == "srv-6"
        if record["type"] in REQUEST_LOGS:
            status, request_id = STATUS.search(record["text"]), REQUEST_ID.search(record["text"])
            assert status is not None
            assert request_id is not None
            assert record["http_status"] == int(status[1])
            assert record["request_id"] == request_id[1]
        else:
            assert record["http_status"] is None


def assert_requests_keep_their_id_on_their_way(
    records: list[Record], answers: list[Answer]
) -> None:
    answered = {answer.request_id: answer.status for answer in answers}
    assert len(answered) == len(answers)
    for log_type in REQUEST_LOGS:
        seen = {
            record["request_id"]: record["http_status"]
            for record in records
            if record["type"] == log_type
        }
        assert seen == answered, log_type
