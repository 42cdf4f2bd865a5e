"""docs/explanation/architecture.md names what there is, and all folders that there are."""

import re

import pytest

from doubles.documents import ROOT, without_blocks

PAGE = (ROOT / "docs" / "explanation" / "architecture.md").read_text(encoding="utf-8")
SOURCE = ROOT / "src" / "logstream"
NAMED = sorted(set(re.findall(r"`((?:src|tests|docs|deploy|ui)/[^`]*|[a-z]+\.toml)`", PAGE)))
FOLDERS = sorted(
    path.parent.relative_to(ROOT).as_posix()
    for path in SOURCE.rglob("__init__.py")
    if path.parent not in (SOURCE, SOURCE / "store" / "migrations" / "versions")
)


@pytest.mark.parametrize("name", NAMED)
def test_what_is_named_exists(name: str) -> None:
    assert (ROOT / name).exists()


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_is_named(folder: str) -> None:
    assert f"`{folder}`" in PAGE


def test_the_life_of_a_line_is_told_with_its_files() -> None:
    told = without_blocks(PAGE).partition("## The life of a line")[2].partition("\n## ")[0]
    rows = [row for row in told.splitlines() if row.startswith("| ")][2:]
    assert len(rows) > 10
    assert all("`src/logstream/" in row for row in rows)


def test_every_library_is_explained() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    section = project.partition("\ndependencies = [")[2].partition("[project.scripts]")[0]
    libraries = set(re.findall(r'"([a-z][a-z0-9-]*)[>=]', section)) - {"python-multipart"}
    assert "picows" in libraries
    explained = PAGE.partition("## Dependencies")[2].lower()
    assert {library for library in libraries if library not in explained} == set()
