import subprocess
import sys

import pytest

import logstream


@pytest.mark.parametrize("name", logstream.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(logstream, name) is not None
    assert name in dir(logstream)


def test_what_is_not_public_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        getattr(logstream, "nonsense")  # noqa: B009 - mypy would refuse it


def test_importing_it_imports_nothing_else() -> None:
    program = "import sys, logstream; print(*(m for m in sys.modules if m.startswith('logstream')))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "logstream\n"
