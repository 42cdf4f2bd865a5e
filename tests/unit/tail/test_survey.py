import os
import socket
from pathlib import Path

import pytest

from logstream.tail.paths import PathPattern
from logstream.tail.survey import Survey, reason_of


def survey(*patterns: Path | str) -> Survey:
    return Survey([PathPattern(str(pattern)) for pattern in patterns])


def reasons(found: Survey) -> list[str]:
    return [problem.reason for problem in found.problems.values()]


def test_regular_files_are_found_once_however_many_names_they_have(tmp_path: Path) -> None:
    (tmp_path / "a.log").touch()
    os.link(tmp_path / "a.log", tmp_path / "b.log")
    (tmp_path / "c.log").symlink_to("a.log")
    found = survey(tmp_path / "*.log", tmp_path / "a.log")
    ((path, _),) = found.files.values()
    assert path == str(tmp_path / "a.log")
    assert found.problems == {}


def test_nothing_there_is_reported_but_not_as_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = survey(tmp_path / "a.log", tmp_path / "*.log", tmp_path / "file" / "a.log")
    assert reasons(found) == ["no such file yet"] * 3
    assert found.refused == set()


def test_a_link_that_leads_nowhere_is_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "a.log").symlink_to("none.log")
    found = survey(tmp_path / "a.log")
    assert reasons(found) == ["no such file yet"]
    assert found.directories == {str(tmp_path): [r"a\.log", r"none\.log"]}


def test_the_directories_of_a_links_targets_are_watched(tmp_path: Path) -> None:
    for name in ("d", "e"):
        (tmp_path / name).mkdir()
    (tmp_path / "e" / "real.log").touch()
    (tmp_path / "d" / "link.log").symlink_to("../e/real.log")
    (tmp_path / "a.log").symlink_to(tmp_path / "d" / "link.log")
    assert survey(tmp_path / "a.log").directories == {
        str(tmp_path): [r"a\.log"],
        str(tmp_path / "d"): [r"link\.log"],
        str(tmp_path / "e"): [r"real\.log"],
    }


def test_a_circle_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.log").symlink_to("b.log")
    (tmp_path / "b.log").symlink_to("a.log")
    found = survey(tmp_path / "a.log")
    assert found.refused == {str(tmp_path / "a.log")}


def test_what_is_not_a_regular_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d.log").mkdir()
    os.mkfifo(tmp_path / "fifo.log")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.log"))
        found = survey(tmp_path / "*.log", "/dev/null")
    assert found.files == {}
    assert reasons(found) == ["is a directory"] + ["is not a regular file"] * 3
    assert len(found.refused) == 4


def test_directories_that_an_open_pattern_matches_are_nobodys_mistake(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    assert survey(tmp_path / "*").problems == {}


def test_a_compressed_file_is_refused_where_it_was_named(tmp_path: Path) -> None:
    (tmp_path / "a.log.gz").touch()
    assert reasons(survey(tmp_path / "a.log.gz")) == [
        "is compressed: only plain files are followed"
    ]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a\nb\x1b[31m", r"a\nb\x1b[31m"), ("é\u202e", "é\\u202e"), ("a\udcff", "a\ufffd")],
)
def test_a_hostile_name_is_shown_inert(tmp_path: Path, name: str, shown: str) -> None:
    found = survey(tmp_path / name)
    (problem,) = found.problems.values()
    assert problem.path == f"{tmp_path}/{shown}"


def test_an_error_without_words_has_a_reason_too() -> None:
    assert reason_of(PermissionError(13, "Permission denied")) == "permission denied"
    assert reason_of(OSError()) == "cannot be read"
