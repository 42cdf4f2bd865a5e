from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from logstream.store.migrations.versions import m0001_applications_environments_keys as step
from logstream.store.tables import metadata


@pytest.fixture
def migration(tmp_path: Path) -> Iterator[MigrationContext]:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            yield context
    engine.dispose()


def test_it_makes_the_tables_that_the_code_expects(migration: MigrationContext) -> None:
    step.upgrade()
    differences: list[Any] = compare_metadata(migration, metadata)
    assert differences == []


def test_it_can_be_undone(migration: MigrationContext) -> None:
    step.upgrade()
    step.downgrade()
    assert migration.connection is not None
    assert sa.inspect(migration.connection).get_table_names() == []
