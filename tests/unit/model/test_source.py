import pytest

from logstream.model.source import (
    DISPLAY_NAMES,
    Environment,
    Source,
    display_name,
    is_hub_name,
    is_name,
)


def test_sources_are_equal_by_value_and_usable_as_keys() -> None:
    assert {Source("srv-6", "php-error"): 1}[Source("srv-6", "php-error")] == 1
    assert Environment("devcloud:mysite", "prod") != Environment("devcloud:mysite", "dev")


@pytest.mark.parametrize("log_type", DISPLAY_NAMES)
def test_a_known_type_has_the_name_that_people_know_it_by(log_type: str) -> None:
    assert display_name(log_type) == DISPLAY_NAMES[log_type]


def test_all_eight_types_of_the_field_are_known() -> None:
    assert sorted(DISPLAY_NAMES) == [
        "apache-error",
        "apache-request",
        "bal-request",
        "drupal-request",
        "drupal-watchdog",
        "mysql-slow",
        "php-error",
        "varnish-request",
    ]


@pytest.mark.parametrize(
    ("log_type", "expected"),
    [
        ("my-app-log", "My app log"),
        ("solr_slow", "Solr slow"),
        ("élan", "Élan"),
        ("-", "-"),
        ("", ""),
    ],
)
def test_an_operators_own_type_reads_as_words(log_type: str, expected: str) -> None:
    assert display_name(log_type) == expected


@pytest.mark.parametrize("text", ["srv-6", "*", "devcloud:mysite", "my type", "é", "x" * 128])
def test_a_name_is_what_can_be_shown_in_a_column(text: str) -> None:
    assert is_name(text)


@pytest.mark.parametrize("text", ["", "x" * 129, "a\nb", "\x1b[31m", "\u202e", "\x00"])
def test_what_is_empty_long_or_not_printable_is_no_name(text: str) -> None:
    assert not is_name(text)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("logstream-1", True), ("srv-6", False), ("my-logstream-1", False), ("logstream-\x1b", False)],
)
def test_a_hub_is_told_by_its_name(text: str, is_one: bool) -> None:
    assert is_hub_name(text) == is_one
