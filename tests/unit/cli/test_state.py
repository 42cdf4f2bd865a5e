"""The state directory of `logstream up`."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from logstream.cli.state import PersonKey, StateDirectory, write_private
from logstream.errors import ConfigError


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateDirectory]:
    made = StateDirectory(tmp_path / "state")
    yield made
    made.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_secrets_are_made_once_and_only_their_owner_reads_them(state: StateDirectory) -> None:
    secret = state.secret_file().read_bytes()
    assert len(secret) == 64
    assert state.secret_file().read_bytes() == secret
    assert mode(state.path) == 0o700
    assert mode(state.secret_file()) == 0o600


def test_a_key_from_outside_wins_over_the_kept_one_and_a_new_one(
    state: StateDirectory,
) -> None:
    made = state.person_key("", "")
    assert made != state.person_key("", "")
    state.keep_credentials(made, endpoint="http://x/api")
    assert mode(state.credentials) == 0o600
    assert state.person_key("", "") == made
    assert state.person_key("mine", "my secret") == PersonKey("mine", "my secret")


def test_a_broken_credentials_file_is_replaced(state: StateDirectory) -> None:
    state.credentials.write_text("{")
    key = state.person_key("", "")
    state.keep_credentials(key, endpoint="")
    assert state.person_key("", "") == key


def test_one_process_uses_it_at_a_time(state: StateDirectory) -> None:
    with pytest.raises(ConfigError, match="another logstream up uses"):
        StateDirectory(state.path)
    state.close()
    StateDirectory(state.path).close()


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot use the state directory"):
        StateDirectory(tmp_path / "file")


def test_a_private_file_is_whole_or_not_there(tmp_path: Path) -> None:
    write_private(tmp_path / "x", b"one")
    write_private(tmp_path / "x", b"two")
    assert (tmp_path / "x").read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    with pytest.raises(ConfigError, match="cannot write"):
        write_private(tmp_path / "missing" / "x", b"")


def test_a_private_file_that_cannot_be_put_in_place_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(ConfigError, match="cannot write"):
        write_private(tmp_path / "x", b"secret")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
