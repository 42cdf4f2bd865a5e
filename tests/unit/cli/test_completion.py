import pytest
from click.testing import CliRunner

from logstream.cli import main
from logstream.cli.completion import completion


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_script(shell: str) -> None:
    result = CliRunner().invoke(completion, [shell])
    assert result.exit_code == 0
    assert f"_LOGSTREAM_COMPLETE={shell}_complete" in result.output


def test_another_shell_is_refused() -> None:
    result = CliRunner().invoke(completion, ["tcsh"])
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("logstream ta", ["tail"]),
        ("logstream tail app dev --max", ["--max-lines"]),
        ("logstream tail app dev -t drupal", ["drupal-request", "drupal-watchdog"]),
        ("logstream tail app dev -o j", ["json"]),
    ],
)
def test_what_is_typed_is_completed(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: str,
    completed: list[str],
) -> None:
    monkeypatch.setenv("_LOGSTREAM_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(len(typed.split()) - 1))
    assert main.run([]) == 0
    assert [each.partition(",")[2] for each in capsys.readouterr().out.split()] == completed
