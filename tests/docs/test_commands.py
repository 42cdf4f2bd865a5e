"""Every ``logstream …`` command in a document or a unit file is one that the program takes."""

import contextlib
import re
import subprocess
from pathlib import Path

import click
import pytest

from doubles.documents import ROOT, blocks, documents, logstream_commands, name_of
from logstream.cli.main import logstream
from logstream.model.source import DISPLAY_NAMES

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
COMMANDS = [
    (name_of(path), command)
    for path in documents()
    for command in logstream_commands(path.read_text(encoding="utf-8"))
]


def check(arguments: list[str]) -> None:
    """Parse a command line as the program does; nothing is run."""
    command: click.Command = logstream
    context = logstream.make_context("logstream", list(arguments))
    while isinstance(command, click.Group):
        rest = [*context._protected_args, *context.args]
        name, found, rest = command.resolve_command(context, rest)
        assert name is not None
        assert found is not None
        command, context = found, found.make_context(name, rest, parent=context)


@pytest.mark.parametrize(
    ("document", "arguments"), COMMANDS, ids=[" ".join(command) for _, command in COMMANDS]
)
def test_a_command_is_one_that_the_program_takes(document: str, arguments: list[str]) -> None:
    with contextlib.suppress(click.exceptions.Exit):  # --version, --help
        check(arguments)


def test_the_tutorial_and_the_how_to_have_commands() -> None:
    found = [document for document, _ in COMMANDS]
    assert found.count("docs/tutorial.md") > 10
    assert found.count("docs/howto/deploy.md") > 5
    assert found.count("README.md") > 3


def test_a_wrong_flag_is_noticed() -> None:
    [wrong] = logstream_commands("```sh\nlogstream tail mysite prod --no-such-flag\n```")
    with pytest.raises(click.NoSuchOption):
        check(wrong)


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("$ logstream tail a b", ["tail", "a", "b"]),
        ("logstream tail a b -h 'text=x|y' > file  # why", ["tail", "a", "b", "-h", "text=x|y"]),
        ("$as logstream admin key list", ["admin", "key", "list"]),
        ("/opt/logstream/bin/logstream hub --config f", ["hub", "--config", "f"]),
        ("source <(logstream completion bash)", ["completion", "bash"]),
    ],
)
def test_commands_are_found_as_they_are_written(line: str, arguments: list[str]) -> None:
    assert logstream_commands(f"```sh\n{line}\n```") == [arguments]


@pytest.mark.parametrize("line", ["pip install logstream", "ln -s /opt/bin/logstream /usr/bin/x"])
def test_a_word_among_others_is_no_command(line: str) -> None:
    assert logstream_commands(f"```sh\n{line}\n```") == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_that_there_is(unit: Path) -> None:
    text = unit.read_text()
    started = re.search(r"^ExecStart=/opt/logstream/bin/logstream (.+)$", text, re.MULTILINE)
    assert started
    check(started[1].split())


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_make_targets_that_are_named_exist(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = path.read_text(encoding="utf-8")
    code = [*re.findall(r"`([^`\n]+)`", text), *(block.text for block in blocks(text))]
    named = {name for each in code for name in re.findall(r"^make ([a-z-]+)", each, re.MULTILINE)}
    assert named <= targets


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_the_types_that_a_command_streams_are_known(path: Path) -> None:
    for arguments in logstream_commands(path.read_text(encoding="utf-8")):
        if arguments[0] == "tail" and "-t" in arguments:
            rest = arguments[arguments.index("-t") + 1 :]
            ends = [index for index, word in enumerate(rest) if word.startswith("-")]
            types = rest[: ends[0] if ends else None]
            assert {*types} <= {*DISPLAY_NAMES, "all"}


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_a_shell_can_read_what_it_is_to_run(path: Path) -> None:
    for block in blocks(path.read_text(encoding="utf-8")):
        if block.language == "sh":
            subprocess.run(["bash", "-n"], input=block.text, text=True, check=True)
