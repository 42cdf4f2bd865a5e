"""Types that an operator configures with a pattern."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from logstream.errors import ConfigError
from logstream.formats.base import Columns
from logstream.formats.configured import (
    APACHE_LOG_FORMAT,
    NGINX_LOG_FORMAT,
    PATTERN,
    ConfiguredFormat,
    read_pattern,
)
from logstream.model.limits import (
    FORMAT_PATTERN_MAX_BYTES,
    LOG_FORMAT_MAX_BYTES,
    REQUEST_ID_MAX_CHARS,
)

THEN_S = 1404764933.0
"""2014-07-07 20:28:53 UTC."""
APP = r"^(?P<time>\S+ \S+) \[(?P<level>\w+)\] (?:rid=(?P<request_id>\S+) )?(?:(?P<status>\d+) )?"
PYTHON = "%Y-%m-%d %H:%M:%S,%f"


def read(
    *texts: str, pattern: str = APP, time_format: str | None = PYTHON, zone: str = "UTC"
) -> Columns:
    made = read_pattern(PATTERN, pattern, time_format=time_format)
    return ConfiguredFormat("myapp", made, ZoneInfo(zone)).columns(texts, now_s=THEN_S + 60)


def test_groups_become_columns() -> None:
    assert read(
        "2014-07-07 20:28:53,250 [INFO] rid=v-1 404 é text",
        "2014-07-07 20:28:53,250 [INFO] text",
        "garbage",
        "2014-07-07 20:99:53,250 [INFO] rid=- 999 x",
    ) == Columns(
        [THEN_S + 0.25, THEN_S + 0.25, None, None],
        [404, None, None, None],
        ["v-1", None, None, None],
    )


def test_a_column_that_the_pattern_does_not_name_is_not_there() -> None:
    assert read("INFO", pattern="^(?P<status>[0-9]+)", time_format=None) == Columns(
        [None], [None], None
    )
    assert read("v-1", pattern="^(?P<request_id>.*)", time_format=None) == Columns(
        [None], None, ["v-1"]
    )


@pytest.mark.parametrize(
    "stamp", ["2014-07-07T20:28:53Z", "2014-07-07 20:28:53,000", "Jul  7 20:28:53"]
)
def test_without_a_time_format_any_common_one_is_read(stamp: str) -> None:
    columns = read(f"<{stamp}> x", pattern="^<(?P<time>[^>]+)>", time_format=None)
    assert columns.unix_time == [THEN_S]


def test_a_stamp_without_a_zone_is_in_the_one_that_is_configured() -> None:
    columns = read("2014-07-07 22:28:53,0 [INFO] x", zone="Europe/Berlin")
    assert columns.unix_time == [THEN_S]


def test_a_record_is_read_by_its_first_line() -> None:
    assert read("x\n2014-07-07 20:28:53,250 [INFO] rid=v-1 ").unix_time == [None]


def test_text_that_is_no_unicode_is_read_as_far_as_it_goes() -> None:
    assert read("2014-07-07 20:28:53,250 [INFO] rid=\ud800 ").request_id == ["?"]


def test_a_request_id_is_bounded() -> None:
    start = "2014-07-07 20:28:53,250 [INFO] rid="
    most = "x" * REQUEST_ID_MAX_CHARS
    assert read(f"{start}{most} ", f"{start}{most}x ").request_id == [most, None]


def test_characters_are_those_of_the_text() -> None:
    assert read("é v-é", pattern="^[é] (?P<request_id>.{3})$", time_format=None).request_id == [
        "v-é"
    ]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(?P<time>", "missing"),
        ("(?P<time>x)(?=y)", "use RE2's syntax"),
        (r"(?P<time>x)\1", "use RE2's syntax"),
        ("(?P<time>x{1001})", "repetition"),
        ("(?P<time>((x{100}){100}){100})", "use RE2's syntax"),
        ("x", "none of the groups time, status and request_id"),
        ("(?P<level>x)", "none of the groups"),
        ("(?P<status>x)", "no group \\(\\?P<time>"),
        ("(?P<time>\ud800)", "use RE2's syntax"),
        ("(?P<time>" + "x" * FORMAT_PATTERN_MAX_BYTES + ")", "at most 1024 are taken"),
    ],
)
def test_a_pattern_that_makes_no_sense_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as raised:
        read_pattern(PATTERN, pattern, time_format=PYTHON)
    assert str(raised.value).startswith("pattern")
    assert "\n" not in str(raised.value)


def test_a_time_format_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ConfigError, match="has no date"):
        read_pattern(PATTERN, APP, time_format="%H:%M")


@pytest.mark.parametrize("source", [APACHE_LOG_FORMAT, NGINX_LOG_FORMAT])
def test_a_servers_format_is_refused_by_its_key(source: str) -> None:
    with pytest.raises(ConfigError, match=f"^{source}: .*nothing can be read"):
        read_pattern(source, "x")
    with pytest.raises(ConfigError, match=f"^{source} has 4097 bytes"):
        read_pattern(source, "x" * (LOG_FORMAT_MAX_BYTES + 1))


def test_the_longest_servers_format_fits_into_the_memory() -> None:
    item = '"%{User-Agent}i" '
    written = f"%t {item * (LOG_FORMAT_MAX_BYTES // len(item) - 1)}%>s"
    made = read_pattern(APACHE_LOG_FORMAT, written)
    line = "[07/Jul/2014:20:28:53 +0000] " + '"x" ' * written.count("User-Agent") + "200"
    format_ = ConfiguredFormat("t", made, UTC)
    assert format_.columns([line], now_s=0.0) == Columns([THEN_S], [200], None)


def test_the_request_id_is_as_it_is_written() -> None:
    made = read_pattern(APACHE_LOG_FORMAT, '%t "%r" %>s "%{X-Request-ID}i"')
    line = r'[07/Jul/2014:20:28:53 +0000] "GET /\"" 200 "é\"v"'
    assert ConfiguredFormat("t", made, UTC).columns([line], now_s=0.0).request_id == [r"é\"v"]
