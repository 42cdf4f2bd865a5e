"""Which format a log type is written in: as an operator configured it, else as it is known."""

from collections.abc import Callable, Iterable
from datetime import UTC, tzinfo
from typing import Final

from logstream.formats.apache_error import ApacheErrorFormat
from logstream.formats.base import Format
from logstream.formats.configured import (
    PATTERN,
    START,
    ConfiguredFormat,
    ConfiguredType,
    grouping_by,
)
from logstream.formats.drupal_request import DrupalRequestFormat
from logstream.formats.drupal_watchdog import DrupalWatchdogFormat
from logstream.formats.grouping import TraceGrouping
from logstream.formats.mysql_slow import MysqlSlowFormat
from logstream.formats.php_error import PhpErrorFormat
from logstream.formats.plain import PlainFormat
from logstream.formats.web_request import WEB_REQUEST_TYPES, WebRequestFormat
from logstream.model.source import DISPLAY_NAMES, display_name

_ZONED: Final[dict[str, Callable[[tzinfo], Format]]] = {
    "apache-error": ApacheErrorFormat,
    "drupal-watchdog": DrupalWatchdogFormat,
    "mysql-slow": MysqlSlowFormat,
    "php-error": PhpErrorFormat,
}
"""Formats that may lack a zone."""
_KNOWN: Final = {*DISPLAY_NAMES, *WEB_REQUEST_TYPES}


def format_for(log_type: str, *, zone: tzinfo = UTC) -> Format:
    """Make the format of ``log_type``: one for each source, as it remembers what it read last.

    Args:
        log_type: Any name; one that Logstream does not know is read as plain text.
        zone: What time stamps without a zone are in: that of the server's clock.
    """
    if log_type in WEB_REQUEST_TYPES:
        return WebRequestFormat(log_type)
    if log_type == DrupalRequestFormat.log_type:
        return DrupalRequestFormat()
    zoned = _ZONED.get(log_type)
    return PlainFormat(log_type, zone) if zoned is None else zoned(zone)


class Catalogue:
    """The log types of one logtailor.

    Args:
        configured: What its operator says; overrides what is known of a type.
        zone: What stamps without a zone are in, where the type has none of its own.
    """

    def __init__(self, configured: Iterable[ConfiguredType] = (), *, zone: tzinfo = UTC) -> None:
        self._configured = {each.log_type: each for each in configured}
        self._zone = zone

    @property
    def log_types(self) -> list[str]:
        """All types that are known or configured, by name."""
        return sorted(_KNOWN | self._configured.keys())

    def format_for(self, log_type: str) -> Format:
        """Make the format of ``log_type``: one for each source."""
        configured = self._configured.get(log_type, ConfiguredType(log_type))
        made = self._columns_format(configured)
        if configured.start is not None:
            made.grouping = grouping_by(configured.start)
        return made

    def _columns_format(self, configured: ConfiguredType) -> Format:
        log_type = configured.log_type
        zone = configured.zone or self._zone
        if configured.pattern is None:
            return format_for(log_type, zone=zone)
        if configured.pattern.is_web_request:
            return WebRequestFormat(log_type)
        # A server writes a line for each request; what has a pattern of its own may be anything.
        grouping = TraceGrouping() if configured.source == PATTERN else None
        return ConfiguredFormat(log_type, configured.pattern, zone, grouping)

    def display_name(self, log_type: str) -> str:
        """Give the name a person would write for ``log_type``."""
        configured = self._configured.get(log_type)
        named = configured.display_name if configured is not None else None
        return named or display_name(log_type)

    def origin(self, log_type: str) -> str:
        """Say in a few words where the format of ``log_type`` comes from."""
        configured = self._configured.get(log_type)
        if configured is not None and (configured.source or configured.start is not None):
            return f"configured: {configured.source or START}"
        return "known" if log_type in _KNOWN else "plain text"


KNOWN_FORMATS: Final = Catalogue()
"""What there is without configuration."""
