"""Every relative link in a document leads somewhere."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from doubles.documents import ROOT, documents, name_of, without_blocks

LINK = re.compile(r"\[(?:[^][]|\[[^]]*\])*\]\(([^()\s]+)\)")
WEB = ("http://", "https://", "mailto:")


def anchors(path: Path) -> set[str]:
    """Give the anchors of a document's headings, as web pages of repositories make them."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.+)$", without_blocks(path.read_text()), re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", heading.lower())
        found.add(words.replace(" ", "-"))
    return found


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_every_link_leads_somewhere(path: Path) -> None:
    broken = []
    for link in LINK.findall(without_blocks(path.read_text(encoding="utf-8"))):
        if link.startswith(WEB):
            continue
        name, _, anchor = unquote(link).partition("#")
        target = (path.parent / name).resolve() if name else path
        exists = target.exists() and target.is_relative_to(ROOT)
        if not exists or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_page_is_linked_from_another() -> None:
    linked = {
        (path.parent / unquote(link).partition("#")[0]).resolve()
        for path in documents()
        for link in LINK.findall(without_blocks(path.read_text(encoding="utf-8")))
        if not link.startswith(WEB)
    }
    folders = {path for path in linked if path.is_dir()}
    pages = {path for path in (ROOT / "docs").rglob("*.md") if path.parent not in folders}
    assert pages <= linked
