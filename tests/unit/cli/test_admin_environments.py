import json
from pathlib import Path
from typing import Any

import pytest

from logstream.cli.main import run


@pytest.fixture(autouse=True)
def database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOGSTREAM_DATABASE", str(tmp_path / "logstream.db"))
    for name in ("Sample", "Other"):
        assert run(["admin", "application", "create", name, "--site", f"devcloud:{name}"]) == 0
    capsys.readouterr()


def told(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert run(["admin", "environment", *words, "-o", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_an_environment_is_created_and_listed(capsys: pytest.CaptureFixture[str]) -> None:
    made = told(capsys, "create", "Sample", "dev")
    assert (made["application"], made["name"], made["label"]) == ("Sample", "dev", "Dev")
    other = told(capsys, "create", "devcloud:Other", "dev", "--label", "Development")
    assert other["label"] == "Development"
    assert told(capsys, "list") == [made, other]
    assert told(capsys, "list", "Sample") == [made]


@pytest.mark.parametrize("word", ["delete", "revoke"])
def test_an_environment_is_deleted(capsys: pytest.CaptureFixture[str], word: str) -> None:
    made = told(capsys, "create", "Sample", "dev")
    assert told(capsys, word, "Sample", "dev")["deleted"] == made["id"]
    assert told(capsys, "list") == []


def test_what_cannot_be_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "create", "Sample", "dev")
    assert run(["admin", "environment", "create", "Sample", "dev"]) == 2
    assert "already" in capsys.readouterr().err
    assert run(["admin", "environment", "create", "Nothing", "dev"]) == 1
    assert run(["admin", "environment", "delete", "Sample", "prod"]) == 1
