"""How the store asks: queries that several of its methods share, and rows made into entities."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from logstream.errors import NotFound
from logstream.store.entities import Application, Environment, Key, KeyKind
from logstream.store.tables import applications, environments, grants, keys

_ENVIRONMENT_COLUMNS: Final = (
    environments.c.number.label("environment_number"),
    environments.c.name.label("environment_name"),
    environments.c.label,
    environments.c.created_at_s.label("environment_created_at_s"),
    *applications.c,
)


def select_environments() -> sa.Select[Any]:
    """Select environments with their applications, for ``environment_from``."""
    return sa.select(*_ENVIRONMENT_COLUMNS).join_from(environments, applications)


def granted_environments(key: Key) -> sa.Select[Any]:
    """Select the numbers of the environments that ``key`` is granted."""
    return (
        sa.select(environments.c.number)
        .join_from(environments, grants)
        .where(grants.c.key_number == key.number)
    )


def environment_of(
    connection: Connection, application: Application, name: str
) -> Environment | None:
    """Give the environment ``name`` of ``application``, else nothing."""
    query = select_environments().where(
        applications.c.number == application.number, environments.c.name == name
    )
    row = connection.execute(query).one_or_none()
    return environment_from(row) if row is not None else None


def hold_application(connection: Connection, application: Application) -> None:
    """Make sure that ``application`` is there, and stays there to the end of the transaction.

    Raises:
        NotFound: It is gone.
    """
    query = (
        sa.select(applications.c.number)
        .where(applications.c.number == application.number)
        .with_for_update()
    )
    if connection.execute(query).scalar_one_or_none() is None:
        raise NotFound(f"there is no application with UUID {application.uuid!r}")


def keys_where(connection: Connection, condition: sa.ColumnElement[bool]) -> list[Key]:
    """Give the keys for which ``condition`` holds, by number, with what they are granted."""
    chosen = connection.execute(sa.select(keys).where(condition).order_by(keys.c.number)).all()
    granted: dict[int, list[str]] = {row.number: [] for row in chosen}
    query = (
        sa.select(grants.c.key_number, grants.c.environment_number, applications.c.uuid)
        .join_from(grants, environments)
        .join(applications)
        .where(grants.c.key_number.in_(sa.select(keys.c.number).where(condition)))
        .order_by(grants.c.environment_number)
    )
    for key_number, environment_number, uuid in connection.execute(query):
        if key_number in granted:
            granted[key_number].append(f"{environment_number}-{uuid}")
    return [
        Key(
            number=row.number,
            id=row.id,
            kind=KeyKind(row.kind),
            server=row.server,
            label=row.label,
            created_at_s=row.created_at_s,
            revoked_at_s=row.revoked_at_s,
            environments=tuple(granted[row.number]),
        )
        for row in chosen
    ]


def storable(text: str) -> str:
    """Give text that no database refuses: what holds NUL or a lone surrogate matches nothing."""
    return text.encode("utf-8", "replace").decode().replace("\0", "�")


def application_from(row: Row[Any]) -> Application:
    """Make the application that a row of its table holds."""
    return Application(
        number=row.number,
        uuid=row.uuid,
        name=row.name,
        site=row.site,
        created_at_s=row.created_at_s,
    )


def environment_from(row: Row[Any]) -> Environment:
    """Make the environment that a row of ``select_environments`` holds."""
    return Environment(
        number=row.environment_number,
        name=row.environment_name,
        label=row.label,
        application=application_from(row),
        created_at_s=row.environment_created_at_s,
    )
