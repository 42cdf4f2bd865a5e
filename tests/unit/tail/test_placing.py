import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from logstream.tail.cursors import GenerationName, check_of, name_generation
from logstream.tail.placing import Candidate, Wanted, moved_from, place
from logstream.tail.rotated import generation_files

OLD, NEW, NEWEST = b"old\n" * 40, b"new\n" * 40, b"newest\n" * 40
List = Callable[[], list[Candidate]]


@pytest.fixture
def candidates(tmp_path: Path) -> Iterator[List]:
    made: list[Candidate] = []

    def listing() -> list[Candidate]:
        path = str(tmp_path / "a.log")
        made.extend(map(Candidate, generation_files([path], path)))
        return made

    yield listing
    for candidate in made:
        candidate.close()


def wanted(content: bytes, offset: int | None, hint: str = "elsewhere") -> Wanted:
    name = GenerationName.parse(name_generation("series", content[:100], hint))
    return Wanted(name, offset, None if offset is None else check_of(content[:offset]))


def placed(made: list[Candidate], *which: Wanted) -> list[tuple[int | None, str | None]]:
    return [
        (slot.wanted, None if slot.file is None else Path(slot.file.listed.path).name)
        for slot in place(which, made)
    ]


def test_generations_are_found_by_their_bytes(tmp_path: Path, candidates: List) -> None:
    (tmp_path / "a.log.2.gz").write_bytes(gzip.compress(OLD))
    (tmp_path / "a.log.1").write_bytes(NEW)
    (tmp_path / "a.log").write_bytes(NEWEST)
    made = candidates()
    assert placed(made, wanted(OLD, 120), wanted(NEWEST, 140)) == [
        (0, "a.log.2.gz"),
        (None, "a.log.1"),
        (1, "a.log"),
    ]
    assert placed(made, wanted(NEW, 120)) == [(0, "a.log.1"), (None, "a.log")], "the older is done"
    assert placed(made) == [(None, "a.log.2.gz"), (None, "a.log.1"), (None, "a.log")]


def test_what_is_gone_keeps_its_place(tmp_path: Path, candidates: List) -> None:
    (tmp_path / "a.log.1").write_bytes(OLD)
    (tmp_path / "a.log").write_bytes(NEWEST)
    assert placed(candidates(), wanted(OLD, 120), wanted(NEW, 120)) == [
        (0, "a.log.1"),
        (1, None),
        (None, "a.log"),
    ]


def test_a_content_that_was_altered_before_the_offset_is_another(
    tmp_path: Path, candidates: List
) -> None:
    (tmp_path / "a.log").write_bytes(OLD[:100] + b"x" * 60)
    assert placed(candidates(), wanted(OLD, 160)) == [(0, None), (None, "a.log")]


def test_of_two_files_with_the_same_bytes_the_hinted_one_counts(
    tmp_path: Path, candidates: List
) -> None:
    (tmp_path / "a.log.1").write_bytes(OLD)
    (tmp_path / "a.log").write_bytes(OLD)
    made = candidates()
    opened = made[0].open()
    assert opened is not None
    assert placed(made, wanted(OLD, 160, opened.hint)) == [(0, "a.log.1"), (None, "a.log")]
    assert placed(made, wanted(OLD, 160))[0] == (0, None), "better a loss than a wrong line"


def test_a_file_that_was_truncated_after_it_was_copied_is_known(
    tmp_path: Path, candidates: List
) -> None:
    (tmp_path / "a.log").write_bytes(NEW)
    (tmp_path / "a.log.1").write_bytes(OLD)
    copy, live = candidates()
    opened = live.open()
    assert opened is not None
    name = GenerationName.parse(name_generation("series", OLD[:100], opened.hint))
    assert moved_from(name, copy, [copy, live])
    assert moved_from(name._replace(hint="gone"), copy, [copy]), "renaming would keep the file"
    assert not moved_from(name._replace(hint="gone"), live, [copy, live]), "an editor wrote it"


@pytest.mark.parametrize(
    ("copied", "is_copy"), [(NEW[:80], True), (NEW, True), (OLD, False), (NEW + b"more\n", False)]
)
def test_a_copy_begins_and_ends_like_its_original(
    tmp_path: Path, candidates: List, copied: bytes, is_copy: bool
) -> None:
    (tmp_path / "a.log").write_bytes(NEW)
    (tmp_path / "a.log.1").write_bytes(copied)
    copy, live = candidates()
    copy.born_ns = live.born_ns + 1 if copy.open() and live.open() else 0
    assert copy.is_copy_of(live) is is_copy


def test_what_vanishes_after_it_was_listed_asks_for_another_listing(
    tmp_path: Path, candidates: List
) -> None:
    (tmp_path / "a.log").write_bytes(NEW)
    (candidate,) = candidates()
    (tmp_path / "a.log").unlink()
    assert candidate.open() is None
    assert candidate.missing
