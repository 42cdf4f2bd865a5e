from pathlib import Path

import pytest

from logstream.cli import settings
from logstream.errors import AuthenticationError

VARIABLES = (
    "LOGSTREAM_API_KEY",
    "LOGSTREAM_API_SECRET",
    "LOGSTREAM_ENDPOINT",
    "XDG_STATE_HOME",
    "NO_COLOR",
    "CLICOLOR_FORCE",
    "TERM",
    "_LOGSTREAM_COMPLETE",
)


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def test_the_environment_is_given_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSTREAM_ENDPOINT", "x")
    assert settings.environment()["LOGSTREAM_ENDPOINT"] == "x"


def test_an_option_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.endpoint("") == ""
    monkeypatch.setenv("LOGSTREAM_ENDPOINT", "https://environment.test/api")
    assert settings.endpoint("") == "https://environment.test/api"
    assert settings.endpoint("https://option.test/api") == "https://option.test/api"


def test_credentials_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AuthenticationError):
        settings.credentials(None)
    monkeypatch.setenv("LOGSTREAM_API_KEY", "k")
    monkeypatch.setenv("LOGSTREAM_API_SECRET", "s")
    assert settings.credentials(None).api_key == "k"


@pytest.mark.parametrize(
    ("variables", "terminal", "coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"CLICOLOR_FORCE": "1"}, False, True),
        ({"CLICOLOR_FORCE": "0"}, False, False),
        ({"CLICOLOR_FORCE": "1", "TERM": "dumb"}, False, True),
        ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_colour_follows_the_conventions(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], terminal: bool, coloured: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert settings.colours_wanted(terminal=terminal) is coloured


def test_the_key_for_people_is_both_or_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.key_for_people() == ("", "")
    monkeypatch.setenv("LOGSTREAM_API_KEY", "k")
    with pytest.raises(AuthenticationError, match="go together"):
        settings.key_for_people()
    monkeypatch.setenv("LOGSTREAM_API_SECRET", "s")
    assert settings.key_for_people() == ("k", "s")


def test_state_is_kept_where_the_desktops_convention_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert settings.state_directory() == tmp_path / ".local" / "state" / "logstream"
    monkeypatch.setenv("XDG_STATE_HOME", "/var/state")
    assert settings.state_directory() == Path("/var/state/logstream")


def test_a_shell_that_completes_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.completion_instruction() == ""
    monkeypatch.setenv("_LOGSTREAM_COMPLETE", "bash_complete")
    assert settings.completion_instruction() == "bash_complete"
