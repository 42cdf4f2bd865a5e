"""The database's tables as they are now; ``migrations/`` is how they came to be.

Times are whole Unix seconds. Numbers are never given twice, not even after a deletion.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

metadata = MetaData()

applications = Table(
    "applications",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("uuid", String, nullable=False, unique=True),
    Column("name", String, nullable=False, unique=True),
    Column("site", String, nullable=False, unique=True),
    Column("created_at_s", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

environments = Table(
    "environments",
    metadata,
    Column("number", Integer, primary_key=True),
    Column(
        "application_number",
        ForeignKey("applications.number", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("name", String, nullable=False),
    Column("label", String, nullable=False),
    Column("created_at_s", BigInteger, nullable=False),
    UniqueConstraint("application_number", "name"),
    sqlite_autoincrement=True,
)

keys = Table(
    "keys",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("server", String, nullable=False),
    Column("label", String, nullable=False),
    Column("secret_hash", String, nullable=False),
    Column("created_at_s", BigInteger, nullable=False),
    Column("revoked_at_s", BigInteger, nullable=True),
    sqlite_autoincrement=True,
)

grants = Table(
    "grants",
    metadata,
    Column("key_number", ForeignKey("keys.number", ondelete="CASCADE"), primary_key=True),
    Column(
        "environment_number",
        ForeignKey("environments.number", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)
"""Which key may see which environment."""
