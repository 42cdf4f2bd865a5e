"""The shape of the source tree, as CONTRIBUTING.md states it: a rule is a failing check.

An exception stands in one of the tables below, with its reason.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "logstream"
TESTS = ROOT / "tests" / "unit"

MODULE_MAX_LINES = 400
FUNCTION_MAX_LINES = 60

LONG_MODULES: dict[str, str] = {}
"""Modules over ``MODULE_MAX_LINES``, as ``node/router.py``, and why."""

LONG_FUNCTIONS: dict[str, str] = {}
"""Functions over ``FUNCTION_MAX_LINES``, as ``node/router.py:enable``, and why."""

TESTED_ELSEWHERE: dict[str, str] = {}
"""Modules without a test module of their own, and which tests stand in for it."""

TESTS_OF_THE_WHOLE: dict[str, str] = {
    "test_layout.py": "the tree as a whole",
}
"""Unit tests that belong to no one module, and what they test."""

READERS_OF_THE_ENVIRONMENT = {"cli/settings.py"}
NAMES_THAT_SAY_NOTHING = re.compile(r"(?:^|_)(?:utils?|helpers?|common|misc|managers?)(?:_|$)")

MODULES = {path.relative_to(SOURCE).as_posix(): path for path in sorted(SOURCE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def has_behaviour(tree: ast.Module) -> bool:
    """Whether there is anything to test: a function with a body, outside of a ``Protocol``."""
    shapes = {
        function
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases)
        for function in ast.walk(node)
    }
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node not in shapes
        for node in ast.walk(tree)
    )


def lengths_of_functions(tree: ast.Module) -> dict[str, int]:
    return {
        node.name: (node.end_lineno or node.lineno) - node.lineno + 1
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def reads_the_environment(tree: ast.Module) -> bool:
    names = {"environ", "environb", "getenv", "getenvb"}
    return any(
        (isinstance(node, ast.Attribute) and node.attr in names and is_os(node.value))
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and any(alias.name in names for alias in node.names)
        )
        for node in ast.walk(tree)
    )


def is_os(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "os"


def path_of_test(name: str) -> str:
    folder, _, module = name.rpartition("/")
    return f"{folder}/test_{module}" if folder else f"test_{module}"


@pytest.mark.parametrize("name", [name for name, tree in TREES.items() if has_behaviour(tree)])
def test_each_module_has_its_test_module(name: str) -> None:
    if name not in TESTED_ELSEWHERE:
        assert (TESTS / path_of_test(name)).is_file()


@pytest.mark.parametrize(
    "test", sorted(path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py"))
)
def test_each_test_module_has_its_module(test: str) -> None:
    if test not in TESTS_OF_THE_WHOLE:
        assert test in {path_of_test(name) for name in MODULES}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_can_be_read_in_one_sitting(name: str) -> None:
    lines = len(MODULES[name].read_text(encoding="utf-8").splitlines())
    assert lines <= MODULE_MAX_LINES or name in LONG_MODULES


@pytest.mark.parametrize("name", MODULES)
def test_a_function_does_one_thing(name: str) -> None:
    long = {
        function: lines
        for function, lines in lengths_of_functions(TREES[name]).items()
        if lines > FUNCTION_MAX_LINES and f"{name}:{function}" not in LONG_FUNCTIONS
    }
    assert long == {}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_starts_by_saying_what_it_is_for(name: str) -> None:
    assert ast.get_docstring(TREES[name])


@pytest.mark.parametrize("name", MODULES)
def test_a_name_says_what_is_in_it(name: str) -> None:
    assert not any(NAMES_THAT_SAY_NOTHING.search(part) for part in name[: -len(".py")].split("/"))


def test_only_the_settings_read_the_environment() -> None:
    readers = {name for name, tree in TREES.items() if reads_the_environment(tree)}
    assert readers <= READERS_OF_THE_ENVIRONMENT


def test_every_exception_is_still_needed_and_has_a_reason() -> None:
    functions = {
        f"{name}:{function}": lines
        for name, tree in TREES.items()
        for function, lines in lengths_of_functions(tree).items()
    }
    lines_of = {name: len(path.read_text().splitlines()) for name, path in MODULES.items()}
    assert all(lines_of.get(name, 0) > MODULE_MAX_LINES for name in LONG_MODULES)
    assert all(functions.get(name, 0) > FUNCTION_MAX_LINES for name in LONG_FUNCTIONS)
    assert all(
        name in MODULES and not (TESTS / path_of_test(name)).is_file() for name in TESTED_ELSEWHERE
    )
    reasons = (LONG_MODULES, LONG_FUNCTIONS, TESTED_ELSEWHERE, TESTS_OF_THE_WHOLE)
    assert all(reason for table in reasons for reason in table.values())
