"""A store in a directory of the test, with hashes that cost nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from logstream.store import secret_hash
from logstream.store.store import Store


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_hash, "_N", 2)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(str(tmp_path / "logstream.db"))
    yield opened
    opened.close()
