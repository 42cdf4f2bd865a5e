import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from logstream.cli.main import run
from logstream.store import secret_hash
from logstream.store.store import Store


@pytest.fixture(autouse=True)
def store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Store]:
    monkeypatch.setattr(secret_hash, "_N", 2)
    monkeypatch.setenv("LOGSTREAM_DATABASE", str(tmp_path / "logstream.db"))
    store = Store.open(str(tmp_path / "logstream.db"))
    sample = store.create_application("Sample", "devcloud:sample")
    for name in ("dev", "prod"):
        store.create_environment(sample, name)
    yield store
    store.close()


def told(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert run(["admin", "key", *words, "-o", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_new_key_is_printed_as_a_credentials_file(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    granted = ["--environment", "Sample/dev", "--environment", "devcloud:sample/prod"]
    made = told(capsys, "create", "--kind", "person", *granted, "--label", "Jane's")
    assert set(made) == {"api_key", "api_secret"}
    key = store.authenticate(made["api_key"], made["api_secret"])
    assert key is not None
    assert (len(key.environments), key.label) == (2, "Jane's")


def test_as_text_too_the_secret_is_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["admin", "key", "create", "--kind", "hub", "--environment", "Sample/dev"]) == 0
    out, err = capsys.readouterr()
    secret = out.split("api_secret:")[1].strip()
    assert len(secret) == 43
    assert "cannot be shown again" in err
    assert run(["admin", "key", "list"]) == 0
    assert secret not in capsys.readouterr().out


def test_keys_are_listed_with_what_they_may(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--kind", "logtailor", "--environment", "Sample/dev", "--server", "srv-6"]
    made = told(capsys, "create", *words)
    (listed,) = told(capsys, "list")
    assert listed["api_key"] == made["api_key"]
    assert (listed["kind"], listed["server"]) == ("logtailor", "srv-6")
    assert listed["environments"] == ["Sample/dev"]
    assert listed["revoked"] is None
    assert made["api_secret"] not in json.dumps(listed)


def test_a_key_is_revoked(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    made = told(capsys, "create", "--kind", "person", "--environment", "Sample/dev")
    told(capsys, "revoke", made["api_key"])
    assert store.find_key(made["api_key"]) is None
    (listed,) = told(capsys, "list")
    assert listed["revoked"] is not None
    assert run(["admin", "key", "revoke", "nothing"]) == 1


@pytest.mark.parametrize(
    "words",
    [
        ["--kind", "logtailor", "--environment", "Sample/dev"],
        ["--kind", "person", "--environment", "Sample/dev", "--server", "srv-6"],
        ["--kind", "person"],
        ["--kind", "ghost", "--environment", "Sample/dev"],
        ["--kind", "logtailor", "--environment", "Sample/dev", "--server", "a\nb"],
    ],
)
def test_a_key_that_makes_no_sense_is_refused(
    store: Store, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert run(["admin", "key", "create", *words]) == 2
    assert store.list_keys() == []
