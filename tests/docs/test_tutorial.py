"""The tutorial, done: its own commands, files and programs, against a service that really runs."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import logstream
from doubles.documents import ROOT, blocks, documents, logstream_commands, name_of
from doubles.programs import Program, Running, clean_environment, running, until, up

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
WRITES = [
    line
    for block in blocks(PAGE)
    for line in block.text.splitlines()
    if line.startswith("echo ") and ">> play/" in line
]
PYTHON = [
    (name_of(path), block.text)
    for path in documents()
    for block in blocks(path.read_text(encoding="utf-8"))
    if block.language == "python"
]


class Done(NamedTuple):
    """The tutorial as far as its second part."""

    home: Path
    service: Running

    def write_lines(self) -> None:
        for line in WRITES:
            subprocess.run(line, shell=True, check=True, cwd=self.home)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    """`logstream up` as the tutorial says it, but on free ports."""
    home = tmp_path_factory.mktemp("home")
    [mkdir] = [
        line for block in blocks(PAGE) for line in block.text.splitlines() if "touch" in line
    ]
    subprocess.run(mkdir, shell=True, check=True, cwd=home)
    [files] = [words[1:] for words in logstream_commands(PAGE) if "play/access.log" in words]
    with up(home, *(file.replace("play/", f"{home}/play/") for file in files)) as service:
        (home / ".acquia").mkdir()
        kept = (home / "state" / "credentials.json").read_bytes()
        (home / ".acquia" / "cloudapiv2.conf").write_bytes(kept)
        yield Done(home, service)


def test_what_is_written_is_on_the_terminal(done: Done, tmp_path: Path) -> None:
    assert ["tail", "Local", "dev"] in logstream_commands(PAGE)
    words, env = ["tail", "Local", "dev", "--debug"], {"HOME": str(done.home)}
    with running(Program(words, directory=tmp_path, env=env)) as program:
        until(lambda: program.err.count('"msg":{"cmd":"enable"') >= 2, "two sources flow")
        done.write_lines()
        written = [re.sub(r"^echo '(.*)' >> .*$", r"\1", line) for line in WRITES]
        assert sorted(program.until_lines(len(written))) == sorted(written)


def test_the_printed_words_are_those_of_the_tutorial(done: Done) -> None:
    printed = done.service.program.out.decode()
    for said in (
        "following apache-request: ",
        "following php-error: ",
        "The Cloud API is at http://127.0.0.1:",
        "Watch the logs in a browser (this link signs its first user in, once):",
        "or in a terminal:",
        "-t apache-request php-error",
    ):
        assert said in printed
        assert said in PAGE


def test_the_program_prints_lines(done: Done, tmp_path: Path) -> None:
    [text] = [text for name, text in PYTHON if name == "docs/tutorial.md"]
    (tmp_path / "program.py").write_text(text)
    out = tmp_path / "out"

    def has_written() -> bool:
        done.write_lines()  # again and again: it may not have enabled the source yet
        return b"\n" in out.read_bytes()

    with out.open("wb") as file:
        program = subprocess.Popen(
            [sys.executable, "-u", str(tmp_path / "program.py")],
            env={**clean_environment(done.home), "HOME": str(done.home)},
            stdout=file,
        )
    try:
        until(has_written, "a line")
    finally:
        program.kill()
        program.wait()
    line = r"2026-11-23 09:14:02 \S+ \[23-Nov-2026 09:14:02 UTC\] PHP Warning"
    assert re.match(line, out.read_text())


@pytest.mark.parametrize(("document", "text"), PYTHON)
def test_a_program_names_what_the_library_has(document: str, text: str) -> None:
    tree = ast.parse(text)
    named = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "logstream"
    }
    assert named
    assert named <= set(logstream.__all__)


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_names_of_the_library_in_prose_exist(path: Path) -> None:
    prose = re.findall(r"`(?:for line in )?logstream\.(\w+)[`(]", path.read_text(encoding="utf-8"))
    modules = {"protocol", "model", "errors", "db", "service"}
    assert {name for name in prose if name not in modules} <= set(logstream.__all__)
