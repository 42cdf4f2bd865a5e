"""A Cloud API on a real socket, for the tests in this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from doubles.cloud_api import CloudApi, cloud_api, served
from logstream.store import secret_hash


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudApi]:
    directory: Path = tmp_path_factory.mktemp("api")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secret_hash, "_N", 2)
        with cloud_api(directory) as made:
            yield made


@pytest.fixture(scope="module")
def port(api: CloudApi) -> Iterator[int]:
    with served(api) as listening:
        yield listening
