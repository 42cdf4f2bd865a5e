import os
import re
from pathlib import Path

import pytest

from logstream.errors import ConfigError
from logstream.tail import paths
from logstream.tail.paths import PathPattern, is_compressed_name, name_before_rotation


def touch(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def found(root: Path, pattern: str) -> list[str]:
    return [os.path.relpath(path, root) for path in PathPattern(f"{root}/{pattern}").find().paths]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.log", ["a.log", "b.log"]),
        ("?.log", ["a.log", "b.log"]),
        ("[ac].log", ["a.log"]),
        ("[!a].log", ["b.log"]),
        ("[a-b].l*g", ["a.log", "b.log"]),
        ("*", ["a.log", "b.log", "d1", "d2"]),
        ("a.log*", ["a.log"]),
        ("a**", ["a.log"]),
        ("d*/x.log", ["d1/x.log", "d2/x.log"]),
        ("d*/*.log", ["d1/x.log", "d2/x.log", "d2/y.log"]),
        ("**/x.log", ["d1/sub/x.log", "d1/x.log", "d2/x.log"]),
        ("d1/**", ["d1/sub/x.log", "d1/x.log"]),
        ("*/sub/x.log", ["d1/sub/x.log"]),
        (".*.log", [".hidden.log"]),
        ("A*", []),
    ],
)
def test_wildcards_match_names_as_a_shell_does(
    tmp_path: Path, pattern: str, names: list[str]
) -> None:
    touch(tmp_path, "a.log", "b.log", ".hidden.log", "a.log.1", "a.log.2.gz", ".d/x.log")
    touch(tmp_path, "d1/x.log", "d1/sub/x.log", "d2/x.log", "d2/y.log", "d2/z.log.zst")
    assert found(tmp_path, pattern) == names


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("100%%.log", "100%.log"),
        ("[*].log", "*.log"),
        ("[[]1].log", "[1].log"),
        ("a[.log", "a[.log"),
    ],
)
def test_what_is_special_can_be_meant_itself(tmp_path: Path, pattern: str, name: str) -> None:
    touch(tmp_path, name, "1.log", "x.log")
    assert found(tmp_path, pattern) == [name]


def test_a_plain_path_is_meant_whether_it_exists_or_not(tmp_path: Path) -> None:
    pattern = PathPattern(str(tmp_path / "none" / "a.log"))
    assert pattern.find().paths == [str(tmp_path / "none" / "a.log")]


def test_a_relative_path_is_meant_from_the_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pattern = PathPattern("../a.log")
    monkeypatch.chdir("/")
    assert pattern.pattern == str(tmp_path.parent / "a.log")


@pytest.mark.parametrize(
    ("pattern", "older", "newer"),
    [
        ("a-%Y%m%d.log", "a-20231231.log", "a-20240101.log"),
        ("a-%d%m%Y.log", "a-31122023.log", "a-01012024.log"),
        ("a-%d-%b-%y.log", "a-30-Jan-24.log", "a-01-feb-24.log"),
        ("a.%s", "a.999999999", "a.1700000000"),
        ("%Y/%m/%d/a.log", "2023/12/31/a.log", "2024/01/01/a.log"),
        ("%Y%j-%H%M%S.log", "2024001-235959.log", "2024002-000000.log"),
    ],
)
def test_of_dated_files_the_newest_is_meant(
    tmp_path: Path, pattern: str, older: str, newer: str
) -> None:
    touch(tmp_path, older, "a-2024.log", "a-x.log")
    dated = PathPattern(f"{tmp_path}/{pattern}")
    assert dated.find().paths == [f"{tmp_path}/{older}"]
    touch(tmp_path, newer)
    assert dated.find().paths == [f"{tmp_path}/{newer}"]
    (tmp_path / newer).unlink()
    assert dated.find().paths == [], "an older file is not a newer file's successor"


def test_each_series_of_dated_files_has_its_own_newest(tmp_path: Path) -> None:
    touch(tmp_path, "a-20240101.log", "a-20240102.log", "b-20240101.log")
    assert found(tmp_path, "*-%Y%m%d.log") == ["a-20240102.log", "b-20240101.log"]


@pytest.mark.parametrize("pattern", ["", "a\0b", "a-%Q.log", "a%", "[z-a].log"])
def test_a_pattern_that_makes_no_sense_is_refused_by_name(pattern: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(repr(pattern))):
        PathPattern(pattern)


def watched(pattern: PathPattern, directory: Path, name: str) -> bool:
    names = pattern.find().directories.get(str(directory), [])
    return any(re.fullmatch(regex, name) for regex in names)


def test_the_directory_of_a_plain_file_is_watched_for_its_name(tmp_path: Path) -> None:
    pattern = PathPattern(str(tmp_path / "a.log"))
    assert list(pattern.find().directories) == [str(tmp_path)]
    assert watched(pattern, tmp_path, "a.log")
    assert not watched(pattern, tmp_path, "axlog")


def test_where_a_directory_is_missing_its_creation_is_watched_for(tmp_path: Path) -> None:
    for text in ("d/e/a.log", "d/e/*.log", "d/**/*.log"):
        pattern = PathPattern(str(tmp_path / text))
        assert list(pattern.find().directories) == [str(tmp_path)]
        assert watched(pattern, tmp_path, "d")


def test_every_directory_that_may_hold_a_match_is_watched(tmp_path: Path) -> None:
    touch(tmp_path, "d/e/a.log")
    pattern = PathPattern(f"{tmp_path}/**/*.log")
    assert set(pattern.find().directories) == {str(tmp_path / name) for name in ("", "d", "d/e")}
    assert watched(pattern, tmp_path / "d", "new-directory")
    assert watched(pattern, tmp_path / "d", "new.log")


def test_links_do_not_send_a_search_in_circles(tmp_path: Path) -> None:
    touch(tmp_path, "d/a.log")
    (tmp_path / "d" / "up").symlink_to(tmp_path)
    assert found(tmp_path, "**/*.log") == ["d/a.log"]


def test_a_search_ends_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "PATTERN_DIRECTORIES_MAX", 3)
    touch(tmp_path, *(f"d{number}/a.log" for number in range(5)))
    result = PathPattern(f"{tmp_path}/**/*.log").find()
    assert len(result.directories) <= 3
    (problem,) = result.problems
    assert "over 3 directories" in problem.reason


def test_a_directory_that_cannot_be_searched_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refuse)
    result = PathPattern(f"{tmp_path}/*.log").find()
    assert result.problems == [(str(tmp_path), "permission denied")]


@pytest.mark.parametrize(
    "name",
    ["a.log.1", "a.log.12", "a.log-20240101", "a.log.2024-01-01", "a.log-20240101-1700000000",
     "a.log.old", "a.log~", "a.log.bak~", "a.log1"],
)  # fmt: skip
def test_names_that_rotation_gives_are_known(name: str) -> None:
    assert name_before_rotation(f"/d/{name}") == "/d/a.log"


@pytest.mark.parametrize("name", ["a.log", "a.log.audit", "a.log.1.gz", "a.logs", "1.log", "1"])
def test_other_names_are_not_taken_for_rotated_ones(name: str) -> None:
    assert name_before_rotation(f"/d-1/{name}") == f"/d-1/{name}"


def test_compressed_files_are_known_by_name() -> None:
    assert is_compressed_name("a.log.2.gz")
    assert not is_compressed_name("gz.log")
