from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from doubles.watched_files import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    world.append(world.plain, "from before\n")
    yield world
    world.files.close()
