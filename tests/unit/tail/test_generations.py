import os
from pathlib import Path

from logstream.tail.generations import older_generations


def test_what_a_rotation_made_is_given_the_oldest_first(tmp_path: Path) -> None:
    for age, name in enumerate(("a.log", "a.log.1", "a.log-20260101", "a.log.2")):
        path = tmp_path / name
        path.write_text("x\n")
        os.utime(path, (1000 - age, 1000 - age))
    found = [Path(path).name for path, _ in older_generations(f"{tmp_path}/a.log").values()]
    assert found == ["a.log.2", "a.log-20260101", "a.log.1"]


def test_other_logs_directories_links_and_compressed_files_are_none(tmp_path: Path) -> None:
    for name in ("a.log", "b.log.1", "a.log.1.gz", "a.logs", "xa.log.1"):
        (tmp_path / name).write_text("x\n")
    (tmp_path / "a.log.2").mkdir()
    (tmp_path / "a.log.3").symlink_to(tmp_path / "a.log")
    assert older_generations(f"{tmp_path}/a.log") == {}


def test_a_directory_that_cannot_be_listed_has_none(tmp_path: Path) -> None:
    assert older_generations(f"{tmp_path}/missing/a.log") == {}
