import os
from pathlib import Path

import pytest

from logstream.errors import BadCursor
from logstream.model.cursor import parse
from logstream.tail.cursors import (
    HEAD_MAX_BYTES,
    GenerationName,
    born_ns,
    check_before,
    component_text,
    hint_at,
    is_nameless,
    name_generation,
    refuse_foreign,
    series_id,
)

SERIES = series_id("/var/log/*.log", "/var/log/a.log")


def test_a_name_is_taken_apart_as_it_was_made() -> None:
    name = name_generation(SERIES, b"one\n", "hint123")
    assert GenerationName.parse(name)[:2] == (SERIES, 4)
    assert GenerationName.parse(name).hint == "hint123"
    assert parse(f"{name}:17")[0].generation == name, "any node takes it for a cursor"


@pytest.mark.parametrize(
    "text", ["x", "a.b.c", "s.x.d.h", f"s.{HEAD_MAX_BYTES + 1}.d.h", "a.1.b.c.d"]
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        GenerationName.parse(text)


def test_a_generation_is_known_by_what_it_begins_with() -> None:
    name = GenerationName.parse(name_generation(SERIES, b"one\n", "h"))
    assert name.begins(b"one\ntwo\n")
    assert not name.begins(b"one")
    assert not name.begins(b"two\ntwo\n")


def test_a_name_without_content_says_so() -> None:
    assert is_nameless(name_generation(SERIES, b"", "h"))
    assert not is_nameless(name_generation(SERIES, b"x", "h"))


def test_a_check_is_over_all_that_it_should_be_over_or_is_not_made() -> None:
    """Whoever goes on reading compressed content has not seen what lies before."""
    assert check_before(100, b"x" * 64) is not None
    assert check_before(4, b"one\n") is not None
    assert check_before(100, b"one\n") is None
    assert component_text("G", 100, b"one\n") == "G:100"
    assert component_text("G", None, b"") == "G:$"
    assert component_text("G", 4, b"one\n").startswith("G:4~")


def test_another_source_s_cursor_is_refused() -> None:
    components = parse(f"{name_generation(SERIES, b'one', 'h')}:3")
    refuse_foreign(components, ["/other", "/var/log/*.log"])
    with pytest.raises(BadCursor, match="another source"):
        refuse_foreign(components, ["/var/log/*"])


def test_an_inode_that_is_used_again_is_hinted_at_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.touch()
    first = born_ns(str(path))
    if first == 0:
        pytest.skip("this system does not tell when a file was created")
    fd = os.open(path, os.O_RDONLY)
    assert born_ns(fd) == first
    os.close(fd)
    assert hint_at(7, first) == hint_at(7, first)
    assert hint_at(7, first) != hint_at(7, first + 1)


def test_a_file_that_is_not_there_was_never_created(tmp_path: Path) -> None:
    assert born_ns(str(tmp_path / "none")) == 0
