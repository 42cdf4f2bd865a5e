"""Drupal requests: every field, and what a query might forge."""

from pathlib import Path

import pytest

from logstream.formats.base import Columns
from logstream.formats.drupal_request import DrupalRequestFormat

FIXTURES = Path(__file__).parents[2] / "fixtures" / "formats"
THEN_S = 1404764933.0
"""2014-07-07 20:28:53 UTC."""
START = "[07/Jul/2014:20:28:53 +0000] www.example.com GET /node/1"


def read(*texts: str) -> Columns:
    return DrupalRequestFormat().columns(texts, now_s=THEN_S)


def test_drupal_requests_are_read() -> None:
    assert read(*(FIXTURES / "drupal-request.log").read_text().splitlines()) == Columns(
        [THEN_S, THEN_S + 1, THEN_S + 2],
        [200, 302, None],
        [
            "v-0b8b9c4e-05fe-11e4-8a25-22000a1d0b8b",
            "v-1c9c0d5f-05fe-11e4-8a25-22000a1d0b8b",
            None,
        ],
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", (None, None, None)),
        ("garbage request_id=v-1", (None, None, "v-1")),
        (f"{START} http_code=200", (THEN_S, 200, None)),
        (f'{START} http_code="200" uid=0', (THEN_S, 200, None)),
        (f"{START} http_code=600 uid=0", (THEN_S, None, None)),
        (f"{START} http_code=2000 uid=0", (THEN_S, None, None)),
        (f"{START} http_code=200 query=http_code=500 request_id=v-1", (THEN_S, 200, "v-1")),
        (f'{START} http_code=200 query="&request_id="v-0" request_id="v-1"', (THEN_S, 200, "v-1")),
        (f'{START} http_code=200 request_id="v-1" more=1', (THEN_S, 200, "v-1")),
        (f'{START} http_code=200 request_id=""', (THEN_S, 200, None)),
        (f'{START} http_code=200 request_id="-"', (THEN_S, 200, None)),
        (f'{START} http_code=200 request_id="open', (THEN_S, 200, None)),
        (f"{START.replace('07/Jul', '32/Foo')} http_code=200 uid=0", (None, 200, None)),
        (f"{START.replace(':53', ':53.25')} http_code=200 uid=0", (THEN_S + 0.25, 200, None)),
        (f'{START} http_code=200 a=1\n http_code=500 request_id="v-2"', (THEN_S, 200, None)),
        (' request_id="v-1" http_code=200 [07/Jul/2014:20:28:53 +0000] ', (None, 200, "v-1")),
    ],
)
def test_lines_that_differ_are_read_as_far_as_they_go(
    line: str, expected: tuple[float | None, int | None, str | None]
) -> None:
    time, status, request_id = expected
    assert read(line) == Columns([time], [status], [request_id])
