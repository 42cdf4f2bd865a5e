import string

import pytest

from logstream.client.position import Position
from logstream.errors import BadCursor
from logstream.model.limits import POSITION_MAX_CHARS
from logstream.model.source import Source

PHP = Source("srv-1", "php-error")
WEB = Source("srv 2", "apache-request")
POSITION = Position({PHP: "g.1-a:10~c,g2:$", WEB: ""})


def test_a_token_gives_the_position_back() -> None:
    assert Position.parse(POSITION.render()) == POSITION
    assert Position.parse(f" {POSITION.render()}\n") == POSITION


def test_a_token_is_one_word_that_any_shell_takes() -> None:
    allowed = {*string.ascii_letters, *string.digits, *"+/=:,.-_~%"}
    assert set(POSITION.render()) <= allowed


def test_an_empty_position_has_a_token() -> None:
    assert Position.parse(Position().render()) == Position()


def test_equal_positions_have_equal_tokens() -> None:
    assert Position({WEB: "", PHP: "g.1-a:10~c,g2:$"}).render() == POSITION.render()


@pytest.mark.parametrize(
    "token",
    [
        "",
        "garbage",
        "1+",
        "2+srv-1/php-error=g:1",
        "1+srv-1/php-error",
        "1+srv-1=g:1",
        "1+srv-1/php-error=g",
        "1+srv-1/php-error=g:1,g:2",
        "1+srv-1/php-error=g:1+srv-1/php-error=g:2",
        "1+%FF/php-error=g:1",
        "1+/php-error=g:1",
        "1+" + "A" * POSITION_MAX_CHARS,
    ],
    ids=range(12),
)
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(BadCursor):
        Position.parse(token)


def test_it_is_shown_as_what_it_holds() -> None:
    assert "php-error" in repr(POSITION)
