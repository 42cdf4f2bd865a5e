import pytest

from logstream.cli.colour import FULL, ORIGINAL

GREEN, YELLOW, RED, BLUE = (f"\x1b[{code};1m" for code in (32, 33, 31, 34))


@pytest.mark.parametrize("log_type", ["apache-request", "bal-access"])
@pytest.mark.parametrize(
    ("status", "colour"),
    [("101", GREEN), ("200", GREEN), ("304", GREEN), ("404", YELLOW), ("503", RED), ("", "")],
)
def test_a_request_has_the_colour_of_its_status(log_type: str, status: str, colour: str) -> None:
    assert ORIGINAL.start(log_type, status) == colour
    assert FULL.start(log_type, status) == colour


@pytest.mark.parametrize("status", ["0", "600", "-", "x200"])
def test_a_status_that_is_none_has_no_colour(status: str) -> None:
    assert ORIGINAL.start("apache-request", status) == ""


@pytest.mark.parametrize(
    ("log_type", "colour"),
    [("apache-error", RED), ("php-error", RED), ("drupal-watchdog", BLUE), ("mysql-slow", "")],
)
def test_other_types_have_one_colour_or_none(log_type: str, colour: str) -> None:
    assert ORIGINAL.start(log_type, "200") == colour


def test_only_the_full_palette_colours_types_that_the_original_does_not() -> None:
    for log_type in ("varnish-request", "bal-request", "drupal-request"):
        assert ORIGINAL.start(log_type, "500") == ""
        assert FULL.start(log_type, "500") == RED
    assert FULL.start("mysql-slow", "") != ""
    assert FULL.start("my-app", "") == ""
