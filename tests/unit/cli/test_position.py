import pytest

from logstream.cli.position import PositionWriter, parse_position
from logstream.errors import UsageError
from logstream.model.source import Source

PHP = Source("srv-6", "php-error")
ODD = Source("web é/1+=", "a b")
WORD = "1+srv-6/php-error=G:123~abc,H:%24+srv-7/x="


def test_a_word_has_the_cursors_of_all_sources() -> None:
    position = parse_position(f"{WORD}\n", origin="FILE")
    assert position == {PHP: "G:123~abc,H:$", Source("srv-7", "x"): ""}


def test_what_is_written_is_read_again() -> None:
    writer = PositionWriter({PHP: "G:1"})
    writer.move(ODD, "H:2")
    word = writer.word()
    assert word == "1+srv-6/php-error=G:1+web%20%C3%A9%2F1%2B%3D/a%20b=H:2"
    assert parse_position(word, origin="") == {PHP: "G:1", ODD: "H:2"}
    assert parse_position(PositionWriter({}).word(), origin="") == {}


@pytest.mark.parametrize("others", [{}, {ODD: "H:2"}], ids=["alone", "among others"])
def test_each_place_has_its_word(others: dict[Source, str]) -> None:
    writer = PositionWriter({**others, PHP: "G:1"})
    words = writer.words(PHP, ["G:2", "G:3"])
    assert [parse_position(word, origin="") for word in words] == [
        {**others, PHP: "G:2"},
        {**others, PHP: "G:3"},
    ]
    assert writer.cursors == {**others, PHP: "G:1"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        "1+",
        "1+srv-6/php-error",
        "1+srv-6=G:1",
        "1+srv-6/php-error=G",
        "1+srv-6/php-error=G:1+srv-6/php-error=G:2",
        "1+%FF/php-error=G:1",
        "1+/php-error=G:1",
        "2+srv-6/php-error=G:1",
        "1+srv-6/php-error=G:1,G:2",
    ],
)
def test_what_is_no_word_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"--after-cursor: .* is no cursor; give a whole one"):
        parse_position(text, origin="--after-cursor")
