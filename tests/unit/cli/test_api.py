"""What goes wrong before it starts; how it runs: tests/integration/api/test_process.py."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from logstream.cli.main import run

CONFIG = 'database = "{0}/x.db"\nsecret_file = "{0}/secret"\nhub_urls = ["wss://hub.example"]\n'


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """The command sets the log up, for its process; here it must not stay so."""
    log = logging.getLogger("logstream")
    before = log.handlers[:], log.level, log.propagate
    yield
    log.handlers[:], log.level, log.propagate = before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "database"),
        (CONFIG + "colour = 1\n", "colour"),
        (CONFIG + "port = 'x'\n", "port"),
        (CONFIG + "base_path = 'api'\n", "base_path"),
        (CONFIG, "secret_file"),
        ("= x", "api.toml"),
    ],
)
def test_a_wrong_configuration_is_one_line_that_names_file_or_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    config = tmp_path / "api.toml"
    config.write_text(text.format(tmp_path))
    assert run(["api", "--config", str(config)]) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.count("\n") == 1


def test_a_missing_configuration_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["api", "--config", "/none.toml"]) == 2
    assert "/none.toml" in capsys.readouterr().err
