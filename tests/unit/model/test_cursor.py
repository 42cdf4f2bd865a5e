import pytest

from logstream.errors import BadCursor
from logstream.model.cursor import START, Component, distance_bytes, parse, render, with_offset
from logstream.model.limits import CURSOR_MAX_CHARS


def test_a_cursor_is_taken_apart_and_put_together() -> None:
    """S4."""
    text = "a-1:5~xy,b_2:$,C.3:0"
    assert parse(text) == [
        Component("a-1", 5, "xy"),
        Component("b_2", None),
        Component("C.3", 0),
    ]
    assert render(parse(text)) == text
    assert parse(START) == []
    assert render([]) == START


@pytest.mark.parametrize(
    "text",
    [
        ",",
        "A",
        "A:",
        ":5",
        "A:-1",
        "A:05",
        "A:1.5",
        "A:5~",
        "A:5,",
        "A:5, B:6",
        "A:5,A:6",
        "A:5\n",
        "Ä:5",
        "A:\u0665",
        "A:5~x~y",
        "A:1000000000000000000",
        "A" * 129 + ":5",
    ],
)
def test_garbage_is_no_cursor(text: str) -> None:
    with pytest.raises(BadCursor):
        parse(text)


def test_a_cursor_has_a_bound() -> None:
    long = ",".join(f"{number:064d}:{number}" for number in range(CURSOR_MAX_CHARS // 64))
    with pytest.raises(BadCursor, match=str(CURSOR_MAX_CHARS)):
        parse(long)


def test_the_cursor_before_a_line_is_the_batchs_next_at_its_offset() -> None:
    """S4."""
    assert with_offset("A:5,B:900~x", 1, 700) == "A:5,B:700"
    assert with_offset("A:$", 0, 7) == "A:7"


@pytest.mark.parametrize("component", [-1, 1, 7])
def test_there_is_no_line_in_a_component_that_is_not_there(component: int) -> None:
    with pytest.raises(BadCursor):
        with_offset("A:5", component, 7)


@pytest.mark.parametrize(
    ("after", "before", "distance"),
    [
        ("A:5", "A:5", 0),
        ("A:5", "A:9", 4),
        ("A:9", "A:5", -4),
        ("A:5~x", "A:5~y", 0),
        ("A:5,B:1", "A:5,B:9~z", 8),
        ("", "", 0),
        ("", "A:5", None),
        ("A:5", "B:5", None),
        ("A:5", "A:5,B:1", None),
        ("A:5,B:1", "A:6,B:2", None),
        ("A:5", "A:$", None),
        ("A:$", "A:$", 0),
    ],
)
def test_any_node_may_compare_what_differs_in_one_offset(
    after: str, before: str, distance: int | None
) -> None:
    """S4."""
    assert distance_bytes(after, before) == distance
