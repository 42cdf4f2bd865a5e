"""What goes wrong before `logstream logtailor` starts; it runs in tests/e2e/."""

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


SOURCE = '[[source]]\nsite = "a:b"\nenvironment = "dev"\ntype = "t"\npaths = ["/x"]\n'


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (SOURCE, 2, "endpoint"),
        ('endpoint = "http://x/api"', 2, "source"),
        ('endpoint = "http://x/api"\nsource = []', 2, "source"),
        ('endpoint = "http://x/api"\n' + SOURCE.replace('["/x"]', "[]"), 2, "paths"),
        ('endpoint = "http://x/api"\ncredentials = "/none.json"\n' + SOURCE, 4, "/none.json"),
        ('endpoint = "ftp://x"\ncredentials = "{0}/key.json"\n' + SOURCE, 2, "ftp://x"),
    ],
)
def test_what_is_wrong_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, code: int, said: str
) -> None:
    (tmp_path / "key.json").write_text('{"api_key": "k", "api_secret": "s"}')
    (tmp_path / "key.json").chmod(0o600)
    config = tmp_path / "logtailor.toml"
    config.write_text(text.format(tmp_path))
    assert run(["logtailor", "--config", str(config)]) == code
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.count("\n") == 1
