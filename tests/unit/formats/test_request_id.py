"""Request ids: which of several counts, and what is none."""

import time

import pytest

from logstream.formats.request_id import (
    checked,
    ending_request_id,
    last_request_id,
    unquoted_request_id,
)
from logstream.model.limits import RECORD_MAX_BYTES, REQUEST_ID_MAX_CHARS


@pytest.mark.parametrize("value", ["", "-", None, "x" * (REQUEST_ID_MAX_CHARS + 1)])
def test_empty_a_dash_and_the_far_too_long_are_no_request_id(value: str | None) -> None:
    assert checked(value) is None


def test_the_longest_request_id_is_taken() -> None:
    value = "x" * REQUEST_ID_MAX_CHARS
    assert unquoted_request_id(f' request_id="{value}"', 0) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (' a=1 request_id="v-1" b="2"', "v-1"),
        (" request_id=v-1 b=2", "v-1"),
        (' request_id="v-1" request_id="v-2"', "v-2"),
        (' "agent request_id=" v-1" b', None),
        (r' "agent \" request_id=\"forged\" " request_id="v-1"', "v-1"),
        (r' "agent \" request_id=forged "', None),
        (' request_id="v-1" "open request_id=v-2', "v-1"),
        (' request_id="open', None),
        (' request_id="v-1" request_id=', None),
        ("request_id=v-1", None),
        (' xrequest_id="v-1"', None),
        (r' request_id="a\"b"', r"a\"b"),
        (r' host=a\"b request_id="v-1"', "v-1"),
        (r' "agent \\" request_id="v-1"', "v-1"),
        (r' "agent \\\" request_id=forged" request_id="v-1"', "v-1"),
    ],
)
def test_only_what_stands_outside_of_quotes_counts(text: str, value: str | None) -> None:
    assert unquoted_request_id(text, 0) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('GET /?a" http_code=200 query="x request_id="v-1"', "v-1"),
        (' request_id="v-1" more=1', "v-1"),
        (' request_id="v-1', None),
        ("nothing", None),
    ],
)
def test_without_quoting_the_last_one_counts(text: str, value: str | None) -> None:
    assert last_request_id(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('a message request_id="v-1"', "v-1"),
        ('a message request_id="v-1" \n', "v-1"),
        ('a message request_id="forged" in words', None),
        ('a message request_id="forged" request_id="v-1"', "v-1"),
        ("a\nmessage request_id=v-1", "v-1"),
        ("nothing", None),
    ],
)
def test_after_a_message_only_what_ends_the_record_counts(text: str, value: str | None) -> None:
    assert ending_request_id(text) == value


@pytest.mark.parametrize("piece", ['"', '\\"', ' request_id="', " request_id=", '" request_id="\\'])
def test_hostile_text_takes_no_more_than_one_pass(piece: str) -> None:
    text = piece * (RECORD_MAX_BYTES // len(piece))
    started_s = time.process_time()
    unquoted_request_id(text, 0)
    last_request_id(text)
    ending_request_id(text)
    assert time.process_time() - started_s < 1


@pytest.mark.parametrize(
    ("text", "request_id"),
    [
        ('x request_id="v-1"\nStack trace:\n#0 y', "v-1"),
        ('x\nStack trace:\n#0 y request_id="v-2"', "v-2"),
        ('x request_id="v-1"\nStack trace:\n#0 y request_id="v-2"\n', "v-2"),
        ('x\ny request_id="v-1"\nz', None),
        ("x request_id=v-1\n\n", "v-1"),
    ],
)
def test_of_several_lines_the_last_or_the_first_ends_with_it(
    text: str, request_id: str | None
) -> None:
    assert ending_request_id(text) == request_id
