"""How fast each format reads: lines a second of ``columns``, on one core.

Beside them, in the same run, two references: a web request by one regular expression with groups
and a dictionary, and the slow path that defines what the short cuts for web requests must answer.
"""

import re
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random
from time import perf_counter
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from logstream.cli.demo_visits import records_of_visit
from logstream.formats.catalogue import format_for
from logstream.formats.web_request import WebRequestFormat
from logstream.model.source import DISPLAY_NAMES

NOW_S = 1404764933.0
VISITS_PER_S = 300
"""Visits in a second of the simulated time, so that stamps repeat as on a busy server."""
BATCH_LINES = 160
"""Some 64 KiB of text: what one read of a file gives."""
TIMED_LINES = 20_000
ROUNDS = 7
_COMBINED = re.compile(
    r'(?P<ip>\S+) \S+ (?P<user>\S+) \[(?P<time>[^\]]+)\] "(?P<request>(?:[^"\\]|\\.)*)" '
    r'(?P<status>\d+|-) (?P<size>\d+|-) "(?P<referer>(?:[^"\\]|\\.)*)" '
    r'"(?P<agent>(?:[^"\\]|\\.)*)"(?P<more>.*)'
)
_MORE = re.compile(r' (\w+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))')


class Row(NamedTuple):
    """One measurement."""

    name: str
    lines_per_s: float
    """The median of ``ROUNDS``."""
    best_lines_per_s: float
    line_chars: float
    """The mean length."""


def measure() -> list[Row]:
    """Measure every format and the references, in turns."""
    written = _records()
    rows = []
    for log_type, texts in written.items():
        columns = partial(format_for(log_type).columns, now_s=NOW_S)
        rows.append(_row(log_type, texts, columns))
    web = written["apache-request"]
    slow = WebRequestFormat()
    rows.append(
        _row("apache-request without short cuts", web, lambda batch: [*map(slow.read, batch)])
    )
    rows.append(_row("reference: re and dict", web, lambda batch: [*map(_by_expression, batch)]))
    return rows


def _records() -> dict[str, list[str]]:
    random = Random(1)
    written: dict[str, list[str]] = {log_type: [] for log_type in DISPLAY_NAMES}
    for visit in range(12_000):
        for record in records_of_visit(random, NOW_S + visit / VISITS_PER_S):
            written[record.log_type].append(record.text)
    return {
        name: (texts * (TIMED_LINES // len(texts) + 1))[:TIMED_LINES]
        for name, texts in written.items()
    }


def _row(name: str, texts: list[str], read: Callable[[Sequence[str]], object]) -> Row:
    batches = [texts[i : i + BATCH_LINES] for i in range(0, len(texts), BATCH_LINES)]
    speeds = []
    for _ in range(ROUNDS):
        started_s = perf_counter()
        for batch in batches:
            read(batch)
        speeds.append(len(texts) / (perf_counter() - started_s))
    speeds.sort()
    return Row(name, speeds[ROUNDS // 2], speeds[-1], sum(map(len, texts)) / len(texts))


def _by_expression(text: str) -> dict[str, object]:
    found = _COMBINED.match(text)
    if found is None:
        return {}
    fields: dict[str, object] = found.groupdict()
    for key, quoted, bare in _MORE.findall(found["more"]):
        fields[key] = quoted or bare
    fields["time"] = datetime.strptime(found["time"], "%d/%b/%Y:%H:%M:%S %z").timestamp()
    return fields


if __name__ == "__main__":
    print(f"{'format':36}{'lines/s':>12}{'best':>12}{'chars':>8}")
    for row in measure():
        print(
            f"{row.name:36}{row.lines_per_s:12,.0f}{row.best_lines_per_s:12,.0f}"
            f"{row.line_chars:8.0f}"
        )
