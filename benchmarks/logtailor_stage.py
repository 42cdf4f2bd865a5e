"""The logtailor's work on each line: read, split, parse, encode; without a network.

It waits for nothing, so the rates are those of the CPU time that it takes.
"""

import json
import re
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from measuring import Row, directory, lines, median_cpu_s, rate

from logstream.formats.catalogue import format_for
from logstream.logtailor.columns import ColumnMaker, body_of
from logstream.protocol.frame import encode_body, pack
from logstream.tail.base import Records
from logstream.tail.source_tail import SourceTail

COUNT = 200_000
ROUNDS = 3
COMBINED = re.compile(
    r'(?P<ip>\S+) \S+ (?P<user>\S+) \[(?P<time>[^\]]+)\] "(?P<request>[^"]*)" '
    r'(?P<status>\d+|-) (?P<size>\d+|-) "(?P<referer>[^"]*)" "(?P<agent>[^"]*)"'
    r'(?:.* request_id="(?P<request_id>[^"]*)")?'
)


def measure() -> list[Row]:
    """Compare it with a regular expression, a dictionary and the standard JSON."""
    with directory() as place:
        log = place / "access.log"
        text_bytes = log.write_bytes(lines(COUNT))
        share = _ours(log, 3) / text_bytes
        ways: list[Callable[[], object]] = [partial(_ours, log, steps) for steps in range(4)]
        ways.append(partial(_peer, log))
        read, parsed, encoded, packed, theirs = (
            median_cpu_s(way, rounds=ROUNDS) / COUNT for way in ways
        )
    steps = {"read, split": read, "parse": parsed - read, "encode": encoded - parsed}
    beside = f"regular expression, dict and json {rate(1 / theirs)}"
    return [
        Row(
            "logtailor: read, parse, encode as columns",
            rate(1 / encoded),
            ", ".join(f"{name} {step * 1e6:.2f}" for name, step in steps.items()) + " µs",
            beside,
            f"{theirs / encoded:.1f}",
            "1 M",
        ),
        Row(
            "the same, and compress",
            rate(1 / packed),
            f"compress {(packed - encoded) * 1e6:.2f} µs; {share:.0%} of the text's bytes",
            beside,
            f"{theirs / packed:.1f}",
            "12 %",
        ),
    ]


def _ours(log: Path, steps: int) -> int:
    """Read all of it; parse, encode and compress it, if there are so many steps.

    Returns:
        How many bytes it was in the end.
    """
    format_ = format_for("apache-request")
    maker = ColumnMaker(format_, None, time.time)
    tail = SourceTail([str(log)], grouping=format_.grouping)
    tail.open("", now_s=0.0)
    tail.look(0.0)
    count = packed_bytes = 0
    while found := tail.read(0.0):
        assert isinstance(found, Records)
        count += len(found.texts)
        if steps >= 1:
            columns = maker.read(found.texts, found.offsets, found.cut)
            if steps >= 2:
                body = encode_body(body_of(columns))
                if steps >= 3:
                    packed_bytes += len(pack(body).data)
    tail.close()
    assert count == COUNT
    return packed_bytes


def _peer(log: Path) -> None:
    with log.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            text = line.rstrip("\n")
            found = COMBINED.match(text)
            assert found is not None
            fields = found.groupdict()
            when = datetime.strptime(fields["time"], "%d/%b/%Y:%H:%M:%S %z")
            message = {
                "cmd": "line",
                "log_type": "apache-request",
                "type": "apache-request",
                "server": "srv-6",
                "unix_time": int(when.timestamp()),
                "disp_time": when.strftime("%Y-%m-%d %H:%M:%S"),
                "http_status": int(fields["status"]),
                "request_id": fields["request_id"],
                "text": text,
            }
            json.dumps(message).encode()
