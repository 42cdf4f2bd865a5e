from collections import Counter

from logstream.hub.metrics import render


def test_counters_end_in_total_and_gauges_do_not() -> None:
    counters = Counter(sessions_opened=3, lines_delivered=10**12)
    assert render(counters, {"connections": 2}) == (
        b"logstream_lines_delivered_total 1000000000000\n"
        b"logstream_sessions_opened_total 3\n"
        b"logstream_connections 2\n"
    )


def test_nothing_yet_is_nothing() -> None:
    assert render({}, {}) == b""
