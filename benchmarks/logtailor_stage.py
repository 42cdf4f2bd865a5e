"""The logtailor's work on each line: read, split, parse, encode; without a network."""

import json
import re
from datetime import datetime
from pathlib import Path

from measuring import Row, directory, lines, median_time_s, rate

from logstream.formats.catalogue import format_for
from logstream.model.source import Source
from logstream.protocol.base_lines import BaseLineEncoder
from logstream.tail.follower import Follower

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
        log.write_bytes(lines(COUNT))
        read, parsed, encoded, theirs = (
            median_time_s(action, rounds=ROUNDS) / COUNT
            for action in (
                lambda: _ours(log, parse=False, encode=False),
                lambda: _ours(log, parse=True, encode=False),
                lambda: _ours(log, parse=True, encode=True),
                lambda: _peer(log),
            )
        )
    steps = {"read, split": read, "parse": parsed - read, "encode": encoded - parsed}
    return [
        Row(
            "logtailor: read, parse, encode",
            rate(1 / encoded),
            ", ".join(f"{name} {step * 1e6:.1f}" for name, step in steps.items()) + " µs",
            f"regular expression, dict and json {rate(1 / theirs)}",
            f"{theirs / encoded:.1f}",
            "1 M",
        )
    ]


def _ours(log: Path, *, parse: bool, encode: bool) -> None:
    follower = Follower([str(log)])
    follower.look(0.0)
    source = Source("srv-6", "apache-request")
    read, encoder = format_for(source.log_type), BaseLineEncoder(source)
    count = 0
    while found := follower.read():
        count += len(found.texts)
        if parse:
            columns = read.columns(found.texts, now_s=0)
            if encode:
                encoder.encode(found.texts, **columns._asdict(), now_s=0)
    follower.close()
    assert count == COUNT


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
