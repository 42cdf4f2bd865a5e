from itertools import accumulate

import pytest

from logstream.tail.records import record_starts

T, F = True, False


@pytest.mark.parametrize(
    ("starts", "firsts"),
    [
        ([T, T, T], [0, 1, 2]),
        ([T, F, F], [0]),
        ([F, F, T], [0, 2]),
        ([T, F, T, F], [0, 2]),
        ([T], [0]),
    ],
    ids=["single", "one", "guessed", "two", "alone"],
)
def test_a_record_begins_where_the_grouping_says(starts: list[bool], firsts: list[int]) -> None:
    offsets = list(range(0, 10 * len(starts) + 1, 10))
    assert record_starts(starts, offsets) == firsts


def test_a_record_ends_where_one_more_line_would_make_it_too_long() -> None:
    offsets = [0, *accumulate([40, 40, 40, 150, 10])]
    assert record_starts([T, F, F, F, F], offsets, bytes_max=100) == [0, 2, 3, 4]


def test_a_record_has_a_bound_in_lines() -> None:
    offsets = list(range(11))
    assert record_starts([T] + [F] * 9, offsets, lines_max=4) == [0, 4, 8]


def test_a_record_may_be_exactly_as_long_as_the_bound() -> None:
    assert record_starts([True, False, False], [0, 5, 10, 16], bytes_max=10) == [0, 2]


def test_one_line_more_than_the_bound_begins_a_record() -> None:
    assert record_starts([True, False, False], [0, 1, 2, 3], lines_max=2) == [0, 2]
