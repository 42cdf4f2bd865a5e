"""Which format reads which log type."""

from datetime import timedelta, timezone

import pytest

from logstream.formats.catalogue import format_for
from logstream.formats.plain import PlainFormat
from logstream.formats.web_request import WEB_REQUEST_TYPES
from logstream.model.source import DISPLAY_NAMES


@pytest.mark.parametrize("log_type", [*DISPLAY_NAMES, *WEB_REQUEST_TYPES])
def test_every_known_type_has_a_format_of_its_own(log_type: str) -> None:
    format_ = format_for(log_type)
    assert format_.log_type == log_type
    assert not isinstance(format_, PlainFormat)


def test_any_other_type_is_plain() -> None:
    format_ = format_for("myapp")
    assert isinstance(format_, PlainFormat)
    assert format_.log_type == "myapp"


@pytest.mark.parametrize(
    ("log_type", "text"),
    [
        ("apache-error", "[Thu Jan 01 02:00:00 1970] [error] x"),
        ("php-error", "[01-Jan-1970 02:00:00] x"),
        ("mysql-slow", "# Time: 700101 02:00:00"),
        ("drupal-watchdog", "1970-01-01T02:00:00 srv-6 x: y"),
        ("myapp", "1970-01-01 02:00:00 x"),
    ],
)
def test_the_zone_reaches_every_format_that_needs_one(log_type: str, text: str) -> None:
    utc, there = format_for(log_type), format_for(log_type, zone=timezone(timedelta(hours=2)))
    ((in_utc,), _, _), ((in_there,), _, _) = (
        format_.columns([text], now_s=0.0) for format_ in (utc, there)
    )
    assert in_utc is not None
    assert in_there is not None
    assert in_utc - in_there == 7200
