"""Which format reads which log type."""

from datetime import UTC, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from logstream.formats.base import Format
from logstream.formats.catalogue import KNOWN_FORMATS, Catalogue, format_for
from logstream.formats.configured import ConfiguredFormat, ConfiguredType, read_pattern
from logstream.formats.php_error import PhpErrorFormat
from logstream.formats.plain import PlainFormat
from logstream.formats.web_request import WEB_REQUEST_TYPES, WebRequestFormat
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


BERLIN = ZoneInfo("Europe/Berlin")
NONE_LIKE_IT = ConfiguredType(
    "myapp", "My app", None, "pattern", read_pattern("pattern", "^(?P<time>[0-9T:-]+)")
)


def first_time(format_: Format, text: str) -> float | None:
    return format_.columns([text], now_s=0.0).unix_time[0]


def test_a_configured_type_is_read_by_its_pattern() -> None:
    catalogue = Catalogue([NONE_LIKE_IT])
    assert isinstance(catalogue.format_for("myapp"), ConfiguredFormat)
    assert catalogue.display_name("myapp") == "My app"
    assert catalogue.origin("myapp") == "configured: pattern"
    assert "myapp" in catalogue.log_types


def test_what_is_not_configured_is_as_it_is_known() -> None:
    catalogue = Catalogue([NONE_LIKE_IT])
    assert isinstance(catalogue.format_for("php-error"), PhpErrorFormat)
    assert catalogue.display_name("php-error") == "PHP error"
    assert catalogue.origin("php-error") == "known"
    assert isinstance(catalogue.format_for("else"), PlainFormat)
    assert catalogue.display_name("else") == "Else"
    assert catalogue.origin("else") == "plain text"
    assert KNOWN_FORMATS.log_types == sorted({*DISPLAY_NAMES, *WEB_REQUEST_TYPES})


@pytest.mark.parametrize(
    ("configured", "starts"),
    [
        (ConfiguredType("php-error"), [True, False, False]),
        (ConfiguredType("php-error", start="^x"), [False, True, True]),
        (ConfiguredType("php-error", start="^"), None),
        (ConfiguredType("apache-request"), None),
        (ConfiguredType("apache-request", start="^[[x]"), [True, True, True]),
        (NONE_LIKE_IT, [True, True, True]),
        (NONE_LIKE_IT._replace(start="^\\["), [True, False, False]),
        (
            ConfiguredType(
                "a", source="nginx_log_format", pattern=read_pattern("nginx_log_format", "$status")
            ),
            None,
        ),
    ],
)
def test_records_begin_as_an_operator_says_else_as_the_format_does(
    configured: ConfiguredType, starts: list[bool] | None
) -> None:
    grouping = Catalogue([configured]).format_for(configured.log_type).grouping
    lines = ["[07-Jul-2014 20:28:53 UTC] a", "x", "x"]
    assert (grouping and grouping.starts(lines)) == starts


def test_a_start_may_be_all_that_is_configured() -> None:
    catalogue = Catalogue([ConfiguredType("myapp", start="^=")])
    assert catalogue.origin("myapp") == "configured: start"
    assert isinstance(catalogue.format_for("myapp"), PlainFormat)


def test_a_known_type_can_be_overridden() -> None:
    made = read_pattern("apache_log_format", "%{sec}t %s")
    catalogue = Catalogue([ConfiguredType("bal-request", None, None, "apache_log_format", made)])
    assert first_time(catalogue.format_for("bal-request"), "5 200") == 5.0
    assert catalogue.display_name("bal-request") == "Balancer request"


def test_a_format_like_combined_gets_the_fastest_reader() -> None:
    made = read_pattern("nginx_log_format", "combined")
    format_ = Catalogue([ConfiguredType("x", None, None, "nginx_log_format", made)]).format_for("x")
    assert isinstance(format_, WebRequestFormat)
    assert format_.log_type == "x"


def test_a_types_own_zone_comes_before_that_of_all() -> None:
    catalogue = Catalogue(
        [ConfiguredType("apache-error", "Errors", UTC), NONE_LIKE_IT], zone=BERLIN
    )
    assert first_time(catalogue.format_for("apache-error"), "2014-07-07 20:28:53 x") == 1404764933
    assert first_time(catalogue.format_for("myapp"), "2014-07-07T22:28:53 x") == 1404764933
    assert first_time(catalogue.format_for("php-error"), "2014-07-07 22:28:53 x") == 1404764933
    assert catalogue.origin("apache-error") == "known"
    assert catalogue.display_name("apache-error") == "Errors"
