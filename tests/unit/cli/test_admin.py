import pytest

from logstream.cli.admin import admin
from logstream.cli.main import run


def test_it_has_a_command_for_each_thing(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(admin.commands) == {"application", "environment", "key"}
    assert run(["admin", "--help"]) == 0
    assert "LOGSTREAM_DATABASE" in capsys.readouterr().out
