"""The demo's log files: where they are, what is appended, and that they stay small."""

from pathlib import Path

import pytest

from logstream.cli.demo_traffic import Traffic
from logstream.errors import ConfigError

NOW_S = 1404764933.0


def test_all_files_are_there_before_the_first_visit(tmp_path: Path) -> None:
    layout = Traffic(tmp_path / "logs", seed=1).layout()
    assert layout["prod", "bal-4", "bal-request"] == tmp_path / "logs/prod/bal-4/bal-request.log"
    assert {server for _, server, _ in layout} == {"bal-4", "srv-6", "srv-7"}
    assert {env for env, _, _ in layout} == {"dev", "prod"}
    assert all(path.read_bytes() == b"" for path in layout.values())


def test_the_first_visit_is_written_at_once_in_whole_lines(tmp_path: Path) -> None:
    traffic = Traffic(tmp_path, seed=1)
    traffic.visit(NOW_S)
    written = [path.read_text() for path in traffic.layout().values() if path.stat().st_size]
    assert len(written) >= 2
    assert all(text.endswith("\n") and "2014" in text for text in written)


def test_files_of_an_earlier_demo_are_written_on(tmp_path: Path) -> None:
    earlier = Traffic(tmp_path, seed=1)
    earlier.visit(NOW_S)
    kept = {path: path.read_text() for path in earlier.layout().values()}
    Traffic(tmp_path, seed=2).visit(NOW_S)
    assert all(path.read_text().startswith(text) for path, text in kept.items())


def test_a_full_file_is_renamed_and_a_new_one_begun(tmp_path: Path) -> None:
    traffic = Traffic(tmp_path, seed=1, file_max_bytes=3000)
    path = traffic.layout()["prod", "bal-4", "bal-request"]
    rotated = path.with_name("bal-request.log.1")
    for _ in range(1000):
        traffic.visit(NOW_S)
        if rotated.exists():
            break
    assert rotated.stat().st_size >= 3000
    assert path.read_bytes() == b""
    for _ in range(100):
        traffic.visit(NOW_S)
    sizes = [file.stat().st_size for file in tmp_path.rglob("*.log*")]
    assert max(sizes) < 3000 + 2000
    assert {file.suffix for file in tmp_path.rglob("*.log*")} == {".log", ".1"}


def test_a_directory_that_cannot_be_written_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"cannot write the demo's log .*Not a directory") as told:
        Traffic(tmp_path / "file", seed=1)
    assert "\n" not in str(told.value)


def test_a_file_that_cannot_be_written_any_more_is_named_in_one_line(tmp_path: Path) -> None:
    traffic = Traffic(tmp_path, seed=1)
    for path in traffic.layout().values():
        path.unlink()
        path.mkdir()
    with pytest.raises(ConfigError, match=r"cannot write the demo's log .*Is a directory"):
        traffic.visit(NOW_S)
