"""Durations as people write them: ``10s``, ``5m``, ``1h30m``, ``2d``, ``1w``, ``500ms``, ``90``."""

import re
from typing import Final

from logstream.errors import UsageError

_UNITS_S: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)", re.ASCII)
_WHOLE: Final = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)
_SECONDS: Final = re.compile(r"\d+(?:\.\d+)?", re.ASCII)


def parse_duration_s(text: str) -> float:
    """Read a duration; a bare number is seconds.

    Raises:
        UsageError: It is none.
    """
    if _SECONDS.fullmatch(text):
        return float(text)
    if not _WHOLE.fullmatch(text):
        raise UsageError(f"{text!r} is no duration: write 30s, 5m, 1h30m, 2d or 1w")
    return sum(float(number) * _UNITS_S[unit] for number, unit in _PART.findall(text))
