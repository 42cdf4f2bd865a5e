"""The files that `logstream up` is given, and their log types."""

import os
from pathlib import Path

import pytest

from logstream.cli.sources import read_sources
from logstream.errors import UsageError

REQUEST = '1.2.3.4 - - [07/Jul/2014:20:28:53 +0000] "GET / HTTP/1.1" 200 7 "-" "curl"\n'
ERROR = "[Mon Jul 07 20:28:53 2014] [error] [client 1.2.3.4] File does not exist: /x\n"


def types(*arguments: str) -> dict[str, list[str]]:
    sources = read_sources(arguments, site="s", environment="dev")
    assert all((source.site, source.environment) == ("s", "dev") for source in sources)
    return {source.type: source.paths for source in sources}


def test_a_type_that_is_said_is_taken(tmp_path: Path) -> None:
    assert types(f"php-error={tmp_path}/a.log") == {"php-error": [f"{tmp_path}/a.log"]}


def test_a_type_is_recognised_from_what_the_file_holds(tmp_path: Path) -> None:
    log = tmp_path / "some.log"
    log.write_text(REQUEST * 3)
    assert types(str(log)) == {"apache-request": [str(log)]}


def test_a_file_that_does_not_exist_is_recognised_from_its_path(tmp_path: Path) -> None:
    assert list(types(f"{tmp_path}/mysql-slow.log")) == ["mysql-slow"]


def test_files_of_one_type_become_one_source(tmp_path: Path) -> None:
    found = types(f"php-error={tmp_path}/a", f"php-error={tmp_path}/b")
    assert found == {"php-error": [f"{tmp_path}/a", f"{tmp_path}/b"]}


def test_a_glob_of_one_type_stays_a_glob(tmp_path: Path) -> None:
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_text(REQUEST)
    assert types(f"{tmp_path}/*.log") == {"apache-request": [f"{tmp_path}/*.log"]}


def test_a_glob_of_several_types_is_taken_apart(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(REQUEST)
    (tmp_path / "error.log").write_text(ERROR)
    assert types(f"{tmp_path}/*.log") == {
        "apache-request": [f"{tmp_path}/access.log"],
        "apache-error": [f"{tmp_path}/error.log"],
    }


def test_a_file_whose_name_has_an_equals_sign_is_a_file(tmp_path: Path) -> None:
    log = tmp_path / "a=b.log"
    log.write_text(REQUEST)
    assert types(str(log)) == {"apache-request": [str(log)]}


def test_relative_paths_are_taken_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert types("php-error=a.log") == {"php-error": [f"{tmp_path}/a.log"]}


def test_a_type_may_have_any_word_for_a_name(tmp_path: Path) -> None:
    assert list(types(f"My_App.2={tmp_path}/a.log")) == ["My_App.2"]


def test_a_type_without_a_file_is_refused() -> None:
    with pytest.raises(UsageError, match="php-error= names no file: write TYPE=FILE"):
        types("php-error=")


def test_directories_alone_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is a directory: name the files in it"):
        types(str(tmp_path), f"php-error={tmp_path}")


def test_a_directory_does_not_stop_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = types(f"php-error={tmp_path}", f"apache-error={tmp_path}/a.log")
    assert found == {"php-error": [str(tmp_path)], "apache-error": [f"{tmp_path}/a.log"]}
    assert f"name the files in it, as {tmp_path}/*.log" in caplog.text


@pytest.mark.parametrize("argument", ["php-error={}", "{}"])
def test_what_cannot_be_seen_is_taken_for_a_file(
    argument: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", denied)
    path = f"{tmp_path}/php-error.log"
    assert types(argument.format(path)) == {"php-error": [path]}


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "php-error.log")
    assert types(f"{tmp_path}/*.log") == {"php-error": [f"{tmp_path}/*.log"]}
