"""The whole service in one process; as a process of its own it is in tests/e2e/test_up.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from logstream.cli.embedded import Embedded, EmbeddedConfig, Listening
from logstream.cli.state import PersonKey, StateDirectory
from logstream.errors import ConfigError, UsageError
from logstream.logtailor.config import SourceConfig

KEY = PersonKey("me", "a secret of mine")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateDirectory]:
    made = StateDirectory(tmp_path / "state")
    yield made
    made.close()


def config(tmp_path: Path, *, stream_port: int = 0) -> EmbeddedConfig:
    def source(environment: str) -> SourceConfig:
        path = str(tmp_path / f"{environment}.log")
        return SourceConfig(site="a:b", environment=environment, type="php-error", paths=[path])

    servers = {"web-1": [source("dev"), source("prod")], "web-2": [source("dev")]}
    return EmbeddedConfig(Listening("127.0.0.1", 0, stream_port), "App", "a:b", servers)


def test_environments_are_those_of_the_sources(tmp_path: Path) -> None:
    assert config(tmp_path).environments == ["dev", "prod"]


async def test_it_starts_whole_and_stops_whole_twice(tmp_path: Path, state: StateDirectory) -> None:
    for _ in range(2):
        service = Embedded(config(tmp_path), state, KEY)
        try:
            await service.start()
            assert service.endpoint.startswith("http://127.0.0.1:")
            assert service.stream_url.startswith("ws://127.0.0.1:")
            assert service.application_uuid
            assert state.credentials.exists()
        finally:
            await service.stop()


async def test_a_start_that_fails_half_way_can_be_stopped(
    tmp_path: Path, state: StateDirectory
) -> None:
    first = Embedded(config(tmp_path), state, KEY)
    await first.start()
    port = int(first.stream_url.split(":")[2].split("/")[0])
    second = Embedded(config(tmp_path, stream_port=port), state, KEY)
    try:
        with pytest.raises(ConfigError, match=str(port)):
            await second.start()
    finally:
        await second.stop()
        await first.stop()


async def test_a_key_named_like_a_servers_is_refused(tmp_path: Path, state: StateDirectory) -> None:
    service = Embedded(config(tmp_path), state, PersonKey("up-web-1", "a secret of mine"))
    try:
        with pytest.raises(UsageError, match="up-web-1"):
            await service.start()
    finally:
        await service.stop()


async def test_a_name_of_another_application_is_refused_with_what_to_do(
    tmp_path: Path, state: StateDirectory
) -> None:
    first = Embedded(config(tmp_path), state, KEY)
    await first.start()
    await first.stop()
    second = Embedded(config(tmp_path)._replace(site="a:c"), state, KEY)
    try:
        with pytest.raises(UsageError, match=r"App.*--application.*--state-dir"):
            await second.start()
    finally:
        await second.stop()
