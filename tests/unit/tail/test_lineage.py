import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from logstream.model.cursor import parse, render
from logstream.tail import lineage as lineage_module
from logstream.tail.generation import Generation
from logstream.tail.lineage import Lineage
from logstream.tail.survey import Series


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "a.log"


@pytest.fixture
def lineage(log: Path) -> Iterator[Lineage]:
    lineage = Lineage(Series("series", [str(log)], str(log)), None)
    yield lineage
    lineage.close()


def states(lineage: Lineage) -> list[tuple[str, int | None, str | None]]:
    return [(Path(each.path).name, each.offset, each.why) for each in lineage.generations]


def rotate(log: Path) -> None:
    log.rename(f"{log}.1")
    log.write_bytes(b"new\n")


def test_at_the_end_the_newest_superseded_one_is_listed_too(log: Path, lineage: Lineage) -> None:
    """So that those before it are known to be done. Rule S4."""
    for name, data in (("a.log.2", b"1\n"), ("a.log.1", b"two\n"), ("a.log", b"three\nunfin")):
        log.with_name(name).write_bytes(data)
    lineage.begin_at_end(0.0)
    assert states(lineage) == [("a.log.1", 4, None), ("a.log", 6, None)]
    assert all(each.text for each in lineage.generations)


def test_before_everything_all_is_unread(log: Path, lineage: Lineage) -> None:
    for name, data in (("a.log.2", b"1\n"), ("a.log.1", b"two\n"), ("a.log", b"three\n")):
        log.with_name(name).write_bytes(data)
    lineage.begin_at([], 0.0)
    assert states(lineage) == [("a.log.2", 0, None), ("a.log.1", 0, None), ("a.log", 0, None)]
    assert lineage.unread_bytes == 12


def test_what_is_open_is_read_on_whatever_becomes_of_its_name(log: Path, lineage: Lineage) -> None:
    log.write_bytes(b"one\n")
    lineage.begin_at([], 0.0)
    log.rename(log.with_name("elsewhere"))
    log.write_bytes(b"new\n")
    lineage.settle(0.0)
    assert states(lineage) == [("a.log", 0, None), ("a.log", 0, None)]
    assert [each.superseded for each in lineage.generations] == [True, False]


def begin_again(lineage: Lineage, now_s: float = 0.0) -> None:
    """Do what another process does that begins at the same cursor."""
    listed = []
    for generation in lineage.generations:
        if generation.text:
            (component,) = parse(generation.text)
            listed.append(Generation.listed(component, render([component])))
    lineage.close()
    lineage.begin_at(listed, now_s)


def test_generations_are_found_again_after_a_rotation(log: Path, lineage: Lineage) -> None:
    log.write_bytes(b"one\n")
    lineage.begin_at_end(0.0)
    rotate(log)
    begin_again(lineage)
    assert states(lineage) == [("a.log.1", 4, None), ("a.log", 0, None)]


def test_a_generation_that_is_nowhere_was_removed(log: Path, lineage: Lineage) -> None:
    log.write_bytes(b"one\n")
    lineage.begin_at_end(0.0)
    log.unlink()
    begin_again(lineage)
    assert [each.why for each in lineage.generations] == ["removed"]


def test_a_generation_that_may_be_hidden_is_waited_for(log: Path, lineage: Lineage) -> None:
    log.write_bytes(b"one\n")
    lineage.begin_at_end(0.0)
    log.unlink()
    lineage.hidden = True
    begin_again(lineage)
    assert [each.why for each in lineage.generations] == [None]
    assert not lineage.settled
    log.write_bytes(b"one\ntwo\n")
    os.utime(log)
    lineage.hidden = False
    lineage.settle(0.0)
    assert states(lineage) == [("a.log", 4, None)]


def test_nothing_is_lost_while_the_names_change_too_fast(
    log: Path, lineage: Lineage, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.write_bytes(b"one\n")
    lineage.begin_at_end(0.0)
    log.unlink()
    with monkeypatch.context() as patch:
        patch.setattr(lineage_module, "LISTINGS_MAX", 0)
        begin_again(lineage)
    assert lineage.changing
    assert not lineage.settled
    assert [each.why for each in lineage.generations] == [None]


def test_a_file_that_another_series_follows_is_left_to_it(log: Path, lineage: Lineage) -> None:
    log.write_bytes(b"one\n")
    Path(f"{log}.1").write_bytes(b"two\n")
    other = Lineage(Series("other", [f"{log}.1"], f"{log}.1"), None)
    other.begin_at([], 0.0)
    lineage.elsewhere = other.keys
    lineage.begin_at([], 0.0)
    assert states(lineage) == [("a.log", 0, None)]
    other.close()


def test_an_empty_rotated_file_is_looked_at_again(log: Path, lineage: Lineage) -> None:
    Path(f"{log}.1").touch()
    log.write_bytes(b"one\n")
    lineage.begin_at([], 0.0)
    assert lineage.has_empty
    assert not lineage.is_listed_otherwise()
    Path(f"{log}.1").write_bytes(b"late\n")
    assert lineage.is_listed_otherwise()
    lineage.settle(0.0)
    assert states(lineage) == [("a.log.1", 0, None), ("a.log", 0, None)]
