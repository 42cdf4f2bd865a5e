"""What a filter lets pass, column by column and block by block. Rule: S10."""

from collections.abc import Mapping, Sequence

import pytest

from logstream.errors import BadFilter
from logstream.formats.filtering import Matcher
from logstream.model.filter import NO_FILTER, make_filter
from logstream.model.limits import RECORD_MAX_BYTES

THEN_S = 1404764933.75
"""2014-07-07 20:28:53 UTC."""
TEXTS = ["GET /a", "POST /b", "Fatal error\nStack trace:\n#0 x", "no\tcolumns"]
STATUSES = [200, 404, 500, None]
REQUEST_IDS = ["v-1", "v-2", None, ""]
TIMES = [THEN_S, THEN_S + 60, None, -1.0]

Part = Mapping[str, Sequence[str]]


def matcher(show: Part | None = None, hide: Part | None = None) -> Matcher:
    return Matcher(make_filter(show, hide))


def passing(made: Matcher) -> list[int]:
    passes = made.passes(
        TEXTS,
        unix_time=TIMES,
        http_status=STATUSES,
        request_id=REQUEST_IDS,
        now_s=THEN_S + 120,
    )
    return [index for index, passed in enumerate(passes) if passed]


@pytest.mark.parametrize(
    ("show", "hide", "indexes"),
    [
        ({}, {}, [0, 1, 2, 3]),
        ({"text": ["/[ab]$"]}, {}, [0, 1]),
        ({"text": ["^#0", "^GET"]}, {}, [0, 2]),
        ({"text": [r"error\nStack"]}, {}, [2]),
        ({"text": ["error.Stack"]}, {}, []),
        ({}, {"text": ["^[A-Z]+ /"]}, [2, 3]),
        ({}, {"http_status": ["^$"]}, [0, 1, 2]),
        ({"http_status": ["^4"]}, {"http_status": ["^$"]}, [1]),
        ({}, {"http_status": ["^2", "^$"]}, [1, 2]),
        ({}, {"request_id": ["^$"]}, [0, 1]),
        ({"http_status": ["^[45]"]}, {}, [1, 2, 3]),
        ({}, {"http_status": ["^[45]"]}, [0, 3]),
        ({"request_id": ["2"]}, {}, [1, 2, 3]),
        ({"unix_time": ["^1404764933$"]}, {}, [0]),
        ({"disp_time": ["^2014-07-07 20:29:53$"]}, {}, [1]),
        ({"disp_time": ["20:30:53$"]}, {}, [2, 3]),
        ({"text": ["/"], "http_status": ["404"]}, {"request_id": ["1"]}, [1]),
        ({"text": ["a"]}, {"text": ["a"]}, []),
    ],
)
def test_a_record_passes_by_the_columns_that_it_has(
    show: Part, hide: Part, indexes: list[int]
) -> None:
    assert passing(matcher(show, hide)) == indexes


def test_a_type_may_have_no_status_and_no_request_id() -> None:
    made = matcher({"http_status": ["404"], "request_id": ["1"]})
    passes = made.passes(["x"], unix_time=[None], http_status=None, request_id=None, now_s=0.0)
    assert passes == [True]
    assert made.passes([], unix_time=[], http_status=None, request_id=None, now_s=0.0) == []


@pytest.mark.parametrize("pattern", ["(", "(?=x)", r"(a)\1", "[b-a]"])
def test_syntax_that_re2_does_not_know_is_refused_by_name(pattern: str) -> None:
    with pytest.raises(BadFilter) as caught:
        matcher({"text": ["fine"]}, {"http_status": [pattern]})
    assert repr(pattern) in str(caught.value)
    assert caught.value.code == 400


@pytest.mark.parametrize(
    "patterns", [["(?:[ab]?){999}cc"], ["(.{31}){31}"], [f"x{{900}}{index}" for index in range(4)]]
)
def test_expressions_that_would_take_long_on_hostile_texts_are_refused(patterns: list[str]) -> None:
    with pytest.raises(BadFilter, match="too large"):
        matcher({"text": patterns})


@pytest.mark.parametrize(
    ("show", "hide", "scans"),
    [
        ({"text": ["a"]}, {}, True),
        ({"text": ["a"], "http_status": ["404"]}, {"text": [r"\Ab"]}, True),
        ({"text": [r"\Aa"]}, {}, False),
        ({"text": ["(?s)a.b"]}, {}, False),
        ({"http_status": ["404"]}, {}, False),
        ({}, {"text": ["a"]}, False),
    ],
)
def test_blocks_are_scanned_for_what_shows_few_texts(show: Part, hide: Part, scans: bool) -> None:
    assert matcher(show, hide).scans_blocks is scans
    assert not Matcher(NO_FILTER).scans_blocks


LINE = b"x" * 99 + b"\n"
LONG = b"x" * RECORD_MAX_BYTES + b"\n"


@pytest.mark.parametrize(
    ("block", "scannable"),
    [
        pytest.param(b"", True, id="empty"),
        pytest.param("é\n".encode(), True, id="utf-8"),
        pytest.param(b"\xff\n", False, id="not-utf-8"),
        pytest.param(b"a\r\n", False, id="cr"),
        pytest.param(b"\0a\n", False, id="nul"),
        pytest.param(b"\xef\xbb\xbfa\n", False, id="byte-order-mark"),
        pytest.param(LINE * 20_000, True, id="many-lines"),
        pytest.param(LONG, False, id="long-line"),
        pytest.param(LINE * 2000 + LONG + LINE * 2000, False, id="long-line-within"),
        pytest.param(LINE * 2000 + LONG, False, id="long-line-at-the-end"),
    ],
)
def test_a_block_is_scanned_only_if_its_lines_are_what_is_sent(
    block: bytes, scannable: bool
) -> None:
    assert Matcher.scannable(block) is scannable


def test_after_a_candidate_a_scan_goes_on_at_the_end_of_its_line() -> None:
    made = matcher({"text": ["ab?$"]}, {"text": ["^h"]})
    block = b"xa\nh a\nb\nab\n"
    assert made.candidate(block, 0) == 1
    assert made.candidate(block, 3) == 5, "hidden, which passes() tells"
    assert made.candidate(block, 7) == 9
    assert made.candidate(block, 12) == -1
