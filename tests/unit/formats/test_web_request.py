"""Web requests: the fields of the combined format, and what visitors might forge."""

from pathlib import Path

import pytest

from logstream.formats.base import Columns
from logstream.formats.web_request import WebRequestFormat

FIXTURES = Path(__file__).parents[2] / "fixtures" / "formats"
THEN_S = 1404764933.0
"""2014-07-07 20:28:53 UTC."""
NOW_S = THEN_S + 60

START = '192.0.2.7 - - [07/Jul/2014:20:28:53 +0000] "GET / HTTP/1.1"'


def read(*texts: str) -> Columns:
    return WebRequestFormat().columns(texts, now_s=NOW_S)


def request_id(text: str) -> str | None:
    (value,) = read(text).request_id or []
    return value


def http_status(text: str) -> int | None:
    (value,) = read(text).http_status or []
    return value


def unix_time(text: str) -> float | None:
    (value,) = read(text).unix_time
    return value


def test_apache_requests_are_read() -> None:
    assert read(*(FIXTURES / "apache-request.log").read_text().splitlines()) == Columns(
        [THEN_S, THEN_S + 1, THEN_S + 2, THEN_S + 3, THEN_S + 4.25],
        [200, 302, 404, 408, None],
        [
            "v-0b8b9c4e-05fe-11e4-8a25-22000a1d0b8b",
            "v-1c9c0d5f-05fe-11e4-8a25-22000a1d0b8b",
            "v-2d0d1e60-05fe-11e4-8a25-22000a1d0b8b",
            None,
            "v-bare",
        ],
    )


def test_balancer_requests_are_read() -> None:
    assert read(*(FIXTURES / "bal-request.log").read_text().splitlines()) == Columns(
        [THEN_S - 1, THEN_S + 1],
        [200, 503],
        ["v-0b8b9c4e-05fe-11e4-8a25-22000a1d0b8b", None],
    )


def test_varnish_requests_are_read() -> None:
    assert read(*(FIXTURES / "varnish-request.log").read_text().splitlines()) == Columns(
        [THEN_S - 1, THEN_S + 5],
        [200, 304],
        ["v-0b8b9c4e-05fe-11e4-8a25-22000a1d0b8b", "v-3e1e2f71-05fe-11e4-8a25-22000a1d0b8b"],
    )


def test_the_format_keeps_the_name_of_its_type() -> None:
    assert WebRequestFormat("bal-access").log_type == "bal-access"


def test_no_records_give_empty_columns() -> None:
    assert read() == Columns([], [], [])


@pytest.mark.parametrize(
    "tail",
    [
        '"-" "x request_id="',
        '"-" " request_id=v-forged "',
        r'"-" "\" request_id=\"v-forged\""',
        r'" request_id=\"v-forged" "-"',
        r'"-" "-" forwarded_for="1 request_id=\"v-forged\" "',
        '"-" "-" forwarded_for=" request_id=v-forged"',
    ],
)
def test_a_visitor_cannot_forge_a_request_id(tail: str) -> None:
    assert request_id(f"{START} 200 12 {tail}") is None
    assert request_id(f'{START} 200 12 {tail} request_id="v-1"') == "v-1"
    assert request_id(f'{START} 200 12 {tail} request_id="v-1" upstream_status="200"') == "v-1"


def test_a_request_line_cannot_forge_a_status() -> None:
    line = START.replace("GET /", r"GET /\" 200 1 \"")
    assert http_status(f'{line} 404 12 "-" "-"') == 404


@pytest.mark.parametrize(
    ("status", "value"),
    [
        ("100", 100),
        ("599", 599),
        ("600", None),
        ("099", None),
        ("20", None),
        ("2000", None),
        ("-", None),
        ("٢٠٠", None),
    ],
)
def test_a_status_is_from_100_to_599(status: str, value: int | None) -> None:
    assert http_status(f'{START} {status} 12 "-" "-"') == value


def test_a_user_name_with_brackets_does_not_hide_the_time() -> None:
    line = '192.0.2.7 - [01/Jan/2001:00:00:00 +0000] x [07/Jul/2014:20:28:53 +0000] "GET /" 200 1'
    assert unix_time(line) == THEN_S


def test_a_user_name_with_an_escaped_quote_does_not_forge_the_time() -> None:
    line = (
        r"192.0.2.7 - [01/Jan/2001:00:00:00 +0000] \"GET /\" 500 1 "
        '[07/Jul/2014:20:28:53 +0000] "GET /" 200 1 "-" "-"'
    )
    assert read(line) == Columns([THEN_S], [200], [None])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", (None, None)),
        ("garbage", (None, None)),
        (START, (THEN_S, None)),
        (START[:-1], (THEN_S, None)),
        (START.partition(' "')[0], (THEN_S, None)),
        (f"{START} 200", (THEN_S, 200)),
        (f"{START.replace('07/Jul', '32/Foo')} 200 1", (None, 200)),
        (
            f"{START.replace('07/Jul/2014:20', '2014-07-07T20').replace(' +0000', '+00:00')} 200 1",
            (THEN_S, 200),
        ),
        (f"{START.replace('53 +', '53.5 +')} 200 1", (THEN_S + 0.5, 200)),
        (f'www.example.com:80 {START} 200 1 "-" "-"', (THEN_S, 200)),
        (' 200 [07/Jul/2014:20:28:53 +0000] "', (THEN_S, None)),
    ],
)
def test_lines_that_differ_are_read_as_far_as_they_go(
    line: str, expected: tuple[float | None, int | None]
) -> None:
    assert (unix_time(line), http_status(line)) == expected


def test_a_record_of_several_lines_is_read_by_its_first() -> None:
    first = f'{START} 200 12 "-" "-"'
    second = f'{START.replace(":53", ":54")} 500 12 "-" "-" request_id="v-2"'
    assert read(f"{first}\n{second}") == Columns([THEN_S], [200], [None])


def test_one_odd_record_does_not_disturb_its_neighbours() -> None:
    good = f'{START} 200 12 "-" "-" request_id="v-1"'
    odd = f'{START} 404 12 "-" "\\"" request_id="v-2"'
    assert read(good, odd, "garbage", good) == Columns(
        [THEN_S, THEN_S, None, THEN_S], [200, 404, None, 200], ["v-1", "v-2", None, "v-1"]
    )
