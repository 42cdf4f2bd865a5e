"""The store: applications, environments and keys, in one database behind typed methods.

Used by the Cloud API (from its threads), by ``logstream admin`` and by ``logstream up``. Every
method may be called from any thread, and writes all it has to in one transaction or nothing.
Nothing is cached, so that a revoked key is refused at once.
"""

import secrets
import time
import uuid as uuids
from collections.abc import Callable, Sequence
from typing import Any, Final, Self

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError

from logstream.errors import NotFound, UsageError
from logstream.store import names, secret_hash
from logstream.store.database import open_engine, reading, writing
from logstream.store.entities import Application, Credentials, Environment, Key, KeyKind, Server
from logstream.store.queries import (
    application_from,
    environment_from,
    environment_of,
    granted_environments,
    hold_application,
    keys_where,
    select_environments,
    storable,
)
from logstream.store.tables import applications, environments, grants, keys

_SECRET_BYTES: Final = 32


class Store:
    """Applications, environments and keys. Made by ``Store.open``; ``close`` it at the end."""

    def __init__(self, engine: Engine, *, now_s: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._now_s = now_s
        self._unmatchable = secret_hash.unmatchable()

    @classmethod
    def open(cls, database: str) -> Self:
        """Open ``database`` and bring its schema up to date.

        Args:
            database: A path of an SQLite file, or a URL: ``sqlite:///path`` or
                ``postgresql://user@host/name``.

        Raises:
            ConfigError: It cannot be opened, or is not a database of ours.
        """
        return cls(open_engine(database))

    def close(self) -> None:
        """Close every connection to the database."""
        self._engine.dispose()

    def ping(self) -> None:
        """Ask the database something, or raise ``StoreUnavailable``."""
        with reading(self._engine) as connection:
            connection.execute(sa.select(1))

    # --- applications ---------------------------------------------------------------------------

    def create_application(self, name: str, site: str, *, uuid: str | None = None) -> Application:
        """Create an application.

        Args:
            name: For people.
            site: ``realm:sitename``.
            uuid: Its UUID; a random one by default.

        Raises:
            UsageError: A name is not possible, or another application has it.
        """
        row = {
            "name": names.check_application_name(name),
            "site": names.check_site(site),
            "uuid": names.check_uuid(uuid) if uuid is not None else str(uuids.uuid4()),
            "created_at_s": self._now(),
        }
        try:
            with writing(self._engine) as connection:
                made = connection.execute(
                    sa.insert(applications).values(row).returning(applications)
                ).one()
        except IntegrityError:
            raise UsageError(
                f"an application with the name {name!r}, the site {site!r} or the same UUID exists"
            ) from None
        return application_from(made)

    def ensure_application(self, name: str, site: str) -> Application:
        """Give the application of ``site``, named ``name``; create or rename it where needed."""
        names.check_application_name(name)
        try:
            with writing(self._engine) as connection:
                row = connection.execute(
                    sa.update(applications)
                    .where(applications.c.site == site)
                    .values(name=name)
                    .returning(applications)
                ).one_or_none()
        except IntegrityError:
            raise UsageError(f"another application has the name {name!r}") from None
        return application_from(row) if row is not None else self.create_application(name, site)

    def list_applications(self, *, key: Key | None = None) -> list[Application]:
        """Give all applications, or those in which ``key`` is granted an environment, by number."""
        query = sa.select(applications).order_by(applications.c.number)
        if key is not None:
            granted = granted_environments(key).with_only_columns(environments.c.application_number)
            query = query.where(applications.c.number.in_(granted))
        with reading(self._engine) as connection:
            return [application_from(row) for row in connection.execute(query)]

    def find_application(self, reference: str) -> Application:
        """Give the application whose UUID, site or name is ``reference``.

        Raises:
            NotFound: There is none.
        """
        with reading(self._engine) as connection:
            for column in (applications.c.uuid, applications.c.site, applications.c.name):
                query = sa.select(applications).where(column == storable(reference))
                row = connection.execute(query).one_or_none()
                if row is not None:
                    return application_from(row)
        raise NotFound(f"there is no application with UUID, site or name {reference!r}")

    def delete_application(self, uuid: str) -> None:
        """Delete an application, its environments, and what keys were granted in them.

        Raises:
            NotFound: There is none.
        """
        with writing(self._engine) as connection:
            query = sa.delete(applications).where(applications.c.uuid == storable(uuid))
            if connection.execute(query).rowcount == 0:
                raise NotFound(f"there is no application with UUID {uuid!r}")

    # --- environments ---------------------------------------------------------------------------

    def create_environment(
        self, application: Application, name: str, *, label: str | None = None
    ) -> Environment:
        """Create an environment of ``application``.

        Args:
            application: What it belongs to.
            name: ``dev``, ``prod``, …
            label: The name for people; ``name`` with a capital by default.

        Raises:
            UsageError: A name is not possible, or another environment has it.
            NotFound: The application is gone.
        """
        names.check_environment_name(name)
        row = {
            "application_number": application.number,
            "name": name,
            "label": names.check_label(label) if label else name[:1].upper() + name[1:],
            "created_at_s": self._now(),
        }
        with writing(self._engine) as connection:
            hold_application(connection, application)
            if environment_of(connection, application, name) is not None:
                raise UsageError(
                    f"application {application.name!r} has an environment {name!r} already"
                )
            connection.execute(sa.insert(environments).values(row))
            made = environment_of(connection, application, name)
        if made is None:
            raise AssertionError("an environment just inserted must be there")
        return made

    def ensure_environment(self, application: Application, name: str) -> Environment:
        """Give the environment ``name`` of ``application``; create it where there is none."""
        with reading(self._engine) as connection:
            found = environment_of(connection, application, name)
        return found if found is not None else self.create_environment(application, name)

    def list_environments(
        self, application: Application | None = None, *, key: Key | None = None
    ) -> list[Environment]:
        """Give environments by number: all, those of one application, those that a key sees."""
        query = select_environments().order_by(environments.c.number)
        if application is not None:
            query = query.where(applications.c.number == application.number)
        if key is not None:
            query = query.where(environments.c.number.in_(granted_environments(key)))
        with reading(self._engine) as connection:
            return [environment_from(row) for row in connection.execute(query)]

    def find_environment(self, application: Application, name: str) -> Environment:
        """Give the environment ``name`` of ``application``.

        Raises:
            NotFound: There is none.
        """
        with reading(self._engine) as connection:
            found = environment_of(connection, application, storable(name))
        if found is None:
            raise NotFound(f"application {application.name!r} has no environment {name!r}")
        return found

    def delete_environment(self, environment: Environment) -> None:
        """Delete an environment, and what keys were granted in it.

        Raises:
            NotFound: It is gone already.
        """
        query = sa.delete(environments).where(environments.c.number == environment.number)
        with writing(self._engine) as connection:
            if connection.execute(query).rowcount == 0:
                raise NotFound(f"there is no environment {environment.id!r}")

    def list_servers(self, environment: Environment) -> list[Server]:
        """Give the servers that logtailors' keys offer in ``environment``, by name."""
        query = (
            sa.select(keys.c.server, sa.func.min(keys.c.number))
            .join(grants, grants.c.key_number == keys.c.number)
            .where(
                grants.c.environment_number == environment.number,
                keys.c.kind == KeyKind.LOGTAILOR.value,
                keys.c.revoked_at_s.is_(None),
            )
            .group_by(keys.c.server)
        )
        with reading(self._engine) as connection:
            found = [Server(number=number, name=name) for name, number in connection.execute(query)]
        return sorted(found, key=lambda server: server.name)

    # --- keys -----------------------------------------------------------------------------------

    def create_key(
        self,
        kind: KeyKind,
        granted: Sequence[Environment],
        *,
        server: str | None = None,
        key_id: str | None = None,
        secret: str | None = None,
        label: str = "",
    ) -> Credentials:
        """Create a key.

        Args:
            kind: Who holds it.
            granted: The environments that it may see; at least one.
            server: The server that a logtailor's key offers; nothing for other kinds.
            key_id: Its id; a random UUID by default.
            secret: Its secret; random by default.
            label: What it is for, for people.

        Returns:
            Its id and its secret, which cannot be read again.

        Raises:
            UsageError: A name is not possible, another key has the id, or nothing is granted.
            NotFound: An environment is gone.
        """
        row, made = self._new_key(kind, server=server, key_id=key_id, secret=secret, label=label)
        try:
            with writing(self._engine) as connection:
                number = connection.execute(
                    sa.insert(keys).values(row).returning(keys.c.number)
                ).scalar_one()
                _grant(connection, number, granted)
        except IntegrityError:
            raise UsageError(f"a key {made.key_id!r} exists already") from None
        return made

    def ensure_key(
        self,
        kind: KeyKind,
        granted: Sequence[Environment],
        *,
        key_id: str,
        secret: str,
        server: str | None = None,
        label: str = "",
    ) -> None:
        """Make sure that the key ``key_id`` exists exactly so: kind, server, secret and grants.

        For a service that is given its keys from outside each time it starts.

        Raises:
            UsageError: A name is not possible, nothing is granted, or the key was revoked.
            NotFound: An environment is gone.
        """
        row, _ = self._new_key(kind, server=server, key_id=key_id, secret=secret, label=label)
        with writing(self._engine) as connection:
            found = connection.execute(sa.select(keys).where(keys.c.id == key_id)).one_or_none()
            if found is None:
                number = connection.execute(
                    sa.insert(keys).values(row).returning(keys.c.number)
                ).scalar_one()
            elif found.revoked_at_s is not None:
                raise UsageError(f"key {key_id!r} was revoked: use another id")
            else:
                number = found.number
                del row["created_at_s"]
                connection.execute(sa.update(keys).where(keys.c.number == number).values(row))
                connection.execute(sa.delete(grants).where(grants.c.key_number == number))
            _grant(connection, number, granted)

    def revoke_key(self, key_id: str) -> None:
        """Refuse a key from now on; its access tokens too. Revoking it twice is fine.

        Raises:
            NotFound: There is none.
        """
        query = (
            sa.update(keys)
            .where(keys.c.id == storable(key_id))
            .values(revoked_at_s=sa.func.coalesce(keys.c.revoked_at_s, self._now()))
        )
        with writing(self._engine) as connection:
            if connection.execute(query).rowcount == 0:
                raise NotFound(f"there is no key {key_id!r}")

    def list_keys(self) -> list[Key]:
        """Give all keys, the revoked ones too, by number."""
        with reading(self._engine) as connection:
            return keys_where(connection, sa.true())

    def find_key(self, key_id: str) -> Key | None:
        """Give a key that exists and is not revoked, else nothing."""
        condition = sa.and_(keys.c.id == storable(key_id), keys.c.revoked_at_s.is_(None))
        with reading(self._engine) as connection:
            return next(iter(keys_where(connection, condition)), None)

    def authenticate(self, key_id: str, secret: str) -> Key | None:
        """Give the key if it exists, is not revoked and has this secret, else nothing.

        Takes the same work whichever of these is wrong; some 50 ms, so never on an event loop.
        """
        query = sa.select(keys.c.secret_hash).where(keys.c.id == storable(key_id))
        with reading(self._engine) as connection:
            kept = connection.execute(query).scalar_one_or_none()
        right = secret_hash.matches(secret, kept if kept is not None else self._unmatchable)
        key = self.find_key(key_id)
        return key if right else None

    def _new_key(
        self,
        kind: KeyKind,
        *,
        server: str | None,
        key_id: str | None,
        secret: str | None,
        label: str,
    ) -> tuple[dict[str, Any], Credentials]:
        made = Credentials(
            names.check_key_id(key_id) if key_id is not None else str(uuids.uuid4()),
            names.check_secret(secret)
            if secret is not None
            else secrets.token_urlsafe(_SECRET_BYTES),
        )
        row = {
            "id": made.key_id,
            "kind": kind.value,
            "server": names.check_server(kind, server),
            "label": names.check_label(label),
            "secret_hash": secret_hash.hash_secret(made.secret),
            "created_at_s": self._now(),
        }
        return row, made

    def _now(self) -> int:
        return int(self._now_s())


def _grant(connection: Connection, key_number: int, granted: Sequence[Environment]) -> None:
    numbers = sorted({environment.number for environment in granted})
    if not numbers:
        raise UsageError("a key needs at least one environment")
    held = connection.execute(
        sa.select(environments.c.number)
        .where(environments.c.number.in_(numbers))
        .with_for_update(read=True)
    )
    missing = set(numbers).difference(held.scalars())
    if missing:
        raise NotFound(f"there is no environment with the number {min(missing)}")
    connection.execute(
        sa.insert(grants),
        [{"key_number": key_number, "environment_number": number} for number in numbers],
    )
