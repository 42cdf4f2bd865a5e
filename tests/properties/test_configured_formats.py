"""What a server writes by its format is read back; no text makes a reader fail, or take long."""

import time
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstream.formats.base import Columns, Format
from logstream.formats.catalogue import Catalogue
from logstream.formats.configured import (
    APACHE_LOG_FORMAT,
    NGINX_LOG_FORMAT,
    PATTERN,
    ConfiguredFormat,
    ConfiguredType,
    read_pattern,
)
from logstream.formats.times import MONTHS, UNIX_TIME_END_S
from logstream.formats.web_request import WebRequestFormat
from logstream.model.limits import RECORD_MAX_BYTES, REQUEST_ID_MAX_CHARS

NOW_S = 1404765000.0
NAMES = list(MONTHS)

VISITORS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12) | st.sampled_from(
    [
        '"',
        "\\",
        '\\"',
        '" 200 1 "',
        " request_id=v-forged",
        "[01/Jan/2001:00:00:00 +0000] ",
        "-",
        "",
    ]
)
"""What a visitor may send."""
WORDS = st.text("abcdefghijklmnop0123456789.:-", min_size=1, max_size=12)
NUMBERS = st.integers(0, 10**9).map(str) | st.just("-")
SECONDS = st.integers(1, 253_402_300_799)
STATUSES = st.integers(100, 599)


def clf(second: int) -> str:
    moment = datetime.fromtimestamp(second, UTC)
    return f"{moment.day:02}/{NAMES[moment.month - 1]}/{moment.year:04}:{moment:%H:%M:%S} +0000"


