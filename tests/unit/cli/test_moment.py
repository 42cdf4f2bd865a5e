import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from logstream.cli.moment import parse_moment_s, shown
from logstream.errors import UsageError

NOW_S = datetime(2026, 1, 15, 12, 30, tzinfo=UTC).timestamp()


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "CET-1")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def utc(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("text", "moment_s"),
    [
        ("10s", NOW_S - 10),
        ("5m", NOW_S - 300),
        ("1h30m", NOW_S - 5400),
        ("3d", NOW_S - 3 * 86400),
        ("1w", NOW_S - 7 * 86400),
        ("now", NOW_S),
        ("today", utc(2026, 1, 14, 23, 0)),
        ("yesterday", utc(2026, 1, 13, 23, 0)),
        ("9:05", utc(2026, 1, 15, 8, 5)),
        ("15:04:05", utc(2026, 1, 15, 14, 4, 5)),
        ("2026-01-02", utc(2026, 1, 1, 23, 0)),
        ("2026-01-02 15:04", utc(2026, 1, 2, 14, 4)),
        ("2026-01-02T15:04:05", utc(2026, 1, 2, 14, 4, 5)),
        ("2026-01-02T15:04:05Z", utc(2026, 1, 2, 15, 4, 5)),
        ("2026-01-02T15:04:05.25+02:00", utc(2026, 1, 2, 13, 4, 5) + 0.25),
        ("2026-01-02 15:04:05 +0200", utc(2026, 1, 2, 13, 4, 5)),
        ("@1767366245.5", 1767366245.5),
        ("99999w", 0.0),
    ],
)
def test_moments_are_read_as_people_write_them(text: str, moment_s: float) -> None:
    assert parse_moment_s(text, now_s=NOW_S) == moment_s


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "10",
        "10x",
        "25:00",
        "2026-13-01",
        "2026-01-02 99:00",
        "9999-12-31T23:59:59-23:59",
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no time: write 10m"):
        parse_moment_s(text, now_s=NOW_S)


def test_a_moment_is_said_with_its_zone() -> None:
    assert shown(NOW_S) == "2026-01-15 13:30:00 CET (2026-01-15 12:30:00 UTC)"


def test_utc_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    assert shown(NOW_S) == "2026-01-15 12:30:00 UTC"
