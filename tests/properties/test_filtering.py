"""However records are searched, the same ones pass, and the same lines begin them."""

import re2
from hypothesis import given
from hypothesis import strategies as st

from logstream.errors import BadFilter
from logstream.formats.catalogue import format_for
from logstream.formats.configured import grouping_by
from logstream.formats.filtering import Matcher
from logstream.formats.line_search import LineSearch
from logstream.model.filter import make_filter

ATOMS = (
    "a", "b", ".", "é", "^", "$", r"\b", r"\B", r"\s", r"\S", r"\w", r"\W", r"\d", r"\D", r"\n",
    "[^a]", "[^ab]", "[a-é]", r"[\s]", r"[^\S]", "[[:space:]]", r"\x0a", r"\pL", r"\PL", "(?i)",
    "(?:a|b)", "(?P<x>a)", "(a|^)", "()", " ", "\\.", "|", "*", "+", "?", "{2}", "{0,3}", r"\A",
    r"\z", "(?s)", "(?-m)", r"\C", "[^", "]", "(", ")", r"\Q", r"\E", "\n", "\t",
)  # fmt: skip
PATTERNS = st.lists(st.sampled_from(ATOMS), max_size=5).map("".join)
TEXTS = st.lists(
    st.text(st.sampled_from("aab .é\n\t") | st.characters(codec="utf-8"), max_size=8), max_size=12
)
LINES = TEXTS.map(lambda texts: [text.replace("\n", " ").replace("\r", " ") for text in texts])
NOW_S = 1404764933.5


def search_of(*patterns: str) -> LineSearch | None:
    try:
        return LineSearch(patterns, memory_bytes=1 << 20, refused=BadFilter)
    except BadFilter:
        return None


def is_found(patterns: list[str], text: str) -> bool:
    """What S10 says, and nothing else."""
    return any(re2.search(f"(?m){pattern}", text) is not None for pattern in patterns)


@given(st.lists(PATTERNS, min_size=1, max_size=3), TEXTS)
def test_many_texts_are_searched_as_each_by_itself(patterns: list[str], texts: list[str]) -> None:
    search = search_of(*patterns)
    if search is not None:
        assert search.found_in(texts) == [is_found(patterns, text) for text in texts]


@given(PATTERNS, LINES)
def test_lines_alike_are_searched_as_each_by_itself(pattern: str, lines: list[str]) -> None:
    search = search_of(pattern)
    if search is not None:
        texts = [line for line in lines for _ in range(3)]
        assert search.found_in(texts) == [is_found([pattern], text) for text in texts]


@given(st.lists(PATTERNS, min_size=1, max_size=2), PATTERNS, LINES)
def test_a_block_is_scanned_for_just_the_lines_that_pass(
    shown: list[str], hidden: str, lines: list[str]
) -> None:
    try:
        matcher = Matcher(make_filter({"text": shown}, {"text": [hidden]}))
    except BadFilter:
        return
    block = "".join(f"{line}\n" for line in lines).encode()
    if not (matcher.scans_blocks and matcher.scannable(block)):
        return
    found = []
    start = 0
    while start < len(block) and (position := matcher.candidate(block, start)) >= 0:
        line_start = block.rfind(b"\n", 0, position) + 1
        start = block.index(b"\n", position) + 1
        line = block[line_start : start - 1].decode()
        assert is_found(shown, line)
        if passing(matcher, [line]) == [True]:
            found.append(line)
    assert found == [
        line for line in lines if is_found(shown, line) and not is_found([hidden], line)
    ]


def passing(matcher: Matcher, texts: list[str]) -> list[bool]:
    return matcher.passes(
        texts, unix_time=[None] * len(texts), http_status=None, request_id=None, now_s=NOW_S
    )


COLUMN = st.sampled_from(("text", "http_status", "request_id", "unix_time", "disp_time"))
PART = st.dictionaries(COLUMN, st.lists(PATTERNS, max_size=2), max_size=3)
ROW = st.tuples(
    st.text("ab\n1é", max_size=5),
    st.sampled_from((None, 1.5, 1404764933.9, -1.0, float("inf"))),
    st.sampled_from((None, 200, 404)),
    st.sampled_from((None, "", "a", "b b")),
)


@given(PART, PART, st.lists(ROW, max_size=8))
def test_a_record_passes_as_the_rule_says(
    show: dict[str, list[str]],
    hide: dict[str, list[str]],
    rows: list[tuple[str, float | None, int | None, str | None]],
) -> None:
    try:
        matcher = Matcher(make_filter(show, hide))
    except BadFilter:
        return
    answer = matcher.passes(
        [row[0] for row in rows],
        unix_time=[row[1] for row in rows],
        http_status=[row[2] for row in rows],
        request_id=[row[3] for row in rows],
        now_s=NOW_S,
    )
    assert answer == [passes(show, hide, shown(*row)) for row in rows]


def shown(
    text: str, time: float | None, status: int | None, request_id: str | None
) -> dict[str, str]:
    seconds, clock = ("1", "1970-01-01 00:00:01") if time == 1.5 else THEN
    of = {"text": text, "unix_time": seconds, "disp_time": clock}
    if status is not None:
        of["http_status"] = str(status)
    if request_id:
        of["request_id"] = request_id
    return of


THEN = ("1404764933", "2014-07-07 20:28:53")


def passes(show: dict[str, list[str]], hide: dict[str, list[str]], of: dict[str, str]) -> bool:
    return all(
        not patterns or column not in of or is_found(patterns, of[column])
        for column, patterns in show.items()
    ) and not any(
        column in of and is_found(patterns, of[column]) for column, patterns in hide.items()
    )


LOG_LINES = st.sampled_from((
    "", " ", "  at x", "\tat a.B(C.java:1)", "\t... 12 more", "    x = 1", "}", "]", "},", "[", "{",
    '{"a":1}', "[1]", "Caused by: x", "Traceback (most recent call last):", "ValueError: x",
    "java.lang.Error: x", "x", "INFO x", "Error", "Stack trace:", "#0 x", "  thrown in x",
    "[07-Jul-2014 20:28:53 UTC] x", "[Mon Jul 07 20:28:53 2014] x", "Jul  7 20:28:53 srv x",
    "<134>1 2014-07-07T22:28:55Z x", "2014/07/07 20:28:53 [error] x", "AH00558: x", "PHP X:  x",
    "# Time: 140707 20:28:53", "# User@Host: x", "# Query_time: 1", "# x", "SET timestamp=1;",
    "/usr/sbin/mysqld, Version: 8.0 started with:", "http://x|1404764933|y|", "Next E: x",
    "During handling of the above exception, another exception occurred:", "pkg.E: y",
))  # fmt: skip
GROUPINGS = st.sampled_from((
    "php-error", "apache-error", "drupal-watchdog", "mysql-slow", "myapp", "start",
))  # fmt: skip


@given(
    GROUPINGS,
    st.lists(LOG_LINES | st.text(max_size=9).map(lambda t: t.replace("\n", "")), max_size=20),
)
def test_whether_a_line_begins_a_record_depends_on_it_and_the_one_before_it(
    name: str, lines: list[str]
) -> None:
    grouping = grouping_by(r"^\S+ \d|^x") if name == "start" else format_for(name).grouping
    assert grouping is not None
    starts = grouping.starts(lines)
    assert len(starts) == len(lines)
    for index in range(1, len(lines)):
        pair = lines[index - 1 : index + 1]
        assert starts[index] == grouping.starts(pair)[1], pair
