"""A Cloud API with something in it, asked without a socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from doubles.cloud_api import CloudApi, cloud_api
from logstream.store import secret_hash


@pytest.fixture(autouse=True, scope="module")
def quick_hashes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secret_hash, "_N", 2)
        yield


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, quick_hashes: None) -> Iterator[CloudApi]:
    """Shared by the tests of a module: none of them changes what is in it."""
    with cloud_api(tmp_path_factory.mktemp("api")) as made:
        yield made


@pytest.fixture
def fresh_api(tmp_path: Path) -> Iterator[CloudApi]:
    """For a test that changes what is in it."""
    with cloud_api(tmp_path) as made:
        yield made
