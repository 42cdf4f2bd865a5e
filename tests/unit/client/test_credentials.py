import json
from pathlib import Path
from typing import Any

import pytest

from logstream.client.credentials import Credentials, find_credentials, read_credentials
from logstream.errors import AuthenticationError

SECRET = "s3cr3t-value"


def write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    path.chmod(0o600)
    return path


def default_file(home: Path) -> Path:
    return home / ".acquia" / "cloudapiv2.conf"


def test_the_default_file_is_the_one_of_other_clients(tmp_path: Path) -> None:
    path = write(default_file(tmp_path), {"api_key": "k", "api_secret": SECRET})
    found = find_credentials({"HOME": str(tmp_path)})
    assert (found.api_key, found.api_secret, found.endpoint) == ("k", SECRET, "")
    assert found.origin == str(path)


def test_the_environment_wins_over_the_default_file(tmp_path: Path) -> None:
    write(default_file(tmp_path), {"api_key": "file", "api_secret": SECRET})
    environ = {
        "HOME": str(tmp_path),
        "LOGSTREAM_API_KEY": "env",
        "LOGSTREAM_API_SECRET": "other",
    }
    assert find_credentials(environ).api_key == "env"


def test_a_named_file_wins_over_all(tmp_path: Path) -> None:
    path = write(tmp_path / "key.json", {"api_key": "named", "api_secret": SECRET})
    environ = {"LOGSTREAM_API_KEY": "env", "LOGSTREAM_API_SECRET": "other"}
    assert find_credentials(environ, path).api_key == "named"


def test_a_file_may_name_the_endpoint(tmp_path: Path) -> None:
    path = write(
        tmp_path / "f", {"api_key": "k", "api_secret": "s", "endpoint": "https://logs.test/api"}
    )
    assert read_credentials(path).endpoint == "https://logs.test/api"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("not json", "is not JSON"),
        ("\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "is not JSON"),
        ([], "needs api_key and api_secret"),
        ({"api_key": SECRET}, "needs api_key and api_secret"),
        ({"api_key": SECRET, "api_secret": 5}, "needs api_key and api_secret"),
        ({"api_key": "", "api_secret": SECRET}, "empty api_key or api_secret"),
    ],
)
def test_a_bad_file_is_named_without_its_content(tmp_path: Path, content: Any, said: str) -> None:
    path = write(tmp_path / "bad.conf", content)
    with pytest.raises(AuthenticationError, match=said) as caught:
        read_credentials(path)
    assert str(path) in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_missing_default_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AuthenticationError, match="no credentials: put api_key") as caught:
        find_credentials({"HOME": str(tmp_path)})
    assert str(default_file(tmp_path)) in str(caught.value)


def test_a_missing_named_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AuthenticationError, match="there is no credentials file"):
        find_credentials({}, tmp_path / "none")


def test_an_unreadable_file_says_why(tmp_path: Path) -> None:
    with pytest.raises(AuthenticationError, match="is a directory"):
        read_credentials(tmp_path)


@pytest.mark.parametrize("name", ["LOGSTREAM_API_KEY", "LOGSTREAM_API_SECRET"])
def test_half_of_the_environment_is_refused(name: str) -> None:
    with pytest.raises(AuthenticationError, match=f"{name} is set but") as caught:
        find_credentials({name: SECRET})
    assert SECRET not in str(caught.value)


def test_a_file_that_others_can_read_is_marked(tmp_path: Path) -> None:
    path = write(tmp_path / "f", {"api_key": "k", "api_secret": "s"})
    assert not read_credentials(path).exposed
    path.chmod(0o644)
    assert read_credentials(path).exposed


def test_the_secret_is_in_no_representation() -> None:
    assert SECRET not in f"{Credentials(api_key='k', api_secret=SECRET)!r}"
