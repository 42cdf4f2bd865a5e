import pytest

from logstream.errors import BadFilter
from logstream.model.filter import COLUMNS, NO_FILTER, Filter, make_filter
from logstream.model.limits import FILTER_PATTERN_MAX_BYTES, FILTER_PATTERNS_MAX


def test_equal_filters_are_equal_whatever_their_order() -> None:
    one = make_filter({"text": ["b", "a", "b"], "http_status": ["5.."]}, {"request_id": []})
    other = make_filter({"http_status": ["5.."], "text": ["a", "b"]}, None)
    assert one == other
    assert one.stream == other.stream
    assert one.keys() == ({"http_status": ["5.."], "text": ["a", "b"]}, None)


def test_no_filter_has_the_empty_name() -> None:
    """S5: ``stream`` is a function of the filter alone (``""``: none)."""
    assert NO_FILTER.stream == ""
    nothings: list[dict[str, list[str]] | None] = [None, {}, {"text": []}]
    for nothing in nothings:
        assert make_filter(nothing, nothing) == NO_FILTER == Filter()
    assert NO_FILTER.keys() == (None, None)


def test_other_filters_have_other_names() -> None:
    filters = [
        make_filter({"text": ["a"]}, None),
        make_filter(None, {"text": ["a"]}),
        make_filter({"request_id": ["a"]}, None),
        make_filter({"text": ["a", "b"]}, None),
        make_filter({"text": ["a,b"]}, None),
        make_filter({"text": ["\ud800"]}, None),
    ]
    names = {each.stream for each in filters}
    assert len(names) == len(filters)
    assert all(name.startswith("f") and name.isalnum() for name in names)


@pytest.mark.parametrize("column", COLUMNS)
def test_expressions_are_on_columns(column: str) -> None:
    """S10."""
    assert make_filter({column: ["x"]}, None).show == ((column, ("x",)),)


@pytest.mark.parametrize("part", ["show", "hide"])
def test_other_columns_are_refused(part: str) -> None:
    filters = {"show": None, "hide": None, part: {"colour": ["x"]}}
    with pytest.raises(BadFilter, match="colour"):
        make_filter(filters["show"], filters["hide"])


def test_a_filter_has_bounds() -> None:
    make_filter({"text": ["é" * (FILTER_PATTERN_MAX_BYTES // 2)]}, None)
    with pytest.raises(BadFilter):
        make_filter({"text": ["é" * (FILTER_PATTERN_MAX_BYTES // 2) + "x"]}, None)
    many = [str(number) for number in range(FILTER_PATTERNS_MAX)]
    make_filter({"text": many}, None)
    with pytest.raises(BadFilter):
        make_filter({"text": many}, {"text": ["one more"]})
