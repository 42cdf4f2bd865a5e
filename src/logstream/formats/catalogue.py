"""Which format a log type is written in."""

from collections.abc import Callable
from datetime import UTC, tzinfo
from typing import Final

from logstream.formats.apache_error import ApacheErrorFormat
from logstream.formats.base import Format
from logstream.formats.drupal_request import DrupalRequestFormat
from logstream.formats.drupal_watchdog import DrupalWatchdogFormat
from logstream.formats.mysql_slow import MysqlSlowFormat
from logstream.formats.php_error import PhpErrorFormat
from logstream.formats.plain import PlainFormat
from logstream.formats.web_request import WEB_REQUEST_TYPES, WebRequestFormat

_ZONED: Final[dict[str, Callable[[tzinfo], Format]]] = {
    "apache-error": ApacheErrorFormat,
    "drupal-watchdog": DrupalWatchdogFormat,
    "mysql-slow": MysqlSlowFormat,
    "php-error": PhpErrorFormat,
}
"""Formats that may lack a zone."""


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
