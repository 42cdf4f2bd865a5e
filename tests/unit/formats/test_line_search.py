"""RE2 over many lines: the answers of a search in each, with few calls. Rule: S10."""

import pytest

from logstream.errors import BadFilter
from logstream.formats.line_search import LineSearch, compiled

MEMORY_BYTES = 1 << 20


class Counted:
    """An expression that counts how often it is asked."""

    def __init__(self, pattern: str) -> None:
        self.pattern = compiled(
            f"(?m){pattern}",
            memory_bytes=MEMORY_BYTES,
            refused=BadFilter,
            any_match=True,
            one_line=True,
        )
        self.calls = 0

    def search(self, block: bytes, start: int) -> object:
        self.calls += 1
        return self.pattern.search(block, start)


def search_of(*patterns: str) -> LineSearch:
    return LineSearch(patterns, memory_bytes=MEMORY_BYTES, refused=BadFilter)


@pytest.mark.parametrize(
    ("pattern", "texts", "found"),
    [
        ("^b", ["a", "b", "ab", "a\nb"], [False, True, False, True]),
        ("a$", ["a", "ab", "", "a\nb"], [True, False, False, True]),
        ("^$", ["", "a", "", "a\n"], [True, False, True, True]),
        ("a.b", ["a", "b", "a\nb", "axb"], [False, False, False, True]),
        (r"a\sb", ["a", "b", "a\nb", "a b"], [False, False, True, True]),
        ("a[^x]b", ["a", "b", "a\nb", "a b"], [False, False, True, True]),
        (r"\Ab", ["b", "a\nb"], [True, False]),
        (r"(?s)a.b", ["a", "b", "a\nb"], [False, False, True]),
        ("(?i)É", ["é", "e"], [True, False]),
        ("", ["", "a"], [True, True]),
        ("\ufffd", ["\ufffd", "?"], [True, False]),
    ],
)
def test_anchors_are_at_the_ends_of_physical_lines(
    pattern: str, texts: list[str], found: list[bool]
) -> None:
    assert search_of(pattern).found_in(texts) == found
    assert search_of(pattern).found_in([]) == []


def test_any_one_expression_is_enough() -> None:
    assert search_of("a", "^b").found_in(["xa", "b", "xb"]) == [True, True, False]
    assert search_of("(?P<n>a)", "(?P<n>b)").found_in(["a", "b", "c"]) == [True, True, False]


@pytest.mark.parametrize(
    ("wanted", "most"),
    [("none", 1), ("GET", 3), ("GET.*[^a]0$", 51), (r"GET\s\W[^ ]+", 3)],
)
def test_a_batch_costs_far_fewer_calls_than_it_has_lines(wanted: str, most: int) -> None:
    search = search_of(wanted)
    counted = Counted(wanted)
    search._first = counted  # type: ignore[assignment]
    texts = [f"GET /{number} HTTP/1.1 {number}" for number in range(500)]
    found = search.found_in(texts)
    assert found == [bool(search._found(text)) for text in texts]
    assert counted.calls <= most


@pytest.mark.parametrize(
    ("pattern", "takes"),
    [
        ("error", True), ("(?i)error", True), ("(?:a|b)", True), ("(?P<x>a)", True),
        (r"a\sb", True), (r"\Aa", False), (r"a\z", False), (r"\C", False), ("(?s)a.b", False),
        ("(?-m)^a", False), (r"\Qa", False),
    ],
)  # fmt: skip
def test_a_block_is_taken_where_it_means_the_same(pattern: str, takes: bool) -> None:
    assert search_of(pattern).takes_blocks is takes


def test_the_first_line_that_matches_is_found_in_a_block() -> None:
    search = search_of("b$")
    block = b"a\nb a\nab\n\n"
    assert search.position(block, 0) == 7
    assert search.position(block, 9) == -1
    assert search_of("$^").position(b"a\n", 0) == -1, "there is no line after the last LF"


@pytest.mark.parametrize("pattern", ["(", "(?=a)", r"\1", "a)(b", "a{1001}", "(.{900}){900}"])
def test_what_re2_does_not_take_is_refused_by_name(pattern: str) -> None:
    with pytest.raises(BadFilter) as caught:
        search_of("fine", pattern)
    assert str(caught.value).startswith(repr(pattern))
    assert "use RE2's syntax" in str(caught.value)


def test_an_expression_that_is_no_text_is_refused() -> None:
    with pytest.raises(BadFilter):
        search_of("\ud800")


def test_expressions_that_are_too_large_together_are_looked_for_one_by_one() -> None:
    patterns = ["a{400}", "b{400}"]
    search = LineSearch(patterns, memory_bytes=8000, refused=BadFilter)
    assert not search.takes_blocks
    assert search.found_in(["a" * 400, "b" * 399, "xb" + "b" * 400]) == [True, False, True]
