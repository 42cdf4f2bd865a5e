import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from logstream.model.cursor import parse, render
from logstream.model.limits import SUPERSEDED_QUIET_S
from logstream.tail.cursors import HEAD_MAX_BYTES, GenerationName
from logstream.tail.generation import Generation
from logstream.tail.opened import OpenedFile
from logstream.tail.reader import Reader


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.log"
    path.touch()
    return path


@pytest.fixture
def generation(path: Path) -> Iterator[Generation]:
    generation = Generation(reader=Reader(OpenedFile.at(str(path), plain=True)))
    yield generation
    generation.close()


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def read(generation: Generation) -> None:
    assert generation.reader is not None
    while generation.reader.read() is not None:
        pass


def test_nothing_is_placed_in_an_empty_file(path: Path, generation: Generation) -> None:
    """Rule S4."""
    generation.see("series")
    assert generation.name == ""
    append(path, b"on")
    generation.see("series")
    assert GenerationName.parse(generation.name).head_bytes == 2


def test_a_name_covers_a_whole_kib_as_soon_as_that_was_read(
    path: Path, generation: Generation
) -> None:
    append(path, b"one\n")
    generation.see("series")
    read(generation)
    generation.list_here("series")
    first = generation.name
    append(path, b"x" * HEAD_MAX_BYTES + b"\n")
    read(generation)
    generation.list_here("series")
    assert GenerationName.parse(generation.name).head_bytes == HEAD_MAX_BYTES
    assert GenerationName.parse(generation.name).hint == GenerationName.parse(first).hint


def test_a_position_outlives_its_file(path: Path, generation: Generation) -> None:
    append(path, b"one\ntwo\n")
    generation.see("series")
    read(generation)
    generation.list_here("series")
    listed = generation.text
    generation.close()
    assert generation.offset == 8
    (component,) = parse(listed)
    again = Generation.listed(component, render([component]))
    assert (again.wanted, again.text) == (generation.wanted, listed)


def test_what_is_lost_goes_on_behind_it(path: Path, generation: Generation) -> None:
    """Rule S4: ``$``."""
    append(path, b"one\n")
    generation.see("series")
    generation.why = "truncated"
    generation.lose(0.0)
    generation.list_here("series")
    assert generation.text.endswith(":$")
    assert [generation.offset, generation.why, generation.reader] == [None] * 3


def test_a_write_begins_the_quiet_anew(path: Path, generation: Generation) -> None:
    assert not generation.is_quiet(0.0)
    append(path, b"one\n")
    assert not generation.is_quiet(SUPERSEDED_QUIET_S)
    assert generation.is_quiet(2 * SUPERSEDED_QUIET_S)


def test_what_was_written_long_before_its_successor_is_quiet(
    path: Path, generation: Generation
) -> None:
    os.utime(path, ns=(0, 0))
    generation.quiet_before(int(SUPERSEDED_QUIET_S * 1e9) - 1, 0.0)
    assert not generation.is_quiet(0.0)
    generation.quiet_before(int(SUPERSEDED_QUIET_S * 1e9), 0.0)
    assert generation.is_quiet(0.0)


def test_a_superseded_file_may_be_the_live_one_again(generation: Generation) -> None:
    generation.supersede()
    generation.drained = generation.done = True
    generation.supersede()
    assert generation.drained, "nothing has changed"
    generation.revive()
    assert [generation.superseded, generation.drained, generation.done] == [False] * 3


def test_an_empty_file_that_is_superseded_is_listed_by_its_hint(
    path: Path, generation: Generation
) -> None:
    generation.list_empty("series")
    (component,) = parse(generation.text)
    assert component.offset == 0
    assert Generation.listed(component, generation.text).wanted.was_empty
    append(path, b"late\n")
    generation.see("series")
    assert GenerationName.parse(generation.name).head_bytes == 5
