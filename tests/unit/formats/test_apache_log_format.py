"""Apache's LogFormat. The lines were written by Apache 2.4."""

from datetime import UTC

import pytest

from logstream.errors import ConfigError
from logstream.formats.apache_log_format import read_apache_log_format
from logstream.formats.base import Reading
from logstream.formats.configured import ConfiguredFormat

COMBINED = r"%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\""
HOSTILE = (
    r'127.0.0.1 - - [23/Nov/2026:08:38:51 +0000] "GET /no?x=%22y HTTP/1.1" 404 236 '
    r'"http://r/\" 200 5 \"" "Moz \"illa\" \\ \xc3\xa9 [01/Jan/2001:00:00:00 +0000] '
    r'\"GET / HTTP/1.1\" 200 1"'
)
THEN_S = 1795423131.0
JSON_FORMAT = (
    r"{\"time\":\"%{%Y-%m-%dT%H:%M:%S%z}t\",\"status\":%>s,\"ref\":\"%400,404{Referer}i\","
    r"\"request_id\":\"%{X-Request-ID}o\",\"dur\":%D}"
)


def read(log_format: str, text: str) -> Reading:
    format_ = ConfiguredFormat("t", read_apache_log_format(log_format), UTC)
    time, status, request_id = format_.columns([text], now_s=THEN_S)
    return Reading(time[0], status[0] if status else None, request_id[0] if request_id else None)


@pytest.mark.parametrize(
    "written",
    [
        f'LogFormat "{COMBINED}" combined',
        f'  logformat "{COMBINED}"',
        f"LogFormat '{COMBINED}' mine",
        f'"{COMBINED}"',
        COMBINED,
        COMBINED.replace("\\", ""),
        COMBINED.replace("%b", "\\\n    %b"),
        "combined",
        "LogFormat combined",
    ],
)
def test_it_is_taken_as_it_stands(written: str) -> None:
    made = read_apache_log_format(written)
    assert made.is_web_request
    assert read(written, HOSTILE) == Reading(THEN_S, 404, None)


@pytest.mark.parametrize("name", ["common", "combined", "vhost_combined"])
def test_the_formats_that_every_apache_has_are_web_requests(name: str) -> None:
    assert read_apache_log_format(name).is_web_request


@pytest.mark.parametrize(
    ("log_format", "text", "reading"),
    [
        ("%{usec}t %>s %r %{UNIQUE_ID}e",
         "1795423131546701 404 GET / HTTP/1.1 awP7m1-09bVFfzEcyjKOuQAAAAI",
         (THEN_S + 0.546701, 404, "awP7m1-09bVFfzEcyjKOuQAAAAI")),
        ('[%{%d/%b/%Y:%T}t.%{msec_frac}t %{%z}t] %v:%p "%r" %<s/%>s %O %I %S %X %k %{ms}T %q',
         '[23/Nov/2026:08:38:51.546 +0000] a.example:80 "GET / HTTP/1.1" 404/500 1 2 3 + 0 0 ?x=1',
         (THEN_S + 0.546, 404, None)),
        (r'%{end:sec}t.%{end:usec_frac}t %s \"%{X-Request-ID}i\" %{X-Request-ID}i',
         r'1795423131.558189 404 "v-\"q\" 200" v-\"q\" 200',
         (THEN_S + 0.558189, 404, r"v-\"q\" 200")),
        (JSON_FORMAT,
         '{"time":"2026-11-23T08:38:51+0000","status":404,"ref":"-","request_id":"v-1","dur":244}',
         (THEN_S, 404, "v-1")),
        ("%{begin:%s}t %{hextid}P %L %!200,304,302{Referer}i %u %>s",
         '1795423131 7f6807729780 Wd7 http://r/ 200 5 "" 404', (THEN_S, 404, "Wd7")),
        ("%t %>s %{X-Request-ID}i %{User-Agent}i",
         "[23/Nov/2026:08:38:51 +0000] 404 v-1 curl/7.88.1", (THEN_S, 404, "v-1")),
        ("%h %t %r %>s %b", "::1 [23/Nov/2026:08:38:51 +0000] GET /x 200 5 HTTP/1.1 404 -",
         (THEN_S, 404, None)),
        ('%h %u %t %>s "%r"',
         r'::1 x [01/Jan/2001:00:00:00 +0000] 200 [23/Nov/2026:08:38:51 +0000] 404 "GET /"',
         (THEN_S, 404, None)),
        ("%{msec}t%%%s", "1795423131250%200", (THEN_S + 0.25, 200, None)),
        (r"%t\t%>s", "[23/Nov/2026:08:38:51 +0000]\t404", (THEN_S, 404, None)),
        ("%{begin:}t %>s", "[23/Nov/2026:08:38:51 +0000] -", (THEN_S, None, None)),
        ("%{%H:%M}t %>s", "08:38 404", (None, 404, None)),
        ("%{%U}t %>s", "47 404", (None, 404, None)),
        ("%t %{end:usec}t %{SSL_PROTOCOL}x %^FB %{x}^ti %a %{c}a %{remote}p %{x}C %m %H %R",
         "[23/Nov/2026:08:38:51 +0000] 1 TLSv1.3 - y ::1 ::2 443 c GET HTTP/2.0 proxy",
         (THEN_S, None, None)),
    ],
)  # fmt: skip
def test_what_apache_writes_is_read(
    log_format: str, text: str, reading: tuple[float | None, int | None, str | None]
) -> None:
    assert read(log_format, text) == reading


@pytest.mark.parametrize(
    "text", ["", "garbage", HOSTILE[:60], "x" * 1000, '"' * 50, "\ud800", "\0"]
)
def test_what_apache_did_not_write_has_no_values(text: str) -> None:
    assert read("combined", text) == Reading(None, None, None)


@pytest.mark.parametrize(
    ("log_format", "said"),
    [
        ("%h %y", "%y is not known"),
        ("%t %", "'%' is no directive"),
        ("%t %{x", "is no directive"),
        ("%t %i", "%i needs a name"),
        ("%h %u", "nothing can be read"),
        ("", "nothing can be read"),
        (r"%t\n%s", "a record is one line"),
    ],
)
def test_what_is_no_log_format_is_refused(log_format: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_apache_log_format(log_format)
