import sqlite3
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa

from logstream.errors import ConfigError, StoreUnavailable
from logstream.store import database
from logstream.store.database import migrate, open_engine, reading, writing
from logstream.store.tables import metadata


def test_a_new_file_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "logstream.db"
    open_engine(str(path)).dispose()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}"])
def test_a_database_is_a_path_or_a_url(tmp_path: Path, form: str) -> None:
    path = tmp_path / "logstream.db"
    open_engine(form.format(path)).dispose()
    assert path.exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://jane:hunter2@host/db", "use a path"),
        ("sqlite://", "needs a path"),
        ("sqlite:///:memory:", "needs a path"),
        ("://", "neither a path nor a URL"),
        ("postgresql://jane:hunter2@/none?host=/nowhere", "cannot be opened"),
        ("/proc/none/logstream.db", "No such file"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_without_its_password(url: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as raised:
        open_engine(url)
    assert "hunter2" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be looked at" * 100)
    with pytest.raises(ConfigError, match=r"notes\.txt cannot be opened: file is not a database"):
        open_engine(str(path))


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "logstream.db"
    engine = open_engine(str(path))
    with writing(engine) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(ConfigError, match="newer Logstream"):
        open_engine(str(path))


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    engine = open_engine(str(tmp_path / "logstream.db"))
    migrate(engine)
    with reading(engine) as connection:
        assert set(metadata.tables) < set(sa.inspect(connection).get_table_names())
    engine.dispose()


def test_a_write_is_all_or_nothing(tmp_path: Path) -> None:
    engine = open_engine(str(tmp_path / "logstream.db"))
    insert = sa.text("INSERT INTO applications VALUES (1, 'u', 'n', 's', 0)")

    def fail_half_way() -> None:
        with writing(engine) as connection:
            connection.execute(insert)
            raise LookupError

    with pytest.raises(LookupError):
        fail_half_way()
    with reading(engine) as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM applications")).scalar() == 0
    engine.dispose()


def test_a_reader_does_not_wait_for_a_writer_and_a_second_writer_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SQLITE_BUSY_TIMEOUT_S", 0.05)
    engine = open_engine(str(tmp_path / "logstream.db"))
    other = sqlite3.connect(tmp_path / "logstream.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with reading(engine) as connection:
        connection.execute(sa.text("SELECT * FROM applications"))
    with (
        pytest.raises(StoreUnavailable, match="database is locked"),
        writing(engine),
    ):
        raise AssertionError("it must not begin")
    other.close()
    engine.dispose()
