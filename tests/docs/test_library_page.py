"""The how-to of the library: its programs are right as far as types and names can say."""

import re
import subprocess
import sys
from pathlib import Path

import logstream
from doubles.documents import ROOT
from logstream.errors import LogstreamError
from logstream.model.limits import ITERATOR_LINES_MAX

PAGE = (ROOT / "docs/howto/library.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_its_programs_pass_the_type_checker(tmp_path: Path) -> None:
    files = []
    for number, program in enumerate(PROGRAMS):
        files.append(tmp_path / f"program_{number}.py")
        files[-1].write_text(program, encoding="utf-8")
    options = ["--strict", "--cache-dir", str(tmp_path / "cache"), "--no-warn-unused-configs"]
    command = [sys.executable, "-m", "mypy", *options, *map(str, files)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_names_every_error_of_the_library_and_no_other() -> None:
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE))))
    public = {
        name
        for name in logstream.__all__
        if isinstance(kind := getattr(logstream, name), type) and issubclass(kind, LogstreamError)
    }
    assert named == public - {"LogstreamError"}


def test_its_bound_is_the_librarys() -> None:
    assert f"at most {ITERATOR_LINES_MAX:,} lines" in PAGE
