"""What Alembic runs to migrate, over the connection and in the transaction of ``migrate``."""

from alembic import context

from logstream.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
