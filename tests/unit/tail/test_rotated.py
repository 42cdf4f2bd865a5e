import os
from pathlib import Path

import pytest

from logstream.tail.rotated import generation_files


def make(path: Path, age: int) -> None:
    path.write_text(f"{path}\n")
    os.utime(path, (1000 - age, 1000 - age))


def names(*paths: Path, live: Path | None = None) -> list[str]:
    files = generation_files([str(path) for path in paths], None if live is None else str(live))
    return [Path(file.path).name for file in files]


@pytest.mark.parametrize(
    "ordered",
    [
        ["a.log.10", "a.log.2.gz", "a.log.1", "a.log"],
        ["a.log-20260101.zst", "a.log-20260102", "a.log"],
        ["a.log.2026-01-01", "a.log.2026-01-02.bz2", "a.log"],
        ["a.log-1767225600", "a.log-1767312000.xz", "a.log"],
        ["a.log.old", "a.log"],
        ["a.log.2", "a.log.1", "a.log-20260101", "a.log"],
    ],
    ids=["numbers", "dates", "dashed dates", "seconds", "a word", "numbers before dates"],
)
def test_rotated_files_come_the_oldest_first(tmp_path: Path, ordered: list[str]) -> None:
    for age, name in enumerate(ordered):
        make(tmp_path / name, -age)
    assert names(tmp_path / "a.log", live=tmp_path / "a.log") == ordered


def test_numbers_that_grow_are_known_by_when_the_files_were_created(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        name = f"a.log.{number}"
        make(tmp_path / name, -number)
        while not _is_born_after(tmp_path, name):
            make(tmp_path / name, -number)
    assert names(tmp_path / "a.log") == ["a.log.1", "a.log.2", "a.log.3"]


def _is_born_after(directory: Path, name: str) -> bool:
    """Let files that are created within one tick of the kernel's clock differ."""
    from logstream.tail.cursors import born_ns  # noqa: PLC0415 - for this question alone

    born = born_ns(str(directory / name))
    if born == 0:
        pytest.skip("this system does not tell when a file was created")
    others = [born_ns(str(path)) for path in directory.iterdir() if path.name != name]
    if all(born > other for other in others):
        return True
    (directory / name).unlink()
    return False


def test_a_file_that_is_being_compressed_counts_once(tmp_path: Path) -> None:
    for name in ("a.log.1", "a.log.1.gz", "a.log.2.gz"):
        make(tmp_path / name, 0)
    assert names(tmp_path / "a.log") == ["a.log.2.gz", "a.log.1"]


def test_other_logs_and_directories_are_none(tmp_path: Path) -> None:
    for name in ("b.log.1", "a.logs", "xa.log.1", "a.log.d"):
        make(tmp_path / name, 0)
    (tmp_path / "a.log.2").mkdir()
    (tmp_path / "a.log.3").symlink_to("b.log.1")
    assert names(tmp_path / "a.log") == []
    assert names(tmp_path / "none" / "a.log") == []


def test_what_a_link_led_to_before_has_lower_numbers(tmp_path: Path) -> None:
    for name in ("data-9", "data-10", "data-11", "other-1", "data-x"):
        make(tmp_path / name, 0)
    (tmp_path / "a.log").symlink_to("data-10")
    assert names(tmp_path / "a.log", live=tmp_path / "a.log") == ["data-9", "a.log"]


def test_files_of_earlier_dates_come_before(tmp_path: Path) -> None:
    monday, tuesday = tmp_path / "a-20240101.log", tmp_path / "a-20240102.log"
    make(tmp_path / "a-20240101.log.gz", 0)
    make(tuesday, 0)
    assert names(monday, tuesday, live=tuesday) == ["a-20240101.log.gz", "a-20240102.log"]


def test_what_is_no_regular_file_holds_no_generation(tmp_path: Path) -> None:
    (tmp_path / "a.log").mkdir()
    path = str(tmp_path / "a.log")
    assert generation_files([path], path) == []