def iso(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat(timespec="seconds")


def apache_escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def nginx_escaped(text: str) -> str:
    return text.replace("\\", "\\x5C").replace('"', "\\x22")


class Written(NamedTuple):
    """A format, a line that a server wrote by it, and what the line says."""

    log_format: str
    line: str
    columns: Columns


class Piece(NamedTuple):
    """A field, as it stands in the format and in the line."""

    log_format: str
    text: str


def request_id_of(text: str) -> str | None:
    return text if text not in {"", "-"} and len(text) <= REQUEST_ID_MAX_CHARS else None


def some_of(draw: st.DrawFn, *names: str) -> list[str]:
    return draw(st.lists(st.sampled_from(names), max_size=3))


@st.composite
def apache_lines(draw: st.DrawFn) -> Written:
    """A format with its fields in any order, whatever a visitor sends in quotes."""
    second, status = draw(SECONDS), draw(STATUSES)
    request_id = apache_escaped(draw(VISITORS))
    stamps = (
        Piece("%t", f"[{clf(second)}]"),
        Piece("%{%Y-%m-%d %H:%M:%S}t %{%z}t", f"{iso(second)[:19].replace('T', ' ')} +0000"),
        Piece("<%{sec}t>", f"<{second}>"),
        Piece("%{begin:msec}t", f"{second}000"),
    )
    pieces = [
        draw(st.sampled_from(stamps)),
        Piece("%>s", str(status)),
        Piece('"%{X-Request-ID}i"', f'"{request_id}"'),
    ]
    names = some_of(draw, "%r", "%{Referer}i", "%{x}C")
    pieces += [Piece(f'"{name}"', f'"{apache_escaped(draw(VISITORS))}"') for name in names]
    pieces += [Piece(name, draw(NUMBERS)) for name in some_of(draw, "%b", "%D", "%k", "%P")]
    pieces += [Piece(name, draw(WORDS)) for name in some_of(draw, "%h", "%m", "%a")]
    return written(draw(st.permutations(pieces)), second, status, request_id)


@st.composite
def nginx_lines(draw: st.DrawFn) -> Written:
    """A format with its fields in any order, as text or as a JSON object."""
    second, status = draw(SECONDS), draw(STATUSES)
    as_json = draw(st.booleans())
    escape = apache_escaped if as_json else nginx_escaped
    request_id = escape(draw(VISITORS))
    stamp = draw(
        st.sampled_from(
            (
                Piece("$time_local", clf(second)),
                Piece("$time_iso8601", iso(second)),
                Piece("$msec", f"{second}.000"),
            )
        )
    )
    quoted = [stamp, Piece("${http_x_request_id}", request_id)]
    names = some_of(draw, "$request", "$http_referer", "$map")
    quoted += [Piece(name, escape(draw(VISITORS))) for name in names]
    pieces = [Piece(f'"{piece.log_format}"', f'"{piece.text}"') for piece in quoted]
    pieces.append(Piece("$status", str(status)))
    pieces.append(Piece("$body_bytes_sent", draw(NUMBERS)))
    pieces = list(draw(st.permutations(pieces)))
    if not as_json:
        return written(pieces, second, status, request_id)
    members = [
        Piece(f'"k{index}":{piece.log_format}', f'"k{index}":{piece.text}')
        for index, piece in enumerate(pieces)
    ]
    made = written(members, second, status, request_id, separator=",")
    whole = f"log_format json escape=json '{{{made.log_format}}}';"
    return Written(whole, f"{{{made.line}}}", made.columns)


def written(
    pieces: list[Piece], second: int, status: int, request_id: str, *, separator: str = " "
) -> Written:
    return Written(
        separator.join(piece.log_format for piece in pieces),
        separator.join(piece.text for piece in pieces),
        Columns([float(second)], [status], [request_id_of(request_id)]),
    )


def reader(source: str, log_format: str) -> Format:
    made = ConfiguredType("t", source=source, pattern=read_pattern(source, log_format))
    return Catalogue([made]).format_for("t")


@given(apache_lines())
def test_what_apache_writes_by_any_format_is_read_back(made: Written) -> None:
    assert reader(APACHE_LOG_FORMAT, made.log_format).columns([made.line], now_s=NOW_S) == (
        made.columns
    )


@given(nginx_lines())
def test_what_nginx_writes_by_any_format_is_read_back(made: Written) -> None:
    assert reader(NGINX_LOG_FORMAT, made.log_format).columns([made.line], now_s=NOW_S) == (
        made.columns
    )


@given(
    user=VISITORS,
    request=VISITORS,
    agent=VISITORS,
    request_id=WORDS,
    second=SECONDS,
    status=STATUSES,
)
def test_the_faster_format_gives_the_same_answers(
    *, user: str, request: str, agent: str, request_id: str, second: int, status: int
) -> None:
    pattern = read_pattern(
        APACHE_LOG_FORMAT,
        '%h %l %u %t "%r" %s %b "%{Referer}i" "%{User-Agent}i" p=%P request_id="%{X-Request-ID}i"',
    )
    assert pattern.is_web_request
    line = (
        f'192.0.2.7 - {apache_escaped(user)} [{clf(second)}] "{apache_escaped(request)}" {status} 5'
        f' "-" "{apache_escaped(agent)}" p=7 request_id="{request_id}"'
    )
    slower = ConfiguredFormat("t", pattern, UTC)
    faster = WebRequestFormat("t")
    assert slower.columns([line], now_s=NOW_S) == faster.columns([line], now_s=NOW_S)


FORMATS = {
    "combined": (APACHE_LOG_FORMAT, "combined"),
    "apache": (APACHE_LOG_FORMAT, '%h %u %t %r %>s "%{Referer}i" %{User-Agent}i %{X-Request-ID}i'),
    "apache parts": (APACHE_LOG_FORMAT, "%{%F %T}t.%{usec_frac}t %{%z}t %u %f %>s %L"),
    "nginx": (NGINX_LOG_FORMAT, '$remote_user [$time_local] $request $status "$http_x_request_id"'),
    "nginx none": (NGINX_LOG_FORMAT, 'escape=none \'"$request" $status "$http_x" $request_id\''),
    "pattern": (PATTERN, r"^(?P<time>.*) (?P<status>\S*)(.*)*(?P<request_id>(a|aa)+x)?"),
}


def configured(name: str) -> ConfiguredFormat:
    return ConfiguredFormat("t", read_pattern(*FORMATS[name]), UTC)


PIECES = st.sampled_from(
    (
        '"', "\\", '\\"', "[", "]", " ", "\n", "-", "é", "\0", "٣", "\ud800", "aaa", " 200 ",
        "[07/Jul/2014:20:28:53 +0000]", '07/Jul/2014:20:28:53 +0000] "', "2014-07-07 20:28:53.5",
        "+9999", "99/Foo/0000:99:99:99 +9999", "192.0.2.7",
    )
)  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
@given(texts=st.lists(st.text() | st.lists(PIECES).map("".join), max_size=4))
def test_any_text_is_read_without_failing(name: str, texts: list[str]) -> None:
    columns = configured(name).columns(texts, now_s=NOW_S)
    assert {len(column) for column in columns if column is not None} == {len(texts)}
    assert all(each is None or 0 <= each < UNIX_TIME_END_S for each in columns.unix_time)
    assert all(each is None or 100 <= each <= 599 for each in columns.http_status or ())
    for request_id in columns.request_id or ():
        assert request_id is None or 0 < len(request_id) <= REQUEST_ID_MAX_CHARS


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "piece", [" ", '"', "a", "x [", '\\"', "é ", ' "- ', "1 [07/Jul/2014:20:28:53"]
)
def test_hostile_text_takes_time_in_proportion(name: str, piece: str) -> None:
    format_ = configured(name)

    def took_s(size: int) -> float:
        text = piece * (size // len(piece))
        tries = []
        for _ in range(3):
            before = time.perf_counter()
            format_.columns([text], now_s=NOW_S)
            tries.append(time.perf_counter() - before)
        return min(tries)

    # Four times the text may take four times as long; were it quadratic, it would take 16 times.
    assert took_s(RECORD_MAX_BYTES) < 10 * took_s(RECORD_MAX_BYTES // 4) + 0.01
