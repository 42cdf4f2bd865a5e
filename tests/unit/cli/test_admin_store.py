import json
from pathlib import Path

import pytest

from logstream.cli.main import run

LIST = ["admin", "application", "list"]


@pytest.fixture
def database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    path = str(tmp_path / "logstream.db")
    create = ["admin", "application", "create", "Sample", "--site", "devcloud:sample"]
    assert run([*create, "--database", path]) == 0
    capsys.readouterr()
    return path


def listed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [row["name"] for row in json.loads(capsys.readouterr().out)]


def test_options_may_stand_anywhere_among_the_words(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*LIST, "--database", database, "-o", "json"]) == 0
    assert listed(capsys) == ["Sample"]
    assert run(["admin", "--database", database, "-o", "json", *LIST[1:]]) == 0
    assert listed(capsys) == ["Sample"]


def test_the_database_may_be_in_the_environment(
    database: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGSTREAM_DATABASE", database)
    assert run([*LIST, "-o", "json"]) == 0
    assert listed(capsys) == ["Sample"]


def test_the_database_may_be_the_one_of_the_configuration_file(
    database: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    config = tmp_path / "api.toml"
    config.write_text(
        f'database = "{database}"\nsecret_file = "x"\nhub_urls = ["wss://hub.example.com"]\n'
    )
    assert run([*LIST, "-o", "json", "--config", str(config)]) == 0
    assert listed(capsys) == ["Sample"]


def test_no_database_is_told_where_to_name_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOGSTREAM_DATABASE", raising=False)
    assert run(LIST) == 2
    assert "use --database" in capsys.readouterr().err


@pytest.mark.parametrize(
    "url", ["postgresql://jane:hunter2@host/db", "postgresql://host/db?password=hunter2"]
)
def test_a_password_among_the_arguments_is_refused(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*LIST, "--database", url]) == 2
    said = capsys.readouterr().err
    assert "LOGSTREAM_DATABASE" in said
    assert "hunter2" not in said


def test_text_is_in_columns(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*LIST, "--database", database]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["UUID", "NAME", "SITE"]
    assert row.split()[1:] == ["Sample", "devcloud:sample"]
    assert head.index("NAME") == row.index("Sample")


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("dev", "not APPLICATION/NAME"),
        ("Sample/dev", "no environment 'dev'"),
        ("x/dev", "no application"),
    ],
)
def test_an_environment_that_is_not_there_is_told(
    database: str, capsys: pytest.CaptureFixture[str], reference: str, said: str
) -> None:
    create = ["admin", "key", "create", "--kind", "person", "--environment", reference]
    assert run([*create, "--database", database]) != 0
    assert said in capsys.readouterr().err
