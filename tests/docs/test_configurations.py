"""Every configuration in a document or in deploy/ is one that its service takes."""

import inspect
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from doubles.documents import ROOT, blocks, documents, name_of
from logstream.api.config import ApiConfig
from logstream.cli.config_file import read_config
from logstream.client.credentials import read_credentials
from logstream.errors import ConfigError
from logstream.hub.config import HubConfig
from logstream.hub.service import Hub
from logstream.logtailor.config import LogtailorConfig
from logstream.model.limits import TICKET_SECRET_MIN_BYTES
from logstream.tail.paths import PathPattern
from logstream.telemetry import events

KINDS: dict[str, type[Any]] = {
    "api.toml": ApiConfig,
    "hub.toml": HubConfig,
    "logtailor.toml": LogtailorConfig,
}
DEPLOY = ROOT / "deploy"
EXAMPLES = [
    (name_of(path), block.text)
    for path in documents()
    for block in blocks(path.read_text(encoding="utf-8"))
    if block.language == "toml" and "pyproject" not in block.text
]
CREDENTIALS = [
    (name_of(path), found)
    for path in documents()
    for found in re.findall(r'\{"api_key"[^}]*\}', path.read_text(encoding="utf-8"))
]


def kind_of(text: str) -> type[Any]:
    """Give the kind that the first line of an example names, as ``# /etc/logstream/hub.toml``."""
    named = re.match(r"# .*?([a-z]+\.toml)", text)
    assert named, "the first line must be a comment that names the file"
    return KINDS[named[1]]


@pytest.mark.parametrize("name", KINDS)
def test_an_example_file_is_one_that_its_service_takes(name: str) -> None:
    assert kind_of((DEPLOY / name).read_text()) is KINDS[name]
    config = read_config(DEPLOY / name, KINDS[name])
    for source in getattr(config, "source", []):
        for path in source.paths:
            PathPattern(path)


@pytest.mark.parametrize(("document", "text"), EXAMPLES)
def test_an_example_is_one_that_its_service_takes(document: str, text: str, tmp_path: Path) -> None:
    kind = kind_of(text)
    if text.startswith("# In "):  # it goes on where the example file ends
        name = next(name for name in KINDS if KINDS[name] is kind)
        text = (DEPLOY / name).read_text() + text
    (tmp_path / "example.toml").write_text(text)
    read_config(tmp_path / "example.toml", kind)


def test_a_wrong_key_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text('secret_file = "x"\nhots = "127.0.0.1"\n')
    with pytest.raises(ConfigError):
        read_config(tmp_path / "hub.toml", HubConfig)


def test_what_is_commented_out_in_an_example_file_can_be_commented_in(tmp_path: Path) -> None:
    text = (DEPLOY / "hub.toml").read_text()
    kept = re.sub(r"^(host|port) = .*\n", "", text, flags=re.MULTILINE)
    (tmp_path / "hub.toml").write_text(re.sub(r"^# (?=\w+ = )", "", kept, flags=re.MULTILINE))
    assert read_config(tmp_path / "hub.toml", HubConfig).tls_key is not None


@pytest.mark.parametrize(("document", "text"), CREDENTIALS)
def test_a_credentials_file_is_one_that_the_client_takes(
    document: str, text: str, tmp_path: Path
) -> None:
    (tmp_path / "credentials.json").write_text(text)
    credentials = read_credentials(tmp_path / "credentials.json")
    assert {*msgspec.json.decode(text)} <= {"api_key", "api_secret", "endpoint"}
    assert credentials.api_key


def test_units_and_documents_name_the_same_places() -> None:
    for unit in (DEPLOY / "systemd").glob("*.service"):
        config = re.search(r"--config (/etc/logstream/([a-z]+\.toml))", unit.read_text())
        assert config
        assert config[2] in KINDS
        assert config[1] in (ROOT / "docs" / "howto" / "deploy.md").read_text()


def test_the_proxies_pass_on_the_path_and_the_ports_of_the_examples() -> None:
    api = read_config(DEPLOY / "api.toml", ApiConfig)
    hub = read_config(DEPLOY / "hub.toml", HubConfig)
    for proxy in (DEPLOY / "nginx" / "logstream.conf", DEPLOY / "apache" / "logstream.conf"):
        text = proxy.read_text()
        assert f"http://{api.host}:{api.port}" in text
        assert f"http://{hub.host}:{hub.port}" in text
        assert "/ah_websocket/logstream/v1" in text


def test_every_metric_of_a_hub_is_explained(tmp_path: Path) -> None:
    hub = Hub(HubConfig(secret_file=""), secret=b"x" * TICKET_SECRET_MIN_BYTES)
    gauges = {f"logstream_{name}" for name in hub._gauges()}
    page = (ROOT / "docs" / "howto" / "deploy.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"`(logstream_\w+)`", page))
    counted = re.findall(r'counters\["(\w+)"\]', inspect.getsource(events))
    assert counted
    assert gauges <= explained
    assert explained - gauges <= {f"logstream_{name}_total" for name in counted}
