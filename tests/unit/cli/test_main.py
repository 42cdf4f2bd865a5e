import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from logstream.cli import main, tail
from logstream.errors import AuthenticationError, LogstreamError


def failing(monkeypatch: pytest.MonkeyPatch, failure: BaseException) -> None:
    """Make every `logstream tail` fail in this way."""

    @click.command()
    @click.option("--debug", is_flag=True)
    def fails(debug: bool) -> None:
        raise failure

    monkeypatch.setattr(tail, "tail", fails)


def test_what_a_command_gives_is_the_exit_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @click.command()
    def gives() -> int:
        return 124

    monkeypatch.setattr(tail, "tail", gives)
    assert main.run(["tail"]) == 124


@pytest.mark.parametrize(
    ("failure", "code", "said"),
    [
        (AuthenticationError("no key"), 4, "logstream: no key\n"),
        (LogstreamError("bad \x1b[2J"), 1, "logstream: bad \\x1b[2J\n"),
        (KeyboardInterrupt(), 130, ""),
        (click.Abort(), 130, ""),
        (
            ValueError("a\nb"),
            1,
            "logstream: unexpected ValueError: a b (with --debug: where)\n",
        ),
    ],
)
def test_a_failure_is_one_line_and_a_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failure: BaseException,
    code: int,
    said: str,
) -> None:
    failing(monkeypatch, failure)
    assert main.run(["tail"]) == code
    assert capsys.readouterr() == ("", said)


def test_debugging_shows_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(monkeypatch, ValueError("odd"))
    assert main.run(["tail", "--debug"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert err.endswith("logstream: unexpected ValueError: odd\n")


def test_a_reader_that_has_left_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(monkeypatch, BrokenPipeError())
    closed: list[bool] = []
    monkeypatch.setattr(main, "_forget_output", lambda: closed.append(True))
    assert main.run(["tail"]) == 0
    assert closed == [True]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("args", [["nonsense"], ["tail"], ["--nonsense"], ["help", "nonsense"]])
def test_wrong_usage_is_told_with_code_2(
    capsys: pytest.CaptureFixture[str], args: list[str]
) -> None:
    assert main.run(args) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Usage: logstream" in err


@pytest.mark.parametrize("args", [["help", "tail"], ["tail", "--help"], ["tail", "-h"]])
def test_a_command_is_explained(capsys: pytest.CaptureFixture[str], args: list[str]) -> None:
    assert main.run(args) == 0
    out, _ = capsys.readouterr()
    assert out.startswith("Usage: logstream tail [OPTIONS] APPLICATION ENV")


@pytest.mark.parametrize("args", [["help"], ["--help"], ["-h"]])
def test_all_commands_are_listed(capsys: pytest.CaptureFixture[str], args: list[str]) -> None:
    assert main.run(args) == 0
    out, _ = capsys.readouterr()
    for command in ("tail", "up", "api", "hub", "logtailor", "admin", "help", "completion"):
        assert f"  {command} " in out


def test_the_version_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("logstream 0.")


@pytest.mark.parametrize(
    "args",
    [
        ["up", "--demo", "--state-dir", "{0}"],
        ["api", "--config", "{0}/none.toml"],
        ["admin", "--database", "{0}/x.db", "key", "list"],
    ],
)
def test_what_an_extra_must_bring_is_named_before_anything_is_done(
    tmp_path: Path, args: list[str]
) -> None:
    program = (
        "import sys; sys.modules.update(dict.fromkeys(('litestar', 'uvicorn', 'sqlalchemy')));"
        "from logstream.cli.main import main; main()"
    )
    words = [arg.format(tmp_path) for arg in args]
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        r"logstream: this command needs the Python package (litestar|uvicorn|sqlalchemy), "
        r"which is not installed: pip install 'logstream\[server\]'\n",
        done.stderr,
    )
    assert list(tmp_path.iterdir()) == []


def test_a_module_of_ours_that_is_missing_is_unexpected(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(monkeypatch, ModuleNotFoundError("No module", name="logstream.cli.none"))
    assert main.run(["tail"]) == 1
    assert "unexpected ModuleNotFoundError" in capsys.readouterr().err


def test_a_traceback_is_inert(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(monkeypatch, ValueError("\x1b]0;title\x07"))
    assert main.run(["tail", "--debug"]) == 1
    assert "\x1b" not in capsys.readouterr().err


def test_every_command_is_what_its_module_has() -> None:
    context = click.Context(main.logstream)
    for name in main.logstream.list_commands(context):
        command = main.logstream.get_command(context, name)
        assert command is not None
        assert command.name == name


def test_the_program_exits_with_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["logstream", "nonsense"])
    with pytest.raises(SystemExit) as caught:
        main.main()
    assert caught.value.code == 2


def test_help_imports_nothing_that_takes_time() -> None:
    program = (
        "import sys; from logstream.cli.main import run; run(['help', 'tail']); "
        "slow = {'msgspec', 'picows', 'uvloop', 'urllib3', 'asyncio', 'ssl'}; "
        "print(sorted(slow & {*sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stderr == "[]\n"


def test_a_closed_pipe_leaves_no_trace() -> None:
    program = "from logstream.cli.main import main; import sys; sys.argv[1:] = ['help']; main()"
    shell = f'{{ {sys.executable} -c "$0"; echo code $? >&2; }} | true'
    done = subprocess.run(["sh", "-c", shell, program], capture_output=True, text=True, check=True)
    assert done.stderr == "code 0\n"


def test_a_closed_standard_output_is_wrong_usage() -> None:
    shell = f"{sys.executable} -m logstream tail app dev >&-"
    done = subprocess.run(["sh", "-c", shell], stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("logstream: standard output or standard error is closed")
