import json
from pathlib import Path
from typing import Any

import pytest

from logstream.cli.main import run

UUID = "8b83a104-2f09-4a5e-9210-d663bd873d93"


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSTREAM_DATABASE", str(tmp_path / "logstream.db"))


def told(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert run(["admin", "application", *words, "-o", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_an_application_is_created_and_listed(capsys: pytest.CaptureFixture[str]) -> None:
    made = told(capsys, "create", "Sample", "--site", "devcloud:sample", "--uuid", UUID)
    assert made == {"uuid": UUID, "name": "Sample", "site": "devcloud:sample"}
    assert told(capsys, "list") == [made]


@pytest.mark.parametrize("word", ["delete", "revoke"])
@pytest.mark.parametrize("reference", [UUID, "Sample", "devcloud:sample"])
def test_an_application_is_deleted(
    capsys: pytest.CaptureFixture[str], word: str, reference: str
) -> None:
    told(capsys, "create", "Sample", "--site", "devcloud:sample", "--uuid", UUID)
    assert told(capsys, word, reference)["deleted"] == UUID
    assert told(capsys, "list") == []


def test_a_name_that_is_taken_or_wrong_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "create", "Sample", "--site", "devcloud:sample")
    for name, site in (("Sample", "a:b"), ("Other", "devcloud:sample"), ("a/b", "a:b"), ("a", "b")):
        assert run(["admin", "application", "create", name, "--site", site]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert run(["admin", "application", "delete", "nothing"]) == 1
