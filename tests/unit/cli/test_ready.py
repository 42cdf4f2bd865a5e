"""What a running service tells people and programs."""

import json
import shlex
import stat
from pathlib import Path

import pytest

from logstream.cli.embedded import Embedded, EmbeddedConfig, Listening
from logstream.cli.ready import announce, forget_ready_file, write_ready_file
from logstream.cli.state import PersonKey, StateDirectory
from logstream.errors import ConfigError
from logstream.logtailor.config import SourceConfig

KEY = PersonKey("my-key", "my secret")


@pytest.fixture
def config() -> EmbeddedConfig:
    source = SourceConfig(site="a:b", environment="dev", type="php-error", paths=["/x y.log"])
    return EmbeddedConfig(Listening("127.0.0.1", 0, 0), "My site", "a:b", {"web": [source]})


@pytest.fixture
def service(config: EmbeddedConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Embedded:
    state = StateDirectory(tmp_path / "state")
    made = Embedded(config, state, KEY)
    state.close()
    made.application_uuid = "uuid"
    made.page_url = "http://127.0.0.1:1/"
    monkeypatch.setattr(made, "page_link", lambda: f"{made.page_url}#token=t")
    made.endpoint, made.stream_url = "http://127.0.0.1:1/api", "ws://127.0.0.1:2/x"
    return made


def test_the_line_to_paste_says_all_but_the_secret(
    service: Embedded,
    config: EmbeddedConfig,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    state = StateDirectory(tmp_path / "other state")
    announce(service, config, state, "dev")
    state.close()
    said = capsys.readouterr().out
    line = next(line for line in said.splitlines() if " tail " in line)
    words = shlex.split(line)
    assert Path(words[0]).name == "logstream"
    assert words[1:4] == ["tail", "My site", "dev"]
    assert words[4:] == ["--credentials", str(state.credentials), "-t", "php-error"]
    assert service.endpoint in said
    assert "my secret" not in said


def test_the_ready_file_is_for_its_owner_only(
    service: Embedded, config: EmbeddedConfig, tmp_path: Path
) -> None:
    path = tmp_path / "ready.json"
    write_ready_file(path, service, config, KEY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == {
        "page_url": "http://127.0.0.1:1/",
        "page_link": "http://127.0.0.1:1/#token=t",
        "endpoint": service.endpoint,
        "stream_url": service.stream_url,
        "application": "uuid",
        "environment": "dev",
        "site": "a:b",
        "api_key": "my-key",
        "api_secret": "my secret",
    }


def test_the_ready_file_of_an_earlier_run_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    path.write_text("{}")
    forget_ready_file(path)
    forget_ready_file(path)
    assert not path.exists()
    path.touch()
    with pytest.raises(ConfigError, match=r"cannot write .*: Not a directory"):
        forget_ready_file(path / "ready.json")
