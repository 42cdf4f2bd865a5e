"""The demo's own service; the demo as a person sees it: tests/e2e/test_demo.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from logstream.cli.demo import SITE, Demo, _servers
from logstream.cli.embedded import Listening
from logstream.cli.state import PersonKey, StateDirectory


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    state = StateDirectory(tmp_path)
    yield Demo(Listening("127.0.0.1", 0, 0), state, PersonKey("k", "a secret of mine"), None)
    state.close()


def test_two_environments_on_three_servers_hold_every_log_type(demo: Demo) -> None:
    config = demo._config
    assert set(config.environments) == {"dev", "prod"}
    assert set(config.servers) == {"bal-4", "srv-6", "srv-7"}
    assert {source.type for found in config.servers.values() for source in found} == {
        "apache-request",
        "apache-error",
        "php-error",
        "drupal-request",
        "drupal-watchdog",
        "varnish-request",
        "bal-request",
        "mysql-slow",
    }


def test_each_file_is_one_source() -> None:
    servers = _servers({("dev", "web", "php-error"): Path("/x")})
    (source,) = servers["web"]
    assert (source.site, source.environment, source.type) == (SITE, "dev", "php-error")
    assert source.paths == ["/x"]
