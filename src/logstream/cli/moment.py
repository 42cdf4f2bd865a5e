"""Moments as people write them: ``1h30m`` (ago), ``today``, ``2026-01-02 15:04``, RFC 3339, ``@5``.

What names no zone is read in the zone of this machine; `shown` says which that was.
"""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Final

from logstream.cli.duration import parse_duration_s
from logstream.errors import UsageError

_UNIX: Final = re.compile(r"@(\d{1,11}(?:\.\d+)?)", re.ASCII)
_AGO: Final = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d|w))+", re.ASCII)
_CLOCK: Final = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?", re.ASCII)
_DATED: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].+)?", re.ASCII)
#: The year 9999; later moments cannot be shown.
_END_S: Final = 253_370_764_800.0
_DAYS: Final = {"today": 0, "yesterday": 1}


def parse_moment_s(text: str, *, now_s: float) -> float:
    """Read a moment; gives Unix seconds.

    Args:
        text: As typed.
        now_s: What durations and days are counted from.

    Raises:
        UsageError: It is none.
    """
    written = text.strip()
    moment_s = _END_S
    try:
        if unix := _UNIX.fullmatch(written):
            moment_s = float(unix[1])
        elif written == "now":
            moment_s = now_s
        elif _AGO.fullmatch(written):
            moment_s = max(0.0, now_s - parse_duration_s(written))
        else:
            today = datetime.fromtimestamp(now_s)  # noqa: DTZ006 - the day here
            moment_s = max(0.0, _named(written, today).timestamp())
    except (ValueError, OverflowError, OSError):
        pass  # and so is what lies too far away
    if moment_s >= _END_S:
        raise UsageError(
            f"{text!r} is no time: write 10m, 1h30m, 2d (ago), today, yesterday, 15:04, "
            "2026-01-02, '2026-01-02 15:04', 2026-01-02T15:04:05Z or @UNIXTIME"
        )
    return moment_s


def shown(moment_s: float) -> str:
    """Say a moment with this machine's zone, and in UTC where that is another."""
    local = datetime.fromtimestamp(moment_s, UTC).astimezone()
    said = _seconds(local)
    if local.utcoffset():
        said += f" ({_seconds(local.astimezone(UTC))})"
    return said


def _named(written: str, now: datetime) -> datetime:
    """Give a day, a time of today, or a date with or without time and zone.

    Raises:
        ValueError: It is none.
    """
    if written in _DAYS:
        return datetime.combine(now.date() - timedelta(days=_DAYS[written]), time())
    if _CLOCK.fullmatch(written):
        return datetime.combine(now.date(), time.fromisoformat(written.zfill(5)))
    if not _DATED.fullmatch(written):
        raise ValueError(written)
    # "2026-01-02 15:04 +01:00" is often written with a blank, which ISO 8601 has not.
    return datetime.fromisoformat(re.sub(r" (?=[+-]\d{2}:?\d{2}$|Z$)", "", written))


def _seconds(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} {moment.tzname()}"
