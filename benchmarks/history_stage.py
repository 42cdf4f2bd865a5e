"""History: a time in 10 GB, the last lines of it, and a filtered scan beside ``grep -c``."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from measuring import Row, directory, lines, median_time_s

from logstream.formats.catalogue import KNOWN_FORMATS
from logstream.formats.filtering import Matcher
from logstream.logtailor.history import HistoryReading, history_page
from logstream.logtailor.sieve import Sieve
from logstream.model.filter import NO_FILTER, Filter, make_filter
from logstream.model.source import Source
from logstream.protocol.wishes import HistoryWanted
from logstream.tail.archive import Archive
from logstream.tail.kept import KeptContents
from logstream.tail.locate import range_of_time
from logstream.tail.opened import OpenedFile

LOCATED_BYTES = 10_000_000_000
SPARE_BYTES = 5_000_000_000
SCANNED_BYTES = 1_000_000_000
BEGINS_S = 1_404_763_200
SECOND_LINES = 400
"""A second of a log that grows by 10 GB in a day."""
STAMP = b"07/Jul/2014:20:00:00"
SOURCE = Source("bench", "apache-request")
PATTERNS = ("GET /node/299 ", '80001 .*0000a4"$', "(?i:get /node/17[0-9] )")


def measure() -> list[Row]:
    """Measure all."""
    with directory() as where:
        return [*_located(where / "huge.log"), *_scanned(where / "large.log")]


def _located(path: Path) -> list[Row]:
    wanted = min(LOCATED_BYTES, shutil.disk_usage(path.parent).free - SPARE_BYTES)
    if wanted < SCANNED_BYTES // 10:
        return []
    size, seconds = _write(path, wanted)
    began_s = BEGINS_S + 0.7 * seconds
    size_text = f"{size / 1e9:.1f} GB"
    rows = []
    actions: list[tuple[str, Callable[[], None], str]] = [
        ("locate a time", lambda: _locate(path, began_s, size), "1 ms"),
        ("first lines since a time", lambda: _first_part(path, since=began_s), "well under 1 s"),
        ("last 1,000 lines", lambda: _first_part(path, back=True), ""),
    ]
    for title, action, reach in actions:
        elapsed_s, cpu = median_time_s(action), time.process_time()
        action()
        cost_s = time.process_time() - cpu
        rows.append(
            Row(
                f"history: {title}, in {size_text}",
                f"{elapsed_s * 1e3:.1f} ms",
                f"logtailor {cost_s * 1e3:.1f} ms in all",
                reach=reach,
            )
        )
    path.unlink()
    return rows


def _scanned(path: Path) -> list[Row]:
    size, _ = _write(path, SCANNED_BYTES)
    rows = []
    for pattern in PATTERNS:
        wanted = make_filter({"text": [pattern]}, None)
        counted = [0, 0]

        def scan(wanted: Filter = wanted, counted: list[int] = counted) -> None:
            counted[0] = _count(path, wanted)

        def grep(pattern: str = pattern, counted: list[int] = counted) -> None:
            flags, text = ("-ci", pattern[4:-1]) if pattern.startswith("(?i:") else ("-c", pattern)
            out = subprocess.run(
                ["grep", flags, "-E", text, path],
                capture_output=True,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                check=False,
            )
            counted[1] = int(out.stdout)

        grep()
        ours_s, theirs_s = median_time_s(scan, rounds=3), median_time_s(grep, rounds=3)
        assert counted[0] == counted[1] > 0, (pattern, counted)
        rows.append(
            Row(
                f"history: scan for `{pattern.replace('|', '/')}`",
                f"{size / ours_s / 1e9:.2f} GB/s",
                beside=f"`grep -c` {size / theirs_s / 1e9:.2f} GB/s",
                ratio=f"{theirs_s / ours_s:.2f}",
                reach="1",
            )
        )
    return rows


def _write(path: Path, wanted_bytes: int) -> tuple[int, int]:
    """Write a log whose times ascend; give its size, and its seconds."""
    second = lines(SECOND_LINES)
    head, *rest = second.split(b"07/Jul/2014:20:")
    parts = [part[len("00:00") :] for part in rest]
    count = wanted_bytes // len(second)
    with path.open("wb") as file:
        for number in range(count):
            moment = datetime.fromtimestamp(BEGINS_S + number, UTC)
            stamp = moment.strftime("%d/%b/%Y:%H:%M:%S").encode()
            file.write(stamp.join([head, *parts]))
    return path.stat().st_size, count


def _reading(path: Path) -> HistoryReading:
    return HistoryReading(
        lambda: Archive([str(path)]),
        KNOWN_FORMATS.format_for(SOURCE.log_type),
        time.time,
        time.monotonic,
        KeptContents(),
    )


def _wish(
    wanted: Filter = NO_FILTER,
    *,
    after: str | None = None,
    since: float | None = None,
    back: bool = False,
) -> HistoryWanted:
    return HistoryWanted(SOURCE, wanted, 1, after, None, since, None, 1000, back)


def _locate(path: Path, time_s: float, size: int) -> None:
    content = OpenedFile.at(str(path), plain=True)
    sieve = Sieve(
        KNOWN_FORMATS.format_for(SOURCE.log_type), None, since=time_s, until=None, now_s=time.time()
    )
    low, high = range_of_time(content, 0, size, time_s, sieve.first_time)
    assert 0 < low <= high < size
    content.close()


def _first_part(path: Path, *, since: float | None = None, back: bool = False) -> None:
    reading, after, lines_there = _reading(path), None, False
    while not lines_there:
        page = history_page(_wish(after=after, since=since, back=back), reading)
        while page.end is None and not lines_there:
            lines_there = any(getattr(part, "read", None) for part in page.step())
        after = page.end and page.end.last
        page.close()


def _count(path: Path, wanted: Filter) -> int:
    """Count all lines that pass, page by page."""
    reading = _reading(path)
    matcher = Matcher(wanted)
    count, after, more = 0, None, True
    while more:
        page = history_page(_wish(wanted, after=after, since=None), reading, matcher)
        while page.end is None:
            for part in page.step():
                read = getattr(part, "read", None)
                count += len(read.texts) if read is not None else 0
        page.close()
        after, more = page.end.last, page.end.more
    return count
