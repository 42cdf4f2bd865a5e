"""Fixtures of the tests that run whole programs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from doubles.deployment import Deployment


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    made = Deployment(tmp_path)
    yield made
    made.close()
