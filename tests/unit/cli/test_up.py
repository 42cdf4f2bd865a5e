"""The options of `logstream up`; how it runs: tests/e2e/test_up.py."""

from pathlib import Path

import pytest

from logstream.cli import up as up_module
from logstream.cli.main import run
from logstream.cli.up import API_PORT, STREAM_PORT, UpOptions


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[UpOptions]:
    """What would be run."""
    found: list[UpOptions] = []
    monkeypatch.setattr(up_module, "_run", found.append)
    return found


def test_nothing_to_follow_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["up"]) == 2
    assert "--demo" in capsys.readouterr().err


def test_files_and_demo_together_are_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["up", "--demo", "x.log"]) == 2
    assert "either" in capsys.readouterr().err


def test_ports_are_fixed_unless_it_is_a_demo(given: list[UpOptions]) -> None:
    run(["up", "x.log"])
    run(["up", "--demo"])
    run(["up", "--demo", "--api-port", "5", "--stream-port", "6"])
    ports = [(options.listening.api_port, options.listening.stream_port) for options in given]
    assert ports == [(API_PORT, STREAM_PORT), (0, 0), (5, 6)]


def test_all_options_are_taken(given: list[UpOptions]) -> None:
    words = "--host ::1 --application A --site r:s --environment prod --server web"
    words += " --state-dir /s --ready-file /r --tls-certificate /c --tls-key /k a.log b=c.log"
    assert run(["up", *words.split()]) == 0
    (options,) = given
    assert options.files == ("a.log", "b=c.log")
    assert options.listening.host == "::1"
    assert (options.listening.tls_certificate, options.listening.tls_key) == ("/c", "/k")
    assert (options.application, options.site) == ("A", "r:s")
    assert (options.environment, options.server) == ("prod", "web")
    assert (options.state_dir, options.ready_file) == (Path("/s"), Path("/r"))


@pytest.mark.parametrize("option", ["--tls-certificate", "--tls-key"])
def test_half_of_what_tls_needs_is_a_usage_error(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["up", option, "a.pem", "a.log"]) == 2
    assert "go together" in capsys.readouterr().err


def test_a_port_out_of_range_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["up", "x.log", "--api-port", "65536"]) == 2
    assert "65536" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value"),
    [("application", ""), ("site", "mysite"), ("environment", "a b"), ("server", "a\nb")],
)
def test_a_name_that_cannot_be_is_refused_before_anything_starts(
    option: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [f"--{option}", value, "--state-dir", str(tmp_path)]
    code = run(["up", "x.log", *words])
    said = capsys.readouterr().err
    assert code == 2
    assert option in said
    assert said.count("\n") == 1
