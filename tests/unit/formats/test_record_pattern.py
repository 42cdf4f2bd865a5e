"""Layouts as patterns: what is taken for what, and how much of a line is looked at."""

import pytest

from logstream.errors import ConfigError
from logstream.formats.record_pattern import (
    CLF_TIME,
    NO_TIME,
    NUMBER,
    STATUS,
    TEXT,
    WORD,
    Field,
    Layout,
    TimeParts,
    record_pattern,
    request_id_rank,
)
from logstream.formats.time_format import TimeFormat


def layout(*items: str | Field) -> Layout:
    made = Layout()
    for item in items:
        if isinstance(item, str):
            made.add_text(item)
        else:
            made.add_field(item)
    return made


def pattern(*items: str | Field) -> str:
    return record_pattern(layout(*items), NO_TIME).pattern


def test_texts_that_follow_one_another_are_joined() -> None:
    made = layout("a", "", "b", Field(TEXT), "c")
    assert made.items == ["ab", Field(TEXT), "c"]
    assert [made.text_at(index) for index in (-1, 0, 1, 2, 3)] == ["", "ab", "", "c", ""]


@pytest.mark.parametrize("text", ["a\nb", "\0", "\x1b[m"])
def test_a_layout_of_several_lines_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="a record is one line"):
        Layout().add_text(text)


def test_a_layout_that_tells_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="nothing can be read"):
        pattern("x ", Field(TEXT))


def test_what_stands_after_the_last_field_of_interest_is_left_out() -> None:
    assert pattern(Field(STATUS), ' "', Field(TEXT), '"') == r'\A(?P<status>[0-9]{3}|-) "'


def test_the_whole_line_is_looked_at_where_only_its_end_tells() -> None:
    assert pattern(Field(TEXT), " ", Field(STATUS), " ", Field(NUMBER)).endswith(r"\z")
    assert pattern(Field(NUMBER), Field(STATUS)).endswith(r"\z")


@pytest.mark.parametrize(
    ("name", "rank"),
    [
        ("X-Request-ID", 1),
        ("X-Request-Id", 1),
        ("request_id", 1),
        ("http_x_request_id", 1),
        ("X-Correlation-ID", 1),
        ("requestid", 1),
        ("request_id_age", None),
        ("Referer", None),
        ("myrequestid", None),
    ],
)
def test_a_request_id_is_known_by_its_name(name: str, rank: int | None) -> None:
    assert request_id_rank(name) == rank


@pytest.mark.parametrize(
    "label", ["request_id=", 'request_id="', '"request_id":"', "X-Request-ID: "]
)
def test_what_is_labelled_as_the_request_id_is_it(label: str) -> None:
    found = pattern(Field(WORD, request_id_rank=1), f" {label}", Field(TEXT), '"')
    assert found.count("(?P<request_id>") == 1
    assert found.startswith(r'\A(?:[^\s"]*)')


def test_a_request_id_beside_a_text_without_quotes_is_one_word() -> None:
    field = Field(TEXT, request_id_rank=1)
    assert r'(?P<request_id>[^\s"]*)' in pattern(Field(TEXT), " ", field)
    assert r"(?P<request_id>" + '""|[^"]*?)' in pattern('"', Field(TEXT), '" ', field)
    assert r"(?P<request_id>" + '""|[^"]*?)' in pattern(field)


def test_without_escapes_a_field_may_hold_anything() -> None:
    made = record_pattern(
        layout('"', Field(TEXT), '" ', Field(STATUS)), NO_TIME, masks_quotes=False
    )
    assert made.pattern == r'\A"(?:.*?)" (?P<status>[0-9]{3}|-)\z'
    assert not made.is_web_request


CLF = TimeFormat("clf")
START = (Field(WORD), " - ", Field(TEXT), " [", Field(CLF_TIME, "[^]]*"), '] "', Field(TEXT), '" ')
ID = Field(TEXT, request_id_rank=1)


@pytest.mark.parametrize(
    ("rest", "is_web_request"),
    [
        ((Field(NUMBER),), True),
        ((Field(NUMBER), ' "', Field(TEXT), '" "', Field(TEXT), '"'), True),
        (
            (Field(NUMBER), " a=", Field(TEXT), ' b=c request_id="', ID, '" d="', Field(TEXT), '"'),
            True,
        ),
        ((Field(NUMBER), ' id="', ID, '"'), False),
        ((Field(NUMBER), " request_id=", ID), False),
        ((Field(NUMBER), ' request_id="', ID, '" request_id="', Field(TEXT), '"'), False),
        ((Field(NUMBER), " ", Field(TEXT)), False),
        ((Field(NUMBER), " host=", Field(TEXT)), False),
        ((Field(TEXT),), False),
    ],
)
def test_combined_and_more_is_left_to_the_faster_format(
    rest: tuple[str | Field, ...], is_web_request: bool
) -> None:
    made = layout(*START, Field(STATUS), " ", *rest)
    assert record_pattern(made, TimeParts((4,), CLF)).is_web_request is is_web_request
    assert not record_pattern(made, NO_TIME).is_web_request
