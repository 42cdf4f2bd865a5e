"""The database: opens SQLite (a path) or PostgreSQL (a URL), and brings its schema up to date.

SQLite runs in WAL mode with a busy timeout, so that ``logstream admin`` can write while the API
reads. Its write transactions begin at once (``BEGIN IMMEDIATE``): one that began as a read and then
wants to write would fail at once instead of waiting its turn.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from logstream.errors import ConfigError, StoreUnavailable
from logstream.model.limits import DATABASE_CONNECT_TIMEOUT_S, SQLITE_BUSY_TIMEOUT_S

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_WRITES: Final = "logstream_writes"
_MIGRATION_LOCK: Final = 0x6C6F677374726561
"""PostgreSQL's advisory lock during a migration: any number that nobody else takes."""


def open_engine(database: str) -> Engine:
    """Open the database and bring its schema up to date.

    Args:
        database: A path of an SQLite file (created, readable by its owner only, where it is
            missing), or a URL: ``sqlite:///path`` or ``postgresql://user@host/name``.

    Raises:
        ConfigError: The URL is wrong, its driver is missing, or what it names cannot be opened or
            is not a database of ours. The text holds no password.
    """
    url = _parse(database)
    shown = url.render_as_string(hide_password=True)
    try:
        if url.get_backend_name() == "sqlite":
            engine = _open_sqlite(url)
        else:
            engine = sa.create_engine(
                url,
                pool_pre_ping=True,
                connect_args={"connect_timeout": DATABASE_CONNECT_TIMEOUT_S},
            )
    except ModuleNotFoundError as exc:
        raise ConfigError(
            f"database {shown}: its driver is missing: pip install 'logstream[postgres]'"
        ) from exc
    except OSError as exc:
        raise ConfigError(f"database {shown}: {exc.strerror}") from exc
    try:
        migrate(engine)
    except CommandError as exc:
        engine.dispose()
        raise ConfigError(
            f"database {shown} was written by a newer Logstream: upgrade this one"
        ) from exc
    except (SQLAlchemyError, StoreUnavailable) as exc:
        engine.dispose()
        raise ConfigError(f"database {shown} cannot be opened: {_reason(exc)}") from exc
    return engine


def migrate(engine: Engine) -> None:
    """Run the migrations that the database has not seen; one process at a time, all or nothing."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads.

    Raises:
        StoreUnavailable: The database cannot be reached.
    """
    with _unavailable_told(), engine.connect() as connection:
        yield connection


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: all of it, or on an exception nothing.

    Raises:
        StoreUnavailable: The database cannot be reached, or is locked for too long.
    """
    writer = engine.execution_options(**{_WRITES: True})
    with _unavailable_told(), writer.begin() as connection:
        yield connection


@contextlib.contextmanager
def _unavailable_told() -> Iterator[None]:
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as exc:
        raise StoreUnavailable(f"the database does not answer: {_reason(exc)}") from exc


def _parse(database: str) -> URL:
    if "://" not in database:
        return URL.create("sqlite", database=str(Path(database).expanduser()))
    try:
        url = make_url(database)
    except ArgumentError:
        raise ConfigError("the database is neither a path nor a URL that can be read") from None
    if url.drivername in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise ConfigError(
            f"database {url.render_as_string(hide_password=True)}: use a path,"
            " sqlite:///path or postgresql://user@host/name"
        )
    return url


def _open_sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ConfigError("an SQLite database needs a path: sqlite:///path/to/file.db")
    path = Path(url.database)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Created here and not by SQLite, so that nobody else can read it even for a moment.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = sa.create_engine(url, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_S})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # Transactions are begun by _begin_sqlite; the driver's own habit leaves DDL outside of them.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _reason(exc: Any) -> str:
    """The driver's own first line, without SQLAlchemy's statement and link around it."""
    origin = getattr(exc, "orig", None) or exc
    return (str(origin).strip().splitlines() or [type(origin).__name__])[0]
