"""nginx's log_format. The lines were written by nginx."""

from datetime import UTC

import pytest

from logstream.errors import ConfigError
from logstream.formats.base import Reading
from logstream.formats.configured import ConfiguredFormat
from logstream.formats.nginx_log_format import read_nginx_log_format

THEN_S = 1795423131.0
START = "$remote_addr - $remote_user [$time_local] "
LINE = (
    r'127.0.0.1 - - [23/Nov/2026:08:38:51 +0000] "GET /?x=\x22 HTTP/1.1" 404 153 '
    r'"-" "Moz \x22illa\x22 \x5C 200"'
)
COMBINED = START + '"$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'

JSON_FORMAT = """log_format json escape=json '{"time":"$time_iso8601","status":$status,'
    '"length":$content_length,"ua":"$http_user_agent","request_id":"$request_id"}';"""
JSON_LINE = (
    r'{"time":"2026-11-23T08:38:51+00:00","status":404,"length":,"ua":"a\"b\\",'
    r'"request_id":"0b8b9c4e05fe11e48a2522000a1d0b8b"}'
)


def read(log_format: str, text: str) -> Reading:
    format_ = ConfiguredFormat("t", read_nginx_log_format(log_format), UTC)
    time, status, request_id = format_.columns([text], now_s=THEN_S)
    return Reading(time[0], status[0] if status else None, request_id[0] if request_id else None)


@pytest.mark.parametrize(
    "written",
    [
        "combined",
        COMBINED,
        f"'{COMBINED}'",
        f"log_format main '{COMBINED}';",
        f"log_format main escape=default {COMBINED.join(chr(39) * 2)};",
        COMBINED.replace("$status", "${status}"),
        """log_format main '$remote_addr - $remote_user [$time_local] "$request" '
                '$status $body_bytes_sent '
                "\\"$http_referer\\" \\"$http_user_agent\\"" ;""",
    ],
)
def test_it_is_taken_as_it_stands(written: str) -> None:
    assert read_nginx_log_format(written).is_web_request
    assert read(written, LINE) == Reading(THEN_S, 404, None)


@pytest.mark.parametrize(
    ("log_format", "text", "reading"),
    [
        (JSON_FORMAT, JSON_LINE, (THEN_S, 404, "0b8b9c4e05fe11e48a2522000a1d0b8b")),
        ("$msec $time_local $status $http_x_request_id $upstream_response_time",
         "1795423131.250 23/Nov/2026:08:38:51 +0000 200 v-1 0.001, 0.002 : 0.1",
         (THEN_S + 0.25, 200, "v-1")),
        ('$time_iso8601 $status upstream="$upstream_http_x" request_id="$request_name" $pid',
         '2026-11-23T10:38:51+02:00 499 upstream="-" request_id="-" 12', (THEN_S, 499, None)),
        ('escape=none "$request" $status', '"a" 200 b" 500', (None, 500, None)),
        ("$time_local|$status", "23/Nov/2026:08:38:51 +0000|404", (THEN_S, 404, None)),
    ],
)  # fmt: skip
def test_what_nginx_writes_is_read(
    log_format: str, text: str, reading: tuple[float | None, int | None, str | None]
) -> None:
    assert read(log_format, text) == reading


@pytest.mark.parametrize("text", ["", "garbage", LINE[:50], "\ud800", '"' * 99])
def test_what_nginx_did_not_write_has_no_values(text: str) -> None:
    assert read("combined", text) == Reading(None, None, None)


@pytest.mark.parametrize(
    ("log_format", "said"),
    [
        ("$remote_addr $", r"'\$' is no variable"),
        ("$remote_addr ${x $status", "is no variable"),
        ("$remote_addr", "nothing can be read"),
        ("log_format x escape=html '$status';", "escape=html is not known"),
        (r"'$status\n$msec'", "a record is one line"),
    ],
)
def test_what_is_no_log_format_is_refused(log_format: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_nginx_log_format(log_format)
