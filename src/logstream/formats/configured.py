"""Log types that an operator configures: how their records are read.

The patterns run in RE2, which takes time in proportion to the text whatever the text is: log text
is hostile. One call for each record costs a few microseconds.
"""

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Final, NamedTuple

from logstream.errors import ConfigError
from logstream.formats.apache_log_format import read_apache_log_format
from logstream.formats.base import Columns
from logstream.formats.grouping import Grouping, PatternGrouping
from logstream.formats.leading_time import LeadingTime
from logstream.formats.line_search import LineSearch, compiled
from logstream.formats.nginx_log_format import read_nginx_log_format
from logstream.formats.record_pattern import RecordPattern
from logstream.formats.request_id import checked, without_escapes
from logstream.formats.time_format import ReadTime, TimeFormat
from logstream.model.limits import (
    FORMAT_MEMORY_MAX_BYTES,
    FORMAT_PATTERN_MAX_BYTES,
    LOG_FORMAT_MAX_BYTES,
)

if TYPE_CHECKING:
    import re2

PATTERN: Final = "pattern"
APACHE_LOG_FORMAT: Final = "apache_log_format"
NGINX_LOG_FORMAT: Final = "nginx_log_format"
START: Final = "start"

_GROUPS: Final = ("time", "status", "request_id")
_STATUSES: Final[dict[bytes | None, int]] = {
    str(status).encode(): status for status in range(100, 600)
}
_PART_ENDS: Final = "\0"
_EVERY_LINE: Final = ("", "^")
"""What begins each line: records are lines then, and none is waited for."""


class ConfiguredType(NamedTuple):
    """What an operator says of a log type; any of it may be left out.

    Attributes:
        log_type: The type's name.
        display_name: As a person would write it.
        zone: What stamps without a zone are in.
        source: Which key the pattern was read from: one of the three above.
        pattern: How its records are taken apart; None: as Logstream does by itself.
        start: What is found in the lines that begin a record; None: as Logstream does by itself.
    """

    log_type: str
    display_name: str | None = None
    zone: tzinfo | None = None
    source: str | None = None
    pattern: RecordPattern | None = None
    start: str | None = None


def read_pattern(source: str, written: str, *, time_format: str | None = None) -> RecordPattern:
    """Read what an operator wrote under one of the three keys.

    Args:
        source: The key.
        written: What stands there.
        time_format: For a pattern: how its time is written; None: in any common way.

    Raises:
        ConfigError: It is too long, is no pattern or no format, or says nothing of a record.
    """
    bound = FORMAT_PATTERN_MAX_BYTES if source == PATTERN else LOG_FORMAT_MAX_BYTES
    _check_size(source, written, bound)
    try:
        if source == APACHE_LOG_FORMAT:
            pattern = read_apache_log_format(written)
        elif source == NGINX_LOG_FORMAT:
            pattern = read_nginx_log_format(written)
        else:
            return _read_own_pattern(written, time_format)
        _compiled(pattern.pattern)
    except ConfigError as error:
        raise ConfigError(f"{source}: {error}") from None
    return pattern


def _read_own_pattern(written: str, time_format: str | None) -> RecordPattern:
    groups = _compiled(written).groupindex
    if not groups.keys() & {*_GROUPS}:
        raise ConfigError(
            "it has none of the groups time, status and request_id: name at least one of them,"
            " as (?P<time>…)"
        )
    times = ("time",) if "time" in groups else ()
    if time_format is not None and not times:
        raise ConfigError("there is a time_format, but no group (?P<time>…) in the pattern")
    made = None if time_format is None else TimeFormat(time_format)
    return RecordPattern(written, times, made, masks_quotes=False)


def _compiled(pattern: str) -> "re2._Regexp[str]":
    return compiled(pattern, memory_bytes=FORMAT_MEMORY_MAX_BYTES, refused=ConfigError)


def check_start(written: str) -> str:
    """Check an operator's expression for the lines that begin a record, and give it back.

    Raises:
        ConfigError: It is too long, or RE2 does not know its syntax.
    """
    _check_size(START, written, FORMAT_PATTERN_MAX_BYTES)
    try:
        grouping_by(written)
    except ConfigError as error:
        raise ConfigError(f"{START}: {error}") from None
    return written


def grouping_by(start: str) -> Grouping | None:
    """Give the grouping whose records begin where ``start`` is found in a line."""
    if start in _EVERY_LINE:
        return None
    return PatternGrouping(
        LineSearch([start], memory_bytes=FORMAT_MEMORY_MAX_BYTES, refused=ConfigError)
    )


def _check_size(key: str, written: str, bound_bytes: int) -> None:
    size = len(written.encode(errors="replace"))
    if size > bound_bytes:
        raise ConfigError(
            f"{key} has {size} bytes, and at most {bound_bytes} are taken: shorten it"
        )


class ConfiguredFormat:
    """Reads a configured type by its pattern: time, HTTP status and request id."""

    def __init__(
        self,
        log_type: str,
        pattern: RecordPattern,
        zone: tzinfo,
        grouping: Grouping | None = None,
    ) -> None:
        """Make a reader; stamps that name no zone are in ``zone``."""
        self.log_type = log_type
        self.grouping = grouping
        compiled = _compiled(pattern.pattern)
        groups = compiled.groupindex
        self._search = compiled.search
        self._masks_quotes = pattern.masks_quotes
        self._times = tuple(groups[name] for name in pattern.time_groups)
        self._status: int | None = groups.get("status")
        self._request_id: int | None = groups.get("request_id")
        self._read_time = _time_reader(pattern.time_format, zone)

    def columns(self, texts: Sequence[str], *, now_s: float) -> Columns:
        """Read records, each by its first line; see ``Format.columns``."""
        times: list[float | None] = []
        statuses: list[int | None] = []
        request_ids: list[str | None] = []
        status_at, request_id_at = self._status, self._request_id
        for text in texts:
            line = text.partition("\n")[0] if "\n" in text else text
            escapes = self._masks_quotes and "\\" in line
            masked = without_escapes(line) if escapes else line
            found = self._search(masked.encode(errors="replace"))
            if found is None:
                times.append(None)
                statuses.append(None)
                request_ids.append(None)
                continue
            times.append(self._time(found, now_s) if self._times else None)
            statuses.append(None if status_at is None else _STATUSES.get(found[status_at]))
            if request_id_at is None:
                request_ids.append(None)
            else:
                start, end = found.span(request_id_at)
                raw = line.encode(errors="replace") if escapes else found.string
                request_ids.append(checked(raw[start:end].decode()) if start >= 0 else None)
        return Columns(
            times,
            None if status_at is None else statuses,
            None if request_id_at is None else request_ids,
        )

    def _time(self, found: "re2._Match[bytes]", now_s: float) -> float | None:
        if len(self._times) == 1:
            stamp = found[self._times[0]]
            return None if stamp is None else self._read_time(stamp.decode(), now_s)
        stamps = [(found[part] or b"").decode() for part in self._times]
        return self._read_time(_PART_ENDS.join(stamps), now_s)


def _time_reader(time_format: TimeFormat | None, zone: tzinfo) -> ReadTime:
    if time_format is not None:
        return time_format.reader(zone)
    leading = LeadingTime(zone)
    return lambda stamp, now_s: leading.read(stamp, now_s=now_s)
