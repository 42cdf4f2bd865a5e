"""The reference pages are what the code says: ``make docs`` writes them."""

import subprocess
import sys
from pathlib import Path

from logstream.model import limits

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"


def test_no_generated_page_is_stale() -> None:
    check = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (check.stdout, check.stderr, check.returncode) == ("", "", 0)


def test_every_limit_is_on_its_page() -> None:
    page = (REFERENCE / "limits.md").read_text("utf-8")
    assert [name for name in vars(limits) if name.isupper() and f"| `{name}` |" not in page] == []


def test_every_command_is_on_its_page() -> None:
    page = (REFERENCE / "cli.md").read_text("utf-8")
    for command in ("tail", "up", "api", "hub", "logtailor", "admin key create"):
        assert f"\n## logstream {command}\n" in page
