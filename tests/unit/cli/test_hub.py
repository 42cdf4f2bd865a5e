"""What goes wrong before `logstream hub` starts; how it runs: tests/e2e/test_services_apart.py."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from logstream.cli.main import run


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """The command sets the log up, for its process; here it must not stay so."""
    log = logging.getLogger("logstream")
    before = log.handlers[:], log.level, log.propagate
    yield
    log.handlers[:], log.level, log.propagate = before


def test_a_missing_configuration_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["hub", "--config", "/none.toml"]) == 2
    assert "/none.toml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ('secret_file = "{0}/none"', 2, "secret_file"),
        ('secret_file = "{0}/secret"\ntls_key = "k"', 2, "tls_certificate"),
        ('secret_file = "{0}/secret"\nhost = "256.0.0.1"\nport = 0', 2, "256.0.0.1"),
        (
            (
                'secret_file = "{0}/secret"\nupstream_endpoint = "http://x/api"\n'
                'upstream_credentials = "{0}/none.json"'
            ),
            4,
            "none.json",
        ),
    ],
)
def test_what_is_wrong_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, code: int, said: str
) -> None:
    (tmp_path / "secret").write_text("0123456789abcdef")
    (tmp_path / "secret").chmod(0o600)
    config = tmp_path / "hub.toml"
    config.write_text(text.format(tmp_path))
    assert run(["hub", "--config", str(config)]) == code
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.count("\n") == 1
